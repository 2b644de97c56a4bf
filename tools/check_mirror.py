"""Hold tests/unit to the shape of src/automata: no module without its test file, no test file without its module.

`src/automata/_core/retry.py` is tested by `tests/unit/_core/test_retry.py`; `test_retry_laws.py` may stand beside it. A
module inside a package may be tested by the package's own file: `_core/codec/yaml.py` by `test_codec.py`.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from workspace import ROOT, Finding, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = ROOT / "src" / "automata"
TESTS = ROOT / "tests" / "unit"


def main() -> int:
    """Compare the two trees."""
    return report([*missing(), *orphans()])


def missing() -> Iterator[Finding]:
    """Find modules with code that no test file is named for."""
    for path in sorted(SOURCE.rglob("*.py")):
        if has_code(path) and not any(place.exists() or any(siblings(place)) for place in places(path)):
            expected = next(places(path)).relative_to(ROOT)
            yield Finding(path, 1, f"No test file is named for this module; expected {expected}")


def orphans() -> Iterator[Finding]:
    """Find test files whose module is gone or was renamed."""
    for path in sorted(TESTS.rglob("test_*.py")):
        folder = SOURCE / path.parent.relative_to(TESTS)
        names = {f"test_{entry.stem.strip('_')}" for entry in folder.glob("*") if entry.name != "__pycache__"}
        own = f"test_{folder.name.strip('_')}"
        if not any(path.stem == name or path.stem.startswith(f"{name}_") for name in {*names, own}):
            yield Finding(path, 1, f"No module {path.stem.removeprefix('test_')!r} in {folder.relative_to(ROOT)}")


def places(path: Path) -> Iterator[Path]:
    """Name the test files that may speak for a module: its own, then those of the packages round it."""
    inside = path.relative_to(SOURCE)
    name = (inside.parent.name if inside.stem == "__init__" else "") or inside.stem
    yield TESTS / inside.parent / f"test_{name.strip('_')}.py"
    for parent in inside.parents:
        if parent.name and parent.name != "_core":
            yield TESTS / parent.parent / f"test_{parent.name}.py"
            yield TESTS / parent / f"test_{parent.name}.py"


def siblings(place: Path) -> Iterator[Path]:
    """Find test files that carry a topic after the module's name."""
    return place.parent.glob(f"{place.stem}_*.py")


def has_code(path: Path) -> bool:
    """Whether a module defines anything that can run; facades, specifications and records of types do not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(runs(function) for function in functions) and path.name != "__main__.py"


def runs(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a body holds more than a docstring or an ellipsis."""
    return any(not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)) for line in function.body)


if __name__ == "__main__":
    sys.exit(main())
