"""The machine a run was measured on, and how fast its disk acknowledges."""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROUNDS = 200


def describe(session):
    """What somebody needs to judge the figures."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "fsync_ms": fsync_ms(session.data),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "optimised": sys.flags.optimize,
    }


def fsync_ms(folder):
    """Median time of appending 4 KiB and having the disk acknowledge it."""
    path, block, taken = Path(folder) / f"probe-{os.getpid()}", b"x" * 4096, []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            os.write(file, block)
            os.fdatasync(file)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(file)
        path.unlink()
    return round(statistics.median(taken) * 1000, 3)


def commits_a_second(folder, seconds=1.0):
    """How many commits of one row SQLite itself makes there: WAL, ``synchronous=FULL``."""
    path = Path(folder) / "raw.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE journal (run TEXT, position INTEGER, events BLOB)")
        count, began = 0, time.perf_counter()
        while (taken := time.perf_counter() - began) < seconds:
            connection.execute("INSERT INTO journal VALUES (?, ?, ?)", ("run", count, b"x" * 120))
            count += 1
    return round(count / taken)


def _cpu():
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
