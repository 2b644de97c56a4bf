"""What is installed: entry points of the group ``automata``, read from metadata only, cached between starts.

Imports no plugin, and trusts the cache for names only: `declares` reads the metadata again before code is loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from automata._core.plugins.versions import normalize

GROUP = "automata"
MANIFEST = "automata.json"
_FORMAT = 1
_RACY_NS = 2_000_000_000
"""A folder changed this shortly before the cache was written may have changed again within its clock's tick."""
_HEADERS = re.compile(r"^(Name|Version|Summary|Requires-Dist|Requires-Python):[ \t]*(.*?)[ \t]*$", re.MULTILINE)


@frozen(kw_only=True)
class Found:
    """One entry point as its distribution declares it."""

    name: str
    value: str
    """``package.module`` or ``package.module:attribute``."""
    distribution: str
    """Name as the distribution writes it."""
    version: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    """``Requires-Dist`` lines."""
    manifest: str = ""
    """Where ``automata.json`` is or would be; empty when there is no package to hold it."""
    builtin: bool = False
    """Part of the kernel itself: no distribution's metadata names it."""


@frozen
class Index:
    """All plugins on a path, and every distribution beside them."""

    found: tuple[Found, ...]
    """Sorted by normalised distribution name, then by entry-point name; the first distribution of a name wins."""
    installed: Mapping[str, str]
    """Normalised distribution name to version."""


@frozen
class _Folder:
    mtime_ns: int
    found: tuple[Found, ...]
    installed: Mapping[str, str]


def read_index(path: Sequence[str] | None = None, cache: Path | None = None) -> Index:
    """Return what is installed on *path* (default: ``sys.path``).

    Args:
        path: Folders to look in, in order of precedence.
        cache: File to keep the index in; None, unreadable or unwritable means to look every time.
    """
    known, written_ns = _load(cache)
    folders: dict[str, _Folder] = {}
    changed = False
    for name in dict.fromkeys(os.path.realpath(entry or ".") for entry in (sys.path if path is None else path)):
        mtime_ns = _mtime_ns(name)
        old = known.get(name)
        if old is not None and old.mtime_ns == mtime_ns and mtime_ns < written_ns - _RACY_NS:
            folders[name] = old
        elif mtime_ns:
            folders[name] = _scan(name, mtime_ns)
            changed = changed or folders[name] != old or mtime_ns >= written_ns - _RACY_NS
    if cache is not None and changed:
        _save(cache, folders)
    return _merge(folders.values())


def declares(found: Found) -> bool:
    """Tell whether an installed distribution really declares this entry point; asked before its code is loaded."""
    if found.builtin:
        return True
    from importlib import metadata

    try:
        entries = metadata.distribution(found.distribution).entry_points
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return False
    return any((entry.group, entry.name, entry.value) == (GROUP, found.name, found.value) for entry in entries)


def cache_file(folder: Path | None) -> Path | None:
    """Return the file the index is kept in below *folder*; None where there is no folder."""
    return folder and folder / f"plugins-{sys.version_info[0]}.{sys.version_info[1]}.json"


def _mtime_ns(name: str) -> int:
    try:
        return os.stat(name).st_mtime_ns  # noqa: PTH116 - called for every folder of sys.path at every start
    except OSError:
        return 0


def _scan(folder: str, mtime_ns: int) -> _Folder:
    from importlib import metadata

    found: list[Found] = []
    installed: dict[str, str] = {}
    for distribution in metadata.distributions(path=[folder]):
        with contextlib.suppress(OSError, ValueError, UnicodeError):
            _read(distribution, folder, found, installed)
    return _Folder(mtime_ns, tuple(found), installed)


def _read(distribution: Any, folder: str, found: list[Found], installed: dict[str, str]) -> None:
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    headers: dict[str, list[str]] = {}
    for name, value in _HEADERS.findall(text.partition("\n\n")[0]):
        headers.setdefault(name, []).append(value)
    if not headers.get("Name") or normalize(headers["Name"][0]) in installed:
        return
    name, version = headers["Name"][0], headers.get("Version", [""])[0]
    installed[normalize(name)] = version
    if f"[{GROUP}]" not in (distribution.read_text("entry_points.txt") or ""):
        return
    found.extend(
        Found(
            name=entry.name,
            value=entry.value,
            distribution=name,
            version=version,
            summary=headers.get("Summary", [""])[0],
            requires=tuple(headers.get("Requires-Dist", ())),
            manifest=_manifest(folder, entry.value),
        )
        for entry in distribution.entry_points
        if entry.group == GROUP
    )


def _manifest(folder: str, value: str) -> str:
    """Where the manifest of the package that *value* names would stand; finds editable installs by their finders."""
    package = value.partition(":")[0].partition(".")[0].strip()
    beside = Path(folder) / package
    if (beside / "__init__.py").is_file():
        return str(beside / MANIFEST)
    from importlib.util import find_spec

    try:
        spec = find_spec(package)  # a top-level name: this runs finders, and imports nothing
    except (ImportError, ValueError):
        return ""
    if spec is None or not spec.submodule_search_locations or not spec.origin:
        return ""
    return str(Path(spec.origin).parent / MANIFEST)


def _merge(folders: Iterable[_Folder]) -> Index:
    installed: dict[str, str] = {}
    found: list[Found] = []
    for folder in folders:
        fresh = [entry for entry in folder.found if normalize(entry.distribution) not in installed]
        found.extend(fresh)
        for name, version in folder.installed.items():
            installed.setdefault(name, version)
    found.sort(key=lambda entry: (normalize(entry.distribution), entry.name))
    return Index(tuple(found), installed)


def _load(cache: Path | None) -> tuple[dict[str, _Folder], int]:
    """Read the cache; anything odd about it means that there is none."""
    if cache is None:
        return {}, 0
    try:
        with cache.open("rb") as file:
            written_ns = os.fstat(file.fileno()).st_mtime_ns
            data = json.loads(file.read())
        if data["format"] != _FORMAT:
            return {}, 0
        return {name: _folder(entry) for name, entry in data["folders"].items()}, written_ns
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, 0


def _folder(entry: Mapping[str, Any]) -> _Folder:
    found = tuple(Found(**{**item, "requires": tuple(item["requires"]), "builtin": False}) for item in entry["found"])
    texts = [text for item in found for text in (item.name, item.value, item.distribution, item.version, item.manifest)]
    if not all(type(text) is str for text in (*texts, *entry["installed"], *entry["installed"].values())):
        raise TypeError("Not an index")
    return _Folder(int(entry["mtime_ns"]), found, dict(entry["installed"]))


def _save(cache: Path, folders: Mapping[str, _Folder]) -> None:
    """Replace the cache in one step, so that a start meanwhile reads the old one or the new one; failing is no harm."""
    data = {"format": _FORMAT, "folders": {name: asdict(folder) for name, folder in folders.items()}}
    draft = cache.with_name(f"{cache.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_text(json.dumps(data), encoding="utf-8")
        draft.replace(cache)
