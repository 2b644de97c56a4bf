"""Which database a command works on: ``--database``, the setting ``AUTOMATA_DATABASE``, or a SQLite file of one's own.

Nothing here imports SQLAlchemy: a command that only wants the name should not pay for it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automata.cli.exits import Exit
from automata.cli.failure import Failure

if TYPE_CHECKING:
    from automata._core.settings import Configuration

SETTING = "AUTOMATA_DATABASE"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PASSWORD = re.compile(r"(?<=://)([^:/@?]*):.*@")
_SECRET = re.compile(r"(?i)([?&][^=&]*(?:password|secret|token|key)[^=&]*=)[^&]*")
_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg", "sqlite3": "sqlite"}


def database_url(settings: Configuration, option: str | None = None) -> str:
    """Name the database as a URL SQLAlchemy takes.

    What has no scheme is a SQLite file. Without an option and a setting it is ``.automata/automata.db`` beside
    ``automata.toml`` of the working folder, or ``automata.db`` below the user's folder for data when there is no
    project; the folder of that file is made.

    Args:
        settings: Of this environment.
        option: What ``--database`` says.

    Raises:
        Failure: The URL is of a kind that is not supported.
    """
    chosen = option or settings.text(SETTING)
    if chosen:
        return _checked(chosen)
    file = default_file()
    _make_folder(file.parent)
    return f"sqlite:///{file}"


def is_there(settings: Configuration, option: str | None = None) -> bool:
    """Whether there is a database to look into; nothing is made. A server is taken to be there."""
    named = option or settings.text(SETTING)
    if not named:
        return default_file().exists()
    scheme, _, place = _checked(named).partition(":///")
    return scheme != "sqlite" or Path(place).exists()


def default_file() -> Path:
    """Where the database is when nobody says anything; nothing is made."""
    from automata._core.settings import PROJECT_FILE

    here = Path.cwd()
    if (here / PROJECT_FILE).is_file():
        return here / ".automata" / "automata.db"
    return _data_home() / "automata" / "automata.db"


def shown(url: str) -> str:
    """The URL for people: a password, in the place for it or among the parameters, as ``***``."""
    return _SECRET.sub(r"\1***", _PASSWORD.sub(r"\1:***@", url))


def database_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--database`` to a command."""
    return click.option(
        "--database",
        metavar="URL",
        help=f"The database: a URL, or the path of a SQLite file; default: the setting {SETTING}.",
    )(function)


def _checked(text: str) -> str:
    if not _SCHEME.match(text):
        if Path(text).is_dir():
            raise Failure(f"{text!r} is a folder, not a database", exit=Exit.USAGE, fix="name the file, or give a URL")
        return f"sqlite:///{Path(text).absolute()}"
    scheme, _, rest = text.partition("://")
    url = f"{_DRIVERS.get(scheme.lower(), scheme.lower())}://{rest}"
    if not url.startswith(("sqlite://", "postgresql+psycopg://")):
        raise Failure(
            f"Databases of kind {scheme!r} are not supported",
            exit=Exit.USAGE,
            because=f"{SETTING} or --database is {shown(text)!r}",
            fix="use sqlite:///PATH or postgresql://USER@HOST/NAME",
        )
    return url


def _make_folder(folder: Path) -> None:
    """Make the folder, kept from others and out of version control."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if folder.name == ".automata" and not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")


def _data_home() -> Path:
    """The platform's place for data (XDG Base Directory Specification 0.8 on Linux)."""
    environment = os.environ  # noqa: TID251 - the platform's convention, not a setting of ours
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home())
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
