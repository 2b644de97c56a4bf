"""Run deptry for every distribution with its own metadata: an import nobody declared is the classic workspace bug."""

from __future__ import annotations

import subprocess
import sys

from workspace import ROOT, distributions

MAY_BE_UNUSED = "DEP002"
"""Extras and command-line needs are declared without being imported by name."""

NAMES = "automata-kernel=automata,google-re2=re2,types-pyyaml=yaml"
"""Distributions whose import package has another name; deptry asks what is installed for the rest."""
WITH_ANOTHER = "DEP003=httpcore2|referencing"
"""Parts of httpx2 and jsonschema, pinned by them; a bound of our own would only get in their way."""


def main() -> int:
    """Check all of them, and fail when any failed."""
    return max(check(str(folder)) for folder in distributions())


def check(folder: str) -> int:
    """Check one distribution."""
    command = [sys.executable, "-m", "deptry", "src", "--ignore", MAY_BE_UNUSED, "--package-module-name-map", NAMES]
    command += ["--per-rule-ignores", WITH_ANOTHER]
    if folder == str(ROOT):
        command += ["--known-first-party", "automata"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.stdout.write(f"{folder}\n{done.stdout}{done.stderr}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
