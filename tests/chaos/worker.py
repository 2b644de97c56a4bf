"""A worker process to be killed, stopped and continued from outside; says ``ready`` and then what it has accepted.

::

    python tests/chaos/worker.py --database URL --folder PLACE [--lease 1] [--start DOCUMENT PREFIX COUNT]

Ends on SIGTERM (in an orderly way), or once every run is over when ``--until-done`` is given.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from actions import VARIABLE
from oracle import told
from processes import Files, make_stage

from automata.errors import Fenced, TryLater
from automata.model import RunStatus
from automata.ports import RunQuery
from automata.sql import open_store

OPEN = tuple(status for status in RunStatus if not status.final and status is not RunStatus.PARKED)


def run_id(prefix: str, number: int) -> str:
    """The id of one of the runs a worker starts."""
    return f"{prefix}{number:0{32 - len(prefix)}x}"


async def main(given: argparse.Namespace) -> None:
    """Be a worker."""
    files = Files(Path(given.folder))
    os.environ[VARIABLE] = str(files.ledger)
    sink = os.open(files.accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def say(line: str) -> None:
        os.write(sink, f"{line}\n".encode())

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = open_store(given.database)
    kernel = make_stage(Path(given.folder) / f"site-{os.getpid()}").kernel(store)
    async with kernel.engine(
        lambda run, event: say(told(run, event)),
        claims=True,
        lease_s=given.lease,
        drain_s=1,
        concurrency=given.concurrency,
    ) as engine:
        print("ready", flush=True)
        if given.start is not None:
            document, prefix, count = given.start
            workflow = kernel.validate_text(_read(document)).workflow
            for number in range(int(count)):
                await _start(engine, workflow, run_id(prefix, number))
                say(f"start {run_id(prefix, number)}")
        while not stop.is_set():
            if given.until_done and not await _open(store):
                break
            await asyncio.sleep(0.1)
    await store.close()


def _read(document: str) -> str:
    return Path(document).read_text()


async def _open(store) -> bool:
    try:
        return bool(await store.runs(RunQuery(statuses=OPEN, limit=1)))
    except TryLater:
        return True


async def _start(engine, workflow, run: str) -> None:
    while True:
        try:
            await engine.start(workflow, None, run_id=run)
        except (TryLater, Fenced):
            await asyncio.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--lease", type=float, default=1.0)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--start", nargs=3)
    parser.add_argument("--until-done", action="store_true")
    asyncio.run(main(parser.parse_args()))
    sys.exit(0)
