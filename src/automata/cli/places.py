"""Where the program keeps its own files on this machine: logs only; nothing is made before it is needed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def log_directory() -> Path:
    """The directory of the log files, made if it is missing.

    The platform's place for state (XDG Base Directory Specification 0.8 on Linux); the temporary directory where that
    cannot be written.
    """
    for candidate in (_state_home() / "automata" / "logs", Path(tempfile.gettempdir()) / "automata-logs"):
        try:
            candidate.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(candidate, os.W_OK):
            return candidate
    return Path(tempfile.mkdtemp(prefix="automata-logs-"))


def _state_home() -> Path:
    environment = os.environ  # noqa: TID251 - the platform's convention, not a setting of ours
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home())
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs"
    return Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
