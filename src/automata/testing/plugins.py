"""Plugins for tests: real installed distributions, written to a folder without an installer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from automata._core.manifest import build_manifest, dump_manifest, find_stale
from automata.model import Json

__all__ = ["build_manifest", "dump_manifest", "find_stale", "write_distribution", "write_manifest"]


def write_distribution(
    folder: Path,
    name: str,
    code: str | Mapping[str, str],
    *,
    version: str = "1.0",
    requires: Sequence[str] = (),
    entry_points: Mapping[str, str] | None = None,
) -> Path:
    """Install a distribution below *folder*, as an installer would leave it; put the folder on ``sys.path`` to use it.

    ::

        write_distribution(tmp_path, "acme-greet", "from automata.sdk import hookimpl ...")

    Args:
        folder: The ``site-packages`` to install into.
        name: Distribution; the import package is the same with ``_`` for ``-``.
        code: Text of ``__init__.py``, or file name (below the package) to text.
        version: Its version.
        requires: ``Requires-Dist`` lines.
        entry_points: Name to value in the group ``automata``; by default one that names the package.

    Returns:
        The folder of the package.
    """
    package = name.replace("-", "_")
    files = {"__init__.py": code} if isinstance(code, str) else dict(code)
    info = folder / f"{package}-{version}.dist-info"
    info.mkdir(parents=True)
    (folder / package).mkdir(exist_ok=True)
    for file, text in files.items():
        (folder / package / file).write_text(text, encoding="utf-8")
    headers = ["Metadata-Version: 2.3", f"Name: {name}", f"Version: {version}"]
    headers += [f"Requires-Dist: {line}" for line in requires]
    (info / "METADATA").write_text("\n".join(headers) + "\n\nDescription.\n", encoding="utf-8")
    entries = {package: package} if entry_points is None else entry_points
    lines = [f"{entry} = {value}" for entry, value in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[automata]", *lines]) + "\n", encoding="utf-8")
    written = [f"{package}/{file},," for file in files]
    (info / "RECORD").write_text("\n".join([*written, f"{info.name}/RECORD,,"]) + "\n", encoding="utf-8")
    return folder / package


def write_manifest(plugin: object, package: Path, *, name: str, version: str, kernel: str = "") -> dict[str, Json]:
    """Write ``automata.json`` for a plugin whose entry point names *package*; its hooks are called.

    Returns:
        The manifest, as `build_manifest` made it.

    Raises:
        FixInput: What the hooks return cannot stand in a manifest.
    """
    manifest = build_manifest(plugin, name=name, version=version, entry_point=package.name, kernel=kernel)
    (package / "automata.json").write_text(dump_manifest(manifest), encoding="utf-8")
    return manifest
