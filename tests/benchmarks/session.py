"""One run of the benchmarks: where files go, how work is started in a process of its own, and how repetitions fold."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Absent(Exception):
    """Something that is measured beside ours is not there; the text says what."""


class Session:
    """What every benchmark is handed.

    Args:
        repetitions: How often ours and the yardstick are measured, in turns.
        tiny: Whether only the shape of the results matters.
        with_peers: Whether other systems are measured too.
    """

    def __init__(self, *, repetitions=5, tiny=False, with_peers=False):
        self.repetitions = 1 if tiny else repetitions
        self.tiny = tiny
        self.with_peers = with_peers
        self.measured = {}
        """Name of a peer to its records, or to the reason why there are none."""
        self.home = Path(os.environ.get("BENCH_HOME") or ROOT / ".dev" / "bench")
        self.data = self.home / "data"
        self.postgres = os.environ.get("AUTOMATA_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
        self.data.mkdir(parents=True, exist_ok=True)

    @property
    def surroundings(self):
        """Variables every process runs with: compiled modules are kept, as they are where a package is installed."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(self.home / "pycache")}

    def size(self, full, tiny):
        """How much work to do: *full*, or *tiny* when only the shape matters."""
        return tiny if self.tiny else full

    @contextlib.contextmanager
    def folder(self):
        """A folder on the disk that is measured, gone afterwards."""
        path = Path(tempfile.mkdtemp(prefix="automata-", dir=self.data))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def database(self, kind):
        """The URL of an empty database: ``sqlite``, or ``postgresql`` on the local server."""
        if kind == "sqlite":
            with self.folder() as folder:
                yield f"sqlite:///{folder / 'bench.db'}"
        else:
            with self.postgres_database() as url:
                yield url

    @contextlib.contextmanager
    def postgres_database(self):
        """An own database on the server."""
        psycopg, server = driver(), self.postgres.replace("+psycopg", "")
        name = f"automata_bench_{os.getpid()}_{os.urandom(3).hex()}"
        try:
            admin = psycopg.connect(server, autocommit=True, connect_timeout=3)
        except psycopg.OperationalError as error:
            raise Absent(f"no PostgreSQL server answers: {str(error).splitlines()[0]}") from error
        with admin:
            admin.execute(f"CREATE DATABASE {name}")
            try:
                yield server.replace("postgresql://", "postgresql+psycopg://").rpartition("/")[0] + f"/{name}"
            finally:
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def command(self, work, **options):
        """The command line of one piece of our own work."""
        return [sys.executable, str(HERE), "--do", work, json.dumps(options)]

    def ours(self, work, *, prefix=(), timeout_s=600, **options):
        """Do a piece of our own work in a fresh process, and return what it measured."""
        if self.tiny and not prefix:
            from programme import WORKS  # which imports what needs this module

            return WORKS[work](**options)  # nobody looks at the time: spare the start of a process
        command = [*prefix, *self.command(work, **options)]
        done = subprocess.run(
            command, env=self.surroundings, capture_output=True, text=True, timeout=timeout_s, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{work} failed: {done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])


def driver():
    """The PostgreSQL driver.

    Raises:
        Absent: It is not installed.
    """
    try:
        import psycopg
    except ImportError as error:
        raise Absent("the extra 'postgres' is not installed") from error
    return psycopg


def medians(results):
    """The median of every number that several results have in common."""
    first = results[0] if results else {}
    found = {}
    for name, value in first.items():
        values = [result[name] for result in results if name in result]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        found[name] = shortened(statistics.median(values)) if number else value
    return found


def shortened(number):
    """As many digits as a measurement has."""
    return round(number) if abs(number) >= 1000 else round(number, 3)


def quantile(values, part):
    """The value below which *part* of *values* lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


def resident_bytes():
    """Memory the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
