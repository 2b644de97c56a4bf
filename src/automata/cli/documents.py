"""Finding and reading workflow documents: files, folders and standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from automata.cli.exits import Exit
from automata.cli.failure import Failure

if TYPE_CHECKING:
    from automata.cli.console import Console
    from automata.model import Problem, Workflow

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
"""Of files that may be workflow documents."""
_SKIPPED = frozenset({"node_modules", "__pycache__", "build", "dist"})
_LOOK_BYTES = 64 * 1024
_MARK = re.compile(rb"""^\s*\{?\s*["']?automata["']?\s*:""", re.MULTILINE)
LIMIT_BYTES = 8 * 1024 * 1024
"""Files beyond this are not read into memory; the document limit itself is the codec's."""


def documents(paths: Sequence[str]) -> list[str]:
    """Name the documents at *paths*: files as given, folders searched for files that look like workflows.

    Raises:
        Failure: A path does not exist.
    """
    found: dict[str, None] = {}
    for path in paths or (".",):
        if path == "-":
            found[path] = None
        elif Path(path).is_dir():
            found.update(dict.fromkeys(_inside(Path(path))))
        elif Path(path).exists():
            found[path] = None
        else:
            raise Failure(f"No file {path!r}", exit=Exit.NOT_FOUND, fix=nearest(path))
    return list(found)


def read(path: str) -> bytes:
    """Read a document's text; ``-`` is standard input.

    Raises:
        Failure: There is no such file, or it is far too large.
    """
    if path == "-":
        return sys.stdin.buffer.read(LIMIT_BYTES)
    file = Path(path)
    if file.is_dir():
        raise Failure(f"{path!r} is a folder, not a document", exit=Exit.USAGE)
    if not file.exists():
        raise Failure(f"No file {path!r}", exit=Exit.NOT_FOUND, fix=nearest(path))
    with file.open("rb") as stream:
        return stream.read(LIMIT_BYTES)


def shown(path: str) -> str:
    """Name a document for messages."""
    return "<stdin>" if path == "-" else path


def read_workflow(path: str, out: Console) -> Workflow:
    """Read one document whose structure must be right; its rules are not checked.

    Raises:
        ReportedError: It has problems; they have been printed.
    """
    from automata.cli import access
    from automata.cli.report import refuse

    loaded = access.load(read(path), shown(path))
    if loaded.workflow is None:
        refuse(loaded.problems, out)
    return _some(loaded.workflow)


def siblings(path: str) -> tuple[Workflow, ...]:
    """Read the other documents beside *path*, which its ``call`` nodes may name; broken ones are left out."""
    from automata.cli import access

    if path == "-":
        return ()
    own = Path(path).resolve()
    others = (each for each in sorted(own.parent.iterdir()) if each.is_file() and each != own and is_document(each))
    loaded = (access.load(each.read_bytes(), str(each)).workflow for each in others)
    return tuple(workflow for workflow in loaded if workflow is not None)


def is_document(path: Path) -> bool:
    """Whether a file looks like a workflow document: its ending, and a top-level key ``automata``."""
    if path.suffix not in SUFFIXES:
        return False
    with path.open("rb") as stream:
        return _MARK.search(stream.read(_LOOK_BYTES)) is not None


def errors_in(problems: Sequence[Problem]) -> int:
    """Count the problems that keep a document from running."""
    return sum(problem.severity == "error" for problem in problems)


def _some(workflow: Workflow | None) -> Workflow:
    if workflow is None:
        raise Failure("The document has problems", exit=Exit.INVALID)
    return workflow


def _inside(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _SKIPPED:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _inside(path)
        elif path.is_file() and is_document(path):
            yield str(path)


def nearest(path: str) -> str:
    """Suggest the file that was probably meant, from the same folder."""
    import difflib

    parent = Path(path).parent
    names = [each.name for each in parent.iterdir()] if parent.is_dir() else []
    near = difflib.get_close_matches(Path(path).name, names, n=1)
    return f"did you mean {str(parent / near[0])!r}?" if near else ""
