"""Run deptry for every distribution with its own metadata: an import nobody declared is the classic workspace bug."""

from __future__ import annotations

import subprocess
import sys

from workspace import ROOT, distributions

MAY_BE_UNUSED = "DEP002"
"""Extras and command-line needs are declared without being imported by name."""


def main() -> int:
    """Check all of them, and fail when any failed."""
    return max(check(str(folder)) for folder in distributions())


def check(folder: str) -> int:
    """Check one distribution."""
    command = [sys.executable, "-m", "deptry", "src", "--ignore", MAY_BE_UNUSED]
    if folder == str(ROOT):
        command += ["--known-first-party", "automata"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.stdout.write(f"{folder}\n{done.stdout}{done.stderr}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
