"""The benchmarks: ours, the yardstick, the limits of the disk and other systems, side by side.

``./dev bench [P1 P3 ...] [--peers] [--json]``; without names everything, with paths what pytest makes of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import machine
import outside
import programme
import report
from session import HERE, ROOT, Session

RESULTS = ROOT / "docs" / "explanation" / "performance-results.md"


def main(arguments):
    """Measure what is asked for; the exit code says whether that went well, not how fast it was."""
    if arguments[:1] == ["--do"]:
        return do(arguments[1], json.loads(arguments[2]))
    if arguments and Path(arguments[0]).exists():
        return by_pytest(arguments)
    chosen = parser().parse_args(arguments)
    unknown = sorted({*chosen.names} - {*programme.NAMES})
    if unknown:
        parser().error(f"there is no {', '.join(unknown)}; there are {', '.join(programme.NAMES)}")
    session = Session(repetitions=chosen.repetitions, tiny=chosen.tiny, with_peers=chosen.peers)
    if chosen.setup:
        outside.set_up(session, say)
        return 0
    names = chosen.names or (() if chosen.add else programme.NAMES)
    results = {"machine": machine.describe(session)} | programme.run(session, names, say)
    for file in chosen.add:
        report.add(results, json.loads(Path(file).read_text(encoding="utf-8")))
    if chosen.write:
        RESULTS.write_text(report.page(results), encoding="utf-8")
    sys.stdout.write((json.dumps(results, indent=1) if chosen.json else report.table(results)) + "\n")
    return 0


def parser():
    """What may be asked for."""
    made = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    made.add_argument("names", nargs="*", metavar="P1", help="which; all when none")
    made.add_argument("--peers", action="store_true", help="measure other systems too")
    made.add_argument(
        "--setup", action="store_true", help="make the environments of yardstick and peers, measure nothing"
    )
    made.add_argument("--json", action="store_true", help="print JSON instead of a table")
    made.add_argument("--write", action="store_true", help=f"write {RESULTS.relative_to(ROOT)} too")
    made.add_argument("--add", nargs="+", default=[], metavar="FILE", help="JSON of other runs on this machine")
    made.add_argument("--repetitions", type=int, default=5, help="of ours and the yardstick (5)")
    made.add_argument("--tiny", action="store_true", help="next to no work: tries the benchmarks, measures nothing")
    return made


def do(name, options):
    """Do one piece of work in this process and print what it measured."""
    sys.stdout.write(json.dumps(programme.WORKS[name](**options)) + "\n")
    return 0


def by_pytest(arguments):
    """Run the files that pytest can run."""
    options = ["-q", "-s", "-o", "norecursedirs=.* build dist", "-o", "python_files=bench_*.py"]
    return subprocess.run([sys.executable, "-m", "pytest", *options, *arguments], check=False, cwd=ROOT).returncode


def say(text):
    """Tell whoever waits what goes on."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main(sys.argv[1:]))
