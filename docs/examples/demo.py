"""What `./dev demo` runs: one example on real data and a live API that fails on purpose, with the program a user gets.

It only starts the API, sets what an operator would set, and words the command line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import server

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLE = "docs/examples/storm-watch.yaml"
INTRODUCTION = """\
Storm watch reads a year of real Seattle weather (NOAA, 2015), asks the flood desk, a live API, about every very wet
day, four days at a time, has a person sign the bulletin about the dangerous ones, and files a report.
The desk is a server on loopback that fails on purpose: some questions meet 503 or 429, one hangs, one day is broken for
good. Watch what is tried again, what is judged by the rule of thumb instead, and that the run still ends well.
"""


def main(arguments: list[str]) -> int:
    """Run the example and return the program's exit code."""
    given = json.loads((ROOT / EXAMPLE).with_suffix(".input.json").read_text(encoding="utf-8"))
    with server.serve() as desk, tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump({**given, "desk": desk.url("")}, file)
        file.close()
        outside = {"AUTOMATA_FILES_ROOT": str(HERE / "data"), "AUTOMATA_EGRESS_ALLOW": desk.authority}
        command = ["run", EXAMPLE, "--input", f"@{file.name}", "--approve", "sign=yes", "-v", *arguments]
        say(f"{INTRODUCTION}\n$ automata {' '.join(command).replace(file.name, 'input.json')}\n\n")
        code = subprocess.run(
            [sys.executable, "-m", "automata", *command], cwd=ROOT, env={**os.environ, **outside}, check=False
        ).returncode
        Path(file.name).unlink()
        if code == 0:
            conclude(len(desk.requests))
    return code


def conclude(requests: int) -> None:
    """Show what the run left behind, and where to look next."""
    bulletin = (HERE / "data" / "out" / "bulletin.md").read_text(encoding="utf-8")
    program = Path(sys.executable).with_name("automata")
    automata = os.path.relpath(program, ROOT) if program.exists() else f"{sys.executable} -m automata"
    say(
        f"\nThe desk was asked {requests} times. The report is docs/examples/data/out/storm-watch.json, the bulletin\n"
        f"docs/examples/data/out/bulletin.md:\n\n{indented(bulletin)}\n\n"
        "Look further:\n"
        f"  {automata} graph {EXAMPLE}     the workflow as a picture\n"
        f"  {automata} test {EXAMPLE}      its tests, hours of waiting in no time\n"
        f"  {automata} dry-run {EXAMPLE} --input @docs/examples/storm-watch.input.json\n"
        "  docs/examples/index.md                                     the other examples, and how to run them\n"
    )


def indented(text: str) -> str:
    """Set *text* apart."""
    return "\n".join(f"  {line}".rstrip() for line in text.strip().splitlines())


def say(text: str) -> None:
    """Write to stdout at once, so that it stands before what the program writes."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
