"""Write the manifest `automata.json` of each connector from its code, so that discovery need not import it.

``tests/docs/test_manifests.py`` fails when a committed one is stale.
"""

from __future__ import annotations

import tomllib
from importlib import import_module
from typing import TYPE_CHECKING

from workspace import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def main() -> int:
    """Write every manifest anew."""
    for file, text in manifests():
        file.write_text(text, encoding="utf-8")
        print(file.relative_to(ROOT))
    return 0


def manifests() -> Iterator[tuple[Path, str]]:
    """Give the place and the text of each manifest, as they should be."""
    from automata.testing.plugins import build_manifest, dump_manifest

    for project in sorted((ROOT / "connectors").glob("*/pyproject.toml")):
        facts = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        (entry,) = facts["entry-points"]["automata"].values()
        kernel = next(line for line in facts["dependencies"] if line.startswith("automata-kernel"))
        manifest = build_manifest(
            import_module(entry),
            name=facts["name"],
            version=facts["version"],
            entry_point=entry,
            kernel=kernel.partition("]")[2] or kernel.removeprefix("automata-kernel"),
        )
        package = project.parent / "src" / facts["name"].replace("-", "_")
        yield package / "automata.json", dump_manifest(manifest)


if __name__ == "__main__":
    raise SystemExit(main())
