"""Worker processes started from a test, and what must hold of all their runs at the end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from actions import VARIABLE
from databases import Database, look_at_all
from oracle import open_attempts
from processes import Files, install_actions

from automata.model import RunFinished, StepFinished

WORKER = Path(__file__).with_name("worker.py")


class Fleet:
    """Workers on one database, each a process."""

    def __init__(self, database: Database, folder: Path, *, lease: float = 1.0, url: str = "") -> None:
        self.database = database
        self.url = url or database.url
        """How the workers get there."""
        self.files = Files(folder)
        self.lease = lease
        self.workers: list[subprocess.Popen[str]] = []

    def hire(self, *arguments: str, plugin: bool = True) -> subprocess.Popen[str]:
        """Start the command ``automata worker``; the counted actions are a plugin, installed unless told otherwise."""
        site = self.files.folder / "site"
        if not site.exists():
            install_actions(site)
        environment = {
            **os.environ,
            VARIABLE: str(self.files.ledger),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(site) * plugin, os.environ.get("PYTHONPATH")))),
        }
        lease = f"{round(self.lease * 1000)}ms"
        program = [sys.executable, "-m", "automata", "worker", "--database", self.url, "--lease", lease]
        with self.files.output.open("a") as output:
            worker = subprocess.Popen(
                [*program, *arguments], stdout=output, stderr=output, text=True, env=environment, cwd=self.files.folder
            )
        self.workers.append(worker)
        return worker

    def add(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a worker, and wait until it is on duty."""
        program = [sys.executable, str(WORKER), "--database", self.url, "--folder", str(self.files.folder)]
        output = self.files.output.open("a")
        worker = subprocess.Popen(
            [*program, "--lease", str(self.lease), *arguments], stdout=subprocess.PIPE, stderr=output, text=True
        )
        output.close()
        self.workers.append(worker)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n", self.said()
        return worker

    def until(self, condition, seconds: float = 20.0) -> None:
        """Wait for something that the workers will bring about."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s\n{self.said()[-3000:]}"
            time.sleep(0.02)

    def said(self) -> str:
        """What the workers logged."""
        return self.files.output.read_text() if self.files.output.exists() else ""

    def close(self) -> None:
        """Stop whatever still runs."""
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()
            if worker.stdout is not None:
                worker.stdout.close()

    def unfinished(self, count: int) -> int:
        """How many of *count* runs are neither over nor parked."""
        return count - self.number("finished_ms IS NOT NULL OR status = 'parked'")

    def number(self, condition: str) -> int:
        """How many runs there are of which this is true."""
        with contextlib.closing(self.database.connect()) as connection:
            return int(connection.execute(f"SELECT count(*) FROM automata_run WHERE {condition}").fetchone()[0])


def judge(database: Database, files: Files, *, unsafe: frozenset[str] = frozenset()) -> tuple[list[str], Counter[str]]:
    """What is wrong with any run, and how many ended how; *unsafe* are addresses of steps that may happen once only."""
    seen = look_at_all(database, files)
    faults, ends = list(seen.broken), Counter[str]()
    effects: dict[tuple[str, str], list[int]] = {}
    keys: dict[tuple[str, str], set[str]] = {}
    for entry in seen.ledger:
        effects.setdefault((entry.run, entry.step), []).append(entry.attempt)
        keys.setdefault((entry.run, entry.step), set()).add(entry.key)
    faults += [f"{run}: {step} used {len(used)} keys" for (run, step), used in keys.items() if len(used) > 1]
    faults += [
        f"{what} is accepted and gone"
        for what in seen.accepted
        if what.startswith("start") and what[6:] not in seen.rows
    ]
    for run, row in seen.rows.items():
        events = seen.journals[run]
        ends[str(row.status)] += 1
        terminal = sum(isinstance(event, RunFinished) for event in events)
        if terminal != (row.status != "parked") or row.owner is not None:
            faults.append(f"{run}: {row}, with {terminal} ends in the journal")
        done = Counter(event.step for event in events if isinstance(event, StepFinished))
        faults += [f"{run}: {step} was completed {times} times" for step, times in done.items() if times > 1]
        if row.status != "parked" and open_attempts(events):
            faults.append(f"{run}: over, with open attempts {open_attempts(events)}")
        for step in done:
            count = len(effects.get((run, step), []))
            if (run, step) in effects and step in unsafe and count != 1:
                faults.append(f"{run}: the unsafe effect of {step} happened {count} times")
    faults += [f"{key}: happened twice in an attempt" for key, tries in effects.items() if len(set(tries)) < len(tries)]
    faults += [f"{key}: unsafe, {n}" for key, n in effects.items() if key[1] in unsafe and len(n) > 1]
    return faults, ends
