"""Keeping the traceback of an unforeseen error where its finder can send it from."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from pathlib import Path

from automata._version import __version__
from automata.cli.places import log_directory


def write_log(error: BaseException) -> Path:
    """Write the traceback of *error* to a new file and return its path.

    Arguments of the program and values of variables are left out: they may be secret.
    """
    lines = [f"automata {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"]
    lines += traceback.format_exception(error)
    handle, name = tempfile.mkstemp(dir=log_directory(), prefix="crash-", suffix=".log", text=True)
    os.close(handle)
    path = Path(name)
    path.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
    return path
