"""P7: a whole process, from its start to its exit."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

import outside

DOCUMENT = {
    "automata": 1,
    "name": "One",
    "nodes": {"one": {"use": "set", "with": {"x": 1}}},
    "edges": [],
    "output": "${one.x}",
}


def measure(session):
    """Bare Python, ``--version`` and a run, in turns."""
    with session.folder() as folder:
        file = folder / "one.json"
        file.write_text(json.dumps(DOCUMENT))
        commands = {
            "python": ["-c", "pass"],
            "version": ["-m", "automata", "--version"],
            "run": ["-m", "automata", "run", str(file)],
        }
        taken = {name: [] for name in commands}
        environment = {**session.surroundings, "AUTOMATA_CACHE_DIR": str(folder / "cache"), "HOME": str(folder)}
        for number in range(session.size(12, 2)):
            for name, arguments in commands.items():
                seconds = _seconds([sys.executable, *arguments], folder, environment)
                if number:  # the first fills caches
                    taken[name].append(seconds)
    bare, version, run = (statistics.median(taken[name]) for name in ("python", "version", "run"))
    peers = outside.cold(session, session.size(3, 1))
    found = {
        "run_s": round(run, 3),
        "version_ms_over_python": round((version - bare) * 1000, 1),
        "python_ms": round(bare * 1000, 1),
        "peers": peers,
    }
    others = [one["total_s"] for one in peers.values() if "total_s" in one]
    if others:
        found["times_faster_than_the_fastest_peer"] = round(min(others) / run, 2)
    return found


def _seconds(command, folder, environment):
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command} failed: {done.stderr.decode()[-1000:]}")
    return time.perf_counter() - began
