"""Which versions a requirement admits: the part of PEP 440 and PEP 508 that plugins' metadata needs.

Not here: direct references, local versions in comparisons, and requirements with environment markers.
"""

from __future__ import annotations

import re

from attrs import frozen

Key = tuple[int, tuple[int, ...], tuple[int, int], tuple[int, int], int]
"""Epoch, release without trailing zeros, pre-release, post-release and development release, comparable as it stands."""

_VERSION = re.compile(
    r"""v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d*))?
    (?:-(?P<post_bare>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_n>\d*))?
    (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_n>\d*))?
    (?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_PRE = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "preview": 2, "pre": 2, "c": 2, "rc": 2}
_BEFORE, _AFTER = -1, 9
_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<range>[^();@]*)\)?\s*", re.ASCII
)
_CLAUSE = re.compile(r"\s*(?P<operator>~=|===|==|!=|<=|>=|<|>)\s*(?P<version>\S+)\s*", re.ASCII)


@frozen
class Requirement:
    """One ``Requires-Dist`` line without a marker: who is needed, and in which range."""

    name: str
    """Normalised name (PEP 503)."""
    range: str
    """Comma-separated clauses as written; empty when any version will do."""


def normalize(name: str) -> str:
    """Return *name* as PEP 503 compares names: lower case, runs of ``-_.`` as one ``-``."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def read_requirement(line: str) -> Requirement | None:
    """Read one ``Requires-Dist`` value (PEP 508).

    Returns:
        The requirement; None for one with a marker, a direct reference, or what cannot be read: not judged.
    """
    match = _REQUIREMENT.fullmatch(line)
    if match is None:
        return None
    return Requirement(normalize(match["name"]), match["range"].strip())


def admits(clauses: str, version: str) -> bool:
    """Tell whether *version* lies in the range *clauses* (PEP 440, "Version specifiers").

    A pre-release lies in a range by its order alone, as for a version that is installed already.

    Raises:
        ValueError: The version or a clause cannot be read.
    """
    return all(_admits(clause, version) for clause in clauses.split(",") if clause.strip())


def read_version(text: str) -> Key:
    """Return the sort key of a version (PEP 440, "Summary of permitted suffixes and relative ordering").

    Raises:
        ValueError: *text* is no version.
    """
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"Not a version: {text!r}")
    return int(match["epoch"] or 0), _release(match["release"]), _pre(match), _post(match), _dev(match)


def _release(text: str) -> tuple[int, ...]:
    numbers = [int(part) for part in text.split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _pre(match: re.Match[str]) -> tuple[int, int]:
    if match["pre"]:
        return _PRE[match["pre"].lower()], int(match["pre_n"] or 0)
    bare_dev = match["dev"] and not match["post"] and not match["post_bare"]
    return (_BEFORE, 0) if bare_dev else (_AFTER, 0)


def _post(match: re.Match[str]) -> tuple[int, int]:
    if match["post"] or match["post_bare"]:
        return 1, int(match["post_n"] or match["post_bare"] or 0)
    return 0, 0


def _dev(match: re.Match[str]) -> int:
    return int(match["dev_n"] or 0) if match["dev"] else 2**63


def _admits(clause: str, version: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise ValueError(f"Not a version range: {clause.strip()!r}")
    operator, wanted = match["operator"], match["version"]
    if operator == "===":
        return version.strip().lower() == wanted.lower()
    if wanted.endswith(".*") and operator in {"==", "!="}:
        return _starts(version, wanted[:-2]) is (operator == "==")
    if operator == "~=":
        head = wanted.rpartition(".")[0]
        if not head:
            raise ValueError(f"Not a version range: {clause.strip()!r}; ~= needs two numbers")
        return read_version(version) >= read_version(wanted) and _starts(version, head)
    return _compares(operator, read_version(version), read_version(wanted))


def _compares(operator: str, version: Key, wanted: Key) -> bool:
    same_base = version[:2] == wanted[:2]
    wanted_is_final = wanted[2] == (_AFTER, 0)
    results = {
        "==": version == wanted,
        "!=": version != wanted,
        ">=": version >= wanted,
        "<=": version <= wanted,
        # PEP 440: "<V" excludes pre-releases of V, ">V" excludes its post-releases, unless V is one itself.
        "<": version < wanted and not (same_base and wanted_is_final and version[2] != (_AFTER, 0)),
        ">": version > wanted and not (same_base and wanted[3] == (0, 0) and version[3] != (0, 0)),
    }
    return results[operator]


def _starts(version: str, prefix: str) -> bool:
    """Whether the release of *version* begins with *prefix*, short releases being filled up with zeros."""
    found, wanted = read_version(version), [int(part) for part in re.findall(r"\d+", prefix.rpartition("!")[2])]
    release = [*found[1], *([0] * len(wanted))]
    return found[0] == read_version(prefix)[0] and release[: len(wanted)] == wanted
