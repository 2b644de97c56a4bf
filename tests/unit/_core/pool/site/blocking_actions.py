"""Actions that the tests of the pool have performed in child processes."""

# ruff: noqa: T201 - what is printed is what is tested

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

from automata.errors import RateLimited, StepError
from automata.sdk import Blocking, NodeType, Outcome

CALLS = []


def echo(context, parameters):
    return parameters


def whoami(context, parameters):
    CALLS.append(1)
    return {"pid": os.getpid(), "group": os.getpgrp(), "calls": len(CALLS)}


def leave(context, parameters):
    return Outcome({"left": True}, parameters["port"])


def facts(context, parameters):
    return {
        "run": context.run_id,
        "node": context.node,
        "attempt": context.attempt,
        "key": context.idempotency_key,
        "dry": context.dry_run,
        "deadline": context.deadline.isoformat(),
        "now": context.now().isoformat(),
        "setting": context.setting("AUTOMATA_TEST_COLOUR"),
        "credential": dict(context.credential or {}),
        "evaluated": context.evaluate("when"),
        "cancelled": context.cancelled,
    }


def tell(context, parameters):
    context.log("Half way", rows=5)
    context.progress(1, 2, "rows")


def fetch(context, parameters):
    response = context.http.request("POST", parameters["url"], body=b"\x00\xff", headers={"x-a": "b"})
    return {"status": response.status, "body": list(response.body), "headers": dict(response.headers)}


def look_up(context, parameters):
    try:
        context.evaluate("missing")
    except KeyError as error:
        return str(error)


def keep_secret(context, parameters):
    CALLS.append(context.credential)
    print("the secret is", context.credential["token"])
    raise ValueError(f"Refused {context.credential['token']}")


def recall(context, parameters):
    return {"kept": [dict(kept) for kept in CALLS]}


RAISED = {
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "generator": GeneratorExit(),
    "memory": MemoryError(),
    "key": KeyError("a"),
    "limited": RateLimited("Slow down", retry_after_s=7, details={"quota": 3}),
    "own": StepError("No stock", error_class="out_of_stock"),
    "odd": StepError("Odd", error_class=7),
    "stop": StopIteration(),
}


def fail(context, parameters):
    raise RAISED[parameters["how"]]


def recurse(context, parameters):
    return recurse(context, parameters)


class Unreadable(Exception):
    def __str__(self):
        raise RuntimeError


def fail_unreadably(context, parameters):
    raise Unreadable


def long_trace(context, parameters):
    raise ValueError("x" * 100_000)


def hang(context, parameters):
    while True:
        pass


def hang_in_c(context, parameters):
    libc = ctypes.PyDLL(None)  # keeps the GIL
    while True:
        libc.sleep(60)


def start_process_and_hang(context, parameters):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    context.log("Started", pid=process.pid)
    time.sleep(60)


def stop_when_asked(context, parameters):
    context.log("Begun")
    while not context.cancelled:
        time.sleep(0.005)
    context.log("Stopped")


def sleep(context, parameters):
    context.log("Begun")
    context.sleep(parameters["seconds"])


def ignore(context, parameters):
    context.log("Begun")
    time.sleep(60)


def take_memory(context, parameters):
    return len(bytearray(parameters["bytes"]))


def grow(context, parameters):
    CALLS.append(bytearray(os.urandom(1024)) * parameters["kib"])
    return os.getpid()


def crash(context, parameters):
    ctypes.string_at(0)


def leave_process(context, parameters):
    print("last words")
    os._exit(parameters["code"])


def be_killed(context, parameters):
    os.kill(os.getpid(), signal.SIGKILL)


def fork(context, parameters):
    if os.fork() == 0:
        return "from the copy"
    os.wait()
    return "from the child"


def give(context, parameters):
    return {
        "object": object(),
        "key": {1: 2},
        "nan": float("nan"),
        "coroutine": coroutine(),
        "huge": ["x" * (40 * 1024 * 1024)] * 4,
        "port": Outcome(1, 5),
    }[parameters["what"]]


async def coroutine():
    return None


def large(context, parameters):
    return "x" * parameters["bytes"]


def talk(context, parameters):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    os.write(1, b"\x00\x00\x00\x05junk\n")
    subprocess.run([sys.executable, "-c", "print('from a process')"], check=True)
    print("unfinished", end="")
    return "spoken"


def flood(context, parameters):
    for number in range(5_000):
        print(number)
    print("y" * 100_000)


def babble(context, parameters):
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(descriptor, parameters["bytes"].encode("latin-1"))
    time.sleep(60)


def ask_in_threads(context, parameters):
    answers = []

    def ask():
        answers.append(context.setting("AUTOMATA_TEST_COLOUR"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def environment(context, parameters):
    return {"secrets": [name for name in os.environ if name.startswith("AUTOMATA_")], "cwd": sys.path[0]}


node_type = NodeType(name="test.echo", title="Echo", summary="Echoes.", run=echo)


def wrapped(context, parameters):
    return "wrapped"


wrapped = Blocking(wrapped)
