"""Finding what a person means by a few characters: a run by the beginning of its id, a workflow by its name."""

from __future__ import annotations

from collections.abc import Sequence

from automata._core.suggest import did_you_mean
from automata.errors import FixInput, NotFound
from automata.model import Run, Version
from automata.ports import RunQuery, Store

SHOWN = 16
"""How many characters of a run's id are shown, and usually enough to name it: twelve are the time of its start."""

_NEAR = 3
_MORE = 4
_SEARCHED = 20


async def find_run(store: Store, text: str, *, org: str = "") -> Run:
    """The run whose id is *text*, or begins with it.

    Ids of called runs begin as those of their callers; where both fit, the run nobody called is meant.

    Raises:
        NotFound: There is none; the message names ids that are near.
        FixInput: Several ids begin so.
    """
    found = await store.run(text)
    if found is not None and found.org == org:
        return found
    if not text:
        raise NotFound("No run has an empty id")
    rows = [row for row in await _begin(store, text, org) if row.id.startswith(text)]
    top = [row for row in rows if row.parent is None]
    if len(rows) == 1 or len(top) == 1:
        return (top or rows)[0]
    if rows:
        ids = ", ".join(repr(row.id[: max(SHOWN, len(text) + _MORE)]) for row in rows[:_NEAR])
        more = ", ..." if len(rows) > _NEAR else ""
        raise FixInput(f"Several runs begin with {text!r}: {ids}{more}; give more of the id")
    raise NotFound(f"No run {text!r}{await _near(store, text, org)}")


async def find_version(store: Store, name: str, version: str | None = None, *, org: str = "") -> Version:
    """The row of a version; the current one unless a unique beginning of another is given.

    Raises:
        NotFound: There is no such workflow, or no such version of it.
    """
    rows = await versions_of(store, name, org=org)
    chosen = [row for row in rows if (row.current if version is None else row.version.startswith(version))]
    if len(chosen) != 1:
        several = f"; {len(chosen)} versions begin so" if chosen else ""
        raise NotFound(f"No version {version!r} of workflow {name!r}{several}")
    return chosen[0]


async def versions_of(store: Store, name: str, *, org: str = "") -> Sequence[Version]:
    """Every version of a workflow, newest first.

    Raises:
        NotFound: There is no such workflow.
    """
    rows = await store.versions(name, org=org)
    if not rows:
        known = [row.workflow for row in await store.versions(org=org)]
        raise NotFound(f"No workflow {name!r} is published{did_you_mean(name, known)}")
    return rows


async def _begin(store: Store, text: str, org: str) -> Sequence[Run]:
    return await store.runs(RunQuery(org=org, prefix=text, limit=_SEARCHED))


async def _near(store: Store, text: str, org: str) -> str:
    """Ids that begin as *text* does, as far as any does."""
    for length in range(min(len(text) - 1, SHOWN), 1, -1):
        rows = [row for row in await _begin(store, text[:length], org) if row.id.startswith(text[:length])]
        if rows:
            ids = " or ".join(repr(row.id[:SHOWN]) for row in rows[:_NEAR])
            return f"; did you mean {ids}?"
    return ""
