"""P16: how often the disk is asked to acknowledge, counted by the system and by the store."""

from __future__ import annotations

import shutil
import subprocess

from chain import AT_ONCE

SHAPES = {"alone": ("chain", 1), "at_once": ("chain", AT_ONCE), "pure": ("pure_chain", 1)}


def measure(session):
    """The difference between a short and a longer piece of the same work, per run."""
    found = {}
    for name, (document, at_once) in SHAPES.items():
        runs = session.size(50 if at_once == 1 else 2000, 5 if at_once == 1 else AT_ONCE)
        options = {"document": document, "at_once": at_once}
        with session.database("sqlite") as database:
            counted = session.ours("chain", database=database, runs=runs, **options)
        found[f"{name}_commits_per_run"] = round(counted["commits_per_run"], 3)
        if shutil.which("strace"):
            few, many = (_fsyncs(session, runs=n, **options) for n in (runs, runs * 2))
            found[f"{name}_fsyncs_per_run"] = round((many - few) / runs, 3)
    if not shutil.which("strace"):
        found["fsyncs"] = "not measured: strace is not installed"
    return found


def _fsyncs(session, **options):
    """Calls of fsync and fdatasync that a piece of work makes, its start and end included."""
    with session.database("sqlite") as database, session.folder() as folder:
        trace = folder / "trace"
        prefix = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(trace)]
        try:
            session.ours("chain", database=database, prefix=prefix, **options)
        except subprocess.CalledProcessError as error:
            raise RuntimeError(error.stderr) from error
        rows = [line.split() for line in trace.read_text().splitlines()]
    return sum(int(row[3]) for row in rows if row and row[-1] in {"fsync", "fdatasync"})
