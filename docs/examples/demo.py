"""What `./dev demo` runs: one example workflow on real input, with the same program and the same output a user gets.

It only words the command line; change EXAMPLE or ARGUMENTS to show another workflow.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLE = "demo.yaml"
"""The workflow to show; the first example in alphabetical order where this one is missing."""
ARGUMENTS: tuple[str, ...] = ()
"""Further arguments of `automata run` for EXAMPLE."""


def main(arguments: list[str]) -> int:
    """Run the example and return the program's exit code."""
    file = HERE / EXAMPLE
    if not file.exists():
        file = next(iter(sorted(HERE.glob("*.yaml"))), file)
    command = [sys.executable, "-m", "automata", "run", str(file.relative_to(HERE.parents[1])), *ARGUMENTS]
    given = file.with_suffix(".input.json")
    if given.exists():
        command += ["--input", f"@{given}"]
    sys.stdout.write(f"$ automata {' '.join(command[3:])}\n")
    sys.stdout.flush()
    return subprocess.run([*command, *arguments], cwd=HERE.parents[1], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
