"""Values a shell offers while a command is typed; looked up for 200 ms at most, and never with a message."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

LIMIT_S = 0.2


def capped(look: Callable[[], Iterable[str]], limit_s: float = LIMIT_S) -> list[str]:
    """Look for names in a thread, and take what was found when the time is over; a fault offers nothing."""
    found: list[str] = []

    def work() -> None:
        try:
            found.extend(look())
        except Exception:  # noqa: BLE001 - a shell waits: there is nobody to tell
            return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(limit_s)
    return list(found)


def files(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer folders, and files that look like workflow documents."""
    from automata.cli.documents import is_document

    folder, name = Path(typed).parent, "" if typed.endswith("/") else Path(typed).name
    folder = Path(typed) if typed.endswith("/") else folder

    def look() -> Iterable[str]:
        for path in sorted(folder.iterdir()):
            if path.name.startswith(name or tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")):
                if path.is_dir():
                    yield f"{path}/"
                elif is_document(path):
                    yield str(path)

    return [CompletionItem(name) for name in capped(look)]


def targets(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer documents, and published workflows."""
    return [*files(context, parameter, typed), *workflows(context, parameter, typed)]


def cases(context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the names of test cases in the documents named so far, or here."""

    def look() -> Iterable[str]:
        from automata.cli import access
        from automata.cli.documents import documents, read

        for path in documents(context.params.get("paths") or ()):
            workflow = access.load(read(path), path).workflow
            yield from (case.name for case in workflow.tests) if workflow is not None else ()

    return starting(typed, look)


def plugins(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the installed plugins."""

    def look() -> Iterable[str]:
        from automata.cli import access

        return [info.distribution for info in access.plugins().infos()]

    return starting(typed, look)


def node_types(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the node types there are."""

    def look() -> Iterable[str]:
        from automata.cli import access

        return access.catalog(access.plugins()).names()

    return starting(typed, look)


def runs(context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the ids of the newest runs."""

    def look() -> Iterable[str]:
        from automata.cli.store import at_desk
        from automata.ports import RunQuery

        if not _has_database(context):
            return []
        page = at_desk(context.params.get("database"), lambda desk: desk.runs.page(RunQuery(prefix=typed)))
        return [run.id for run in page.runs]

    return starting(typed, look)


def workflows(context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the published workflows."""

    def look() -> Iterable[str]:
        from automata.cli.store import at_desk

        if not _has_database(context):
            return []
        rows = at_desk(context.params.get("database"), lambda desk: desk.definitions.versions())
        return [row.workflow for row in rows]

    return starting(typed, look)


def _has_database(context: click.Context) -> bool:
    """Whether there is one: pressing a key must not make it."""
    from automata._core.settings import load_settings
    from automata.cli.database import is_there

    return is_there(load_settings(folder=Path.cwd(), partial=True), context.params.get("database"))


def starting(typed: str, look: Callable[[], Iterable[str]]) -> list[CompletionItem]:
    """Offer the names that go on as typed."""
    return [CompletionItem(name) for name in capped(look) if name.startswith(typed)]
