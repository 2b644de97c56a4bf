"""Where the distributions stand and how a finding is shown, for the house linters. Imports nothing of Automata."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Finding:
    """One broken rule at one place."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        """Word it as compilers do, so that editors can jump there."""
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.message}"


def distributions() -> list[Path]:
    """List the folders with a pyproject.toml, the root first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["uv"]["workspace"]["members"]
    return [ROOT, *sorted(file.parent for pattern in patterns for file in ROOT.glob(f"{pattern}/pyproject.toml"))]


def packages() -> list[Path]:
    """List the folders of all import packages."""
    folders = (folder for distribution in distributions() for folder in (distribution / "src").glob("*"))
    return sorted(folder for folder in folders if (folder / "__init__.py").exists())


def report(findings: Iterable[Finding]) -> int:
    """Print all findings and return the exit code."""
    lines = sorted(map(str, findings))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return int(bool(lines))
