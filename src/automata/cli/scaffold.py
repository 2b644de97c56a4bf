"""Writing new files from the templates in the package; a file that exists is never overwritten."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from automata.cli.exits import Exit
from automata.cli.failure import Failure

PROJECT = {
    "automata.toml": "automata.toml",
    "workflows/first.yaml": "first.yaml",
    ".gitignore": "gitignore",
    "README.md": "README.md",
}
"""Path in a new project to the template it is made from."""


def template(name: str) -> str:
    """The text of a template."""
    return resources.files("automata.cli").joinpath("template", name).read_text(encoding="utf-8")


def plan(folder: Path) -> dict[Path, str]:
    """Say which files are missing in *folder*, with their text.

    Raises:
        Failure: A file of another content stands where one would be written.
    """
    missing = {}
    for place, source in PROJECT.items():
        path, text = folder / place, template(source)
        if not path.exists():
            missing[path] = text
        elif path.read_text(encoding="utf-8", errors="replace") != text:
            fix = "choose an empty folder, or move the file away"
            raise Failure(f"{str(path)!r} exists and is not overwritten", exit=Exit.CONFLICT, fix=fix)
    return missing


def write(path: Path, text: str) -> None:
    """Write a new file.

    Raises:
        Failure: It exists.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Failure(f"{str(path)!r} exists and is not overwritten", exit=Exit.CONFLICT) from error
