"""Write what `licence-audit` reads: one line for each Python package installed here, from its own metadata.

python docs/examples/prepare.py [FILE]
"""

from __future__ import annotations

import csv
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

INSTALLED = Path(__file__).resolve().parent / "data" / "out" / "installed.csv"


def write(file: Path = INSTALLED) -> int:
    """Write *file* and return how many packages it lists."""
    rows = [_row(found) for found in distributions() if found.metadata["Name"]]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(["name", "version", "licence", "size_kb"])
        lines.writerows(sorted(rows))
    return len(rows)


def _row(found: Distribution) -> tuple[str, str, str, int]:
    size = sum(one.size or 0 for one in found.files or ())
    return found.metadata["Name"], found.version, _licence(found), size // 1024


def _licence(found: Distribution) -> str:
    """The SPDX expression, else the classifiers, else the first line of the old free text."""
    stated = found.metadata.get("License-Expression") or ""
    classes = [c for c in found.metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    old = (found.metadata.get("License") or "").strip().splitlines()
    return stated or "; ".join(c.rpartition(" :: ")[2] for c in classes) or (old[0][:80] if old else "")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else INSTALLED
    sys.stdout.write(f"{write(target)} packages in {target}\n")
