"""What ours stands beside: the yardstick, the limits of the disk, and other systems, run as the shared scripts have it.

The scripts are not part of this project. They lie in the folder that AUTOMATA_BENCH_SCRIPTS names, or in
``../shared/bench`` beside the checkout; what is not there is not measured, and the result says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

from attrs import field, frozen
from session import ROOT, Absent, driver, medians

REDIS = "redis://127.0.0.1:6379/9"
RABBIT = "amqp://guest:guest@127.0.0.1:5672//"
INGRESS, ADMIN, NODE, SERVICE = 8180, 9170, 5122, 9180
"""Ports of a Restate server and of the service it calls."""
LIMITS = (
    "sqlalchemy",
    "aiosqlite",
    "psycopg[binary]",
    "asyncpg",
    "orjson",
    "fastjsonschema",
    "pluggy",
    "attrs",
    "uvloop",
)


@frozen(kw_only=True)
class Peer:
    """Another system doing the same work."""

    venv: str
    packages: tuple[str, ...]
    arguments: tuple[str, ...]
    """Script and arguments, without the names of works."""
    cold: str | None = None
    """Script that runs one trivial workflow and exits."""
    environment: dict[str, str] = field(factory=dict)
    running: str | None = None
    """Name of the surroundings it needs, in this module."""


def _dbos(kind):
    return Peer(
        venv="dbos",
        packages=("dbos", "psycopg[binary]"),
        arguments=("peer_dbos.py", "--db", kind, "--n", "30"),
        cold="cold_dbos.py" if kind == "sqlite" else None,
    )


PEERS = {
    "dbos-sqlite": _dbos("sqlite"),
    "dbos-postgresql": _dbos("pg"),
    "langgraph": Peer(
        venv="langgraph",
        packages=("langgraph", "langgraph-checkpoint-sqlite"),
        arguments=("peer_langgraph.py", "--n", "30"),
        cold="cold_langgraph.py",
    ),
    "celery-rabbitmq": Peer(
        venv="celery",
        packages=("celery[redis]",),
        arguments=("peer_celery.py", "--n", "50"),
        environment={"CELERY_BROKER": RABBIT, "CELERY_BACKEND": REDIS, "DUR": "persistent messages"},
        running="celery_worker",
    ),
    "restate": Peer(
        venv="restate",
        packages=("restate-sdk", "hypercorn", "httpx"),
        arguments=("peer_restate.py", "--n", "50", "--url", f"http://127.0.0.1:{INGRESS}"),
        running="restate_server",
    ),
}
WORKS = ("W1seq", "W1conc", "W1async", "W2")


def scripts():
    """The folder of the shared scripts.

    Raises:
        Absent: There is none.
    """
    named = os.environ.get("AUTOMATA_BENCH_SCRIPTS")
    folder = Path(named) if named else ROOT.parent / "shared" / "bench"
    if not (folder / "reference_kernel.py").is_file():
        raise Absent("scripts absent; AUTOMATA_BENCH_SCRIPTS may name their folder")
    return folder


def interpreter(session, name):
    """The Python of a peer's environment.

    Raises:
        Absent: It has not been set up.
    """
    python = session.home / "venvs" / name / "bin" / "python"
    if not python.exists():
        raise Absent(f"no environment {name!r}; `./dev bench --peers --setup` makes it")
    return python


def surroundings(session, **more):
    """Variables the scripts run with."""
    own = {
        "BENCH_HOME": str(session.home),
        "PERF_RESULTS": str(session.home / "results"),
        "PERF_REDIS": REDIS,
        "PERF_PG": os.environ.get("PERF_PG", "postgresql://bench:bench@127.0.0.1:5432/bench"),
        "DO_NOT_TRACK": "1",
    }
    return {**session.surroundings, **own, **more}


def records(session, python, arguments, *, timeout_s=300, **environment):
    """Run one of the scripts and read the JSON lines it prints."""
    done = subprocess.run(
        [str(python), *arguments],
        cwd=scripts(),
        env=surroundings(session, **environment),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not found:
        last = (done.stderr.strip() or done.stdout.strip() or "it printed nothing").splitlines()[-1]
        raise Absent(f"{arguments[0]} failed: {last[:200]}")
    return found


def yardstick(session, store, *works, n, fan=1000):
    """One repetition of the reference kernel that does all a product does; ``{"absent": why}`` when there is none."""
    try:
        python = interpreter(session, "limits")
        with session.folder() as folder:
            arguments = ["reference_kernel.py", "--store", store, "--policy", "strict", "--real", "1", "--reps", "1"]
            arguments += ["--n", str(n), "--fan", str(fan), "--data", str(folder), *works]
            return records(session, python, arguments)[-1]
    except Absent as absent:
        return {"absent": str(absent)}
    except subprocess.TimeoutExpired:
        return {"absent": "it took too long"}


def limits(session):
    """What the disk and SQLite give at best, by name."""
    try:
        python = interpreter(session, "limits")
        with session.folder() as folder:
            arguments = ["limits_sqlite.py", "--reps", "1", "--seconds", "0.4", "--dir", str(folder)]
            found = records(session, python, arguments)
    except Absent as absent:
        return {"not measured": str(absent)}
    names = ("per_s", "commits_s", "rows_s")
    return {
        f"{one['peer']} {one['variant']}": {name: one[name] for name in names if name in one}
        for one in found
        if one["peer"] in {"limits", "sqlalchemy-sqlite"}
    }


# ---------------------------------------------------------------- peers


def peers(session, work):
    """What every peer does of *work*, or why that is not known; each is run once a session, for all works."""
    if not session.with_peers:
        return {}
    return {name: _of(measured(session, name), work) for name in PEERS}


def measured(session, name):
    """All records of one peer, or the reason why there are none."""
    if name not in session.measured:
        try:
            session.measured[name] = _measure(session, PEERS[name])
        except Absent as absent:
            session.measured[name] = str(absent)
        except subprocess.TimeoutExpired:
            session.measured[name] = "it took too long"
    return session.measured[name]


def _measure(session, peer):
    python = interpreter(session, peer.venv)
    around = globals()[peer.running] if peer.running else contextlib.nullcontext
    arguments = [*peer.arguments, "--reps", str(session.size(3, 1))]
    with around(*([session, peer] if peer.running else [])):
        return records(session, python, [*arguments, *WORKS], **peer.environment)


def _of(found, work):
    """The best variant of *work* among the records of a peer, each variant by its median."""
    if isinstance(found, str):
        return {"not measured": found}
    wanted = {"W1seq": ("W1", "sequential"), "W1conc": ("W1", ("concurrency", "batch")), "W2": ("W2", "")}[work]
    variants = {}
    for one in found:
        if one["workload"] == wanted[0] and one["variant"].startswith(wanted[1]):
            variants.setdefault(one["variant"], []).append(one)
    folded = [medians(ones) for ones in variants.values()]
    if not folded:
        return {"not measured": f"no figure of {work}"}
    best = max(folded, key=lambda one: one["steps_s"])
    names = ("variant", "steps_s", "p50_ms", "p99_ms", "peak_rss_mb", "durability")
    return {name: best[name] for name in names if name in best}


@contextlib.contextmanager
def celery_worker(session, peer):
    """A Celery worker of two processes."""
    command = [interpreter(session, "celery"), "-m", "celery", "-A", "celery_app", "worker", "-c", "2", "-l", "ERROR"]
    with _background(session, "celery", command, peer.environment):
        time.sleep(4)
        yield


@contextlib.contextmanager
def restate_server(session, peer):
    """A Restate server with an empty log, and the service it calls."""
    binary = session.home / "node" / "restate" / "node_modules" / ".bin" / "restate-server"
    if not binary.exists():
        raise Absent("no restate-server; `./dev bench --peers --setup` installs it")
    addresses = {
        "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{INGRESS}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{ADMIN}",
        "RESTATE_BIND_ADDRESS": f"127.0.0.1:{NODE}",
    }
    serve = [
        interpreter(session, peer.venv),
        "-m",
        "hypercorn",
        "--bind",
        f"127.0.0.1:{SERVICE}",
        "--log-level",
        "error",
    ]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(session.folder())
        command = [binary, "--node-name", "n1", "--base-dir", folder]
        stack.enter_context(_background(session, "restate", command, addresses))
        stack.enter_context(_background(session, "restate-service", [*serve, "peer_restate:app"], {}))
        _until_answers(f"http://127.0.0.1:{ADMIN}/health")
        time.sleep(1)
        _register(f"http://127.0.0.1:{ADMIN}/deployments", f"http://127.0.0.1:{SERVICE}")
        yield


@contextlib.contextmanager
def _background(session, name, command, environment):
    logs = session.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=scripts(),
            env=surroundings(session, **environment),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until_answers(url, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.2)
    raise Absent(f"{url} does not answer")


def _register(url, service):
    body = json.dumps({"uri": service, "force": True}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20):
            return
    except OSError as error:
        raise Absent(f"the service could not be registered: {error}") from error


def cold(session, repetitions):
    """Seconds of a whole process of each peer that runs one trivial workflow; why not, where that is not known."""
    found = {}
    for name, peer in PEERS.items() if session.with_peers else ():
        if peer.cold is None:
            continue
        try:
            python = interpreter(session, peer.venv)
            arguments = ["coldstart.py", name, str(repetitions), "--", str(python), peer.cold]
            found[name] = {"total_s": medians(records(session, sys.executable, arguments))["total_s"]}
        except (Absent, subprocess.TimeoutExpired) as absent:
            found[name] = {"not measured": str(absent)}
    return found


# ---------------------------------------------------------------- setting up


def set_up(session, say):
    """Make the environments of the yardstick and of the peers, as far as they install, and the databases they use."""
    wanted = {"limits": LIMITS} | {peer.venv: peer.packages for peer in PEERS.values()}
    for name, packages in wanted.items():
        folder = session.home / "venvs" / name
        if not (folder / "bin" / "python").exists():
            say(f"making {folder.relative_to(session.home)}")
            venv.create(folder, with_pip=True, symlinks=True)
            done = subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", *packages], check=False)
            if done.returncode != 0:
                shutil.rmtree(folder)
                say(f"{name} does not install")
    _install_restate(session, say)
    _make_databases(session, say)


def _install_restate(session, say):
    folder = session.home / "node" / "restate"
    npm = shutil.which("npm")
    if (folder / "node_modules").exists():
        return
    if npm is None:
        say("npm is absent, and with it restate-server")
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--silent", "--cache", str(session.home / "npm"), "@restatedev/restate-server"]
    if subprocess.run(command, cwd=folder, check=False).returncode != 0:
        say("restate-server does not install")


def _make_databases(session, say):
    statements = (
        "CREATE ROLE bench LOGIN PASSWORD 'bench'",
        "CREATE DATABASE bench OWNER bench",
        "CREATE DATABASE dbos_sys OWNER bench",
    )
    try:
        psycopg = driver()
        with psycopg.connect(session.postgres.replace("+psycopg", ""), autocommit=True) as admin:
            for statement in statements:
                with contextlib.suppress(psycopg.errors.DuplicateObject, psycopg.errors.DuplicateDatabase):
                    admin.execute(statement)
    except Absent as absent:
        say(f"no databases for the peers: {absent}")
    except psycopg.OperationalError as error:
        say(f"no databases for the peers: {str(error).splitlines()[0]}")
