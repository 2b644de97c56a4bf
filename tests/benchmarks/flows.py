"""The workflows that are measured, the node type they are made of, and a kernel that knows it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import sys
import tempfile
from pathlib import Path

from automata import Kernel
from automata.testing.plugins import write_distribution

STEP = '''
import asyncio
import os

from automata.sdk import Effect, NodeType, hookimpl

PARAMETERS = {
    "type": "object",
    "required": ["step", "x"],
    "properties": {
        "step": {"type": "integer"},
        "x": {"type": "integer"},
        "to": {"type": "string", "minLength": 3},
        "seconds": {"type": "number"},
        "log": {"type": "string"},
    },
}
OUTPUT = {
    "type": "object",
    "required": ["step", "value", "ok"],
    "properties": {"step": {"type": "integer"}, "value": {"type": "integer"}, "ok": {"type": "boolean"}},
}


async def work(context, parameters):
    return {"step": parameters["step"], "value": parameters["x"] + 1, "ok": True}


async def told(context, parameters):
    """Say in a file that this step began, and take its time."""
    line = f"{context.run_id} {parameters['step']} {context.attempt}\\n".encode()
    file = os.open(parameters["log"], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.write(file, line)
    os.close(file)
    await asyncio.sleep(parameters["seconds"])
    return await work(context, parameters)


@hookimpl
def automata_node_types():
    more = {"title": "Step", "effect": Effect.READ, "parameters": PARAMETERS, "output": OUTPUT}
    return [
        NodeType(name="bench.do_step", summary="Adds one", run=work, **more),
        NodeType(name="bench.tell_step", summary="Adds one and says so", run=told, **more),
    ]
'''
STEPS = 10


def kernel(**options):
    """A kernel with the node types of this file."""
    return Kernel(folder=site(), **options)


@functools.cache
def site():
    """The folder they are installed in, like any plugin."""
    folder = Path(tempfile.mkdtemp(prefix="automata-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_distribution(folder, "bench-steps", STEP)
    sys.path.insert(0, str(folder))
    return folder


def read(kernel, document):
    """Turn a document into a workflow; one that is not valid is a mistake of the benchmark."""
    import json

    report = kernel.validate_text(json.dumps(document))
    if not report.valid or report.workflow is None:
        raise RuntimeError(str(report.problems))
    return report.workflow


def read_with(kernel, document, other):
    """The same for a document that calls another."""
    import json

    report = kernel.validate_texts({"one": json.dumps(document), "other": json.dumps(other)})["one"]
    if not report.valid or report.workflow is None:
        raise RuntimeError(str(report.problems))
    return report.workflow


async def publish(kernel, workflow):
    """Let others call it."""
    from automata._core.codec import version

    await kernel.store.publish(workflow, version(workflow))


def chain(steps=STEPS, use="bench.do_step", **more):
    """Steps each fed by the one before."""
    nodes = {
        f"s{i}": {
            "use": use,
            "with": {
                "step": i,
                "x": f"${{s{i - 1}.value}}" if i else "${input.x}",
                "to": "someone@example.com",
                **more,
            },
        }
        for i in range(steps)
    }
    return {
        "automata": 1,
        "name": f"Chain {steps} {use}",
        "input": INPUT,
        "nodes": nodes,
        "edges": [f"s{i} -> s{i + 1}" for i in range(steps - 1)],
        "output": f"${{s{steps - 1}.value}}",
    }


def pure_chain(steps=STEPS):
    """The same of computations, which force no commit."""
    nodes = {
        f"s{i}": {"use": "set", "with": {"value": f"${{s{i - 1}.value + 1}}" if i else "${input.x}"}}
        for i in range(steps)
    }
    return {
        "automata": 1,
        "name": "Pure chain",
        "input": INPUT,
        "nodes": nodes,
        "edges": [f"s{i} -> s{i + 1}" for i in range(steps - 1)],
        "output": f"${{s{steps - 1}.value}}",
    }


def each(concurrency=100):
    """One step for every item of a list of the given length."""
    body = {
        "nodes": {"do": {"use": "bench.do_step", "with": {"step": "${index}", "x": "${item}"}}},
        "output": "${do.value}",
    }
    return {
        "automata": 1,
        "name": "Each",
        "input": COUNT,
        "nodes": {
            "map": {"use": "foreach", "with": {"items": "${range(input.n)}", "concurrency": concurrency}, "body": body}
        },
        "edges": [],
        "output": "${size(map)}",
    }


def chunks():
    """As many calls of `each` as asked for: how more items are handled than one list may have."""
    call = {"use": "call", "with": {"workflow": "Each", "input": {"n": "${input.n}"}}}
    return {
        "automata": 1,
        "name": "Chunks",
        "input": {
            "type": "object",
            "properties": {"n": {"type": "integer"}, "chunks": {"type": "integer"}},
            "required": ["n", "chunks"],
        },
        "nodes": {
            "map": {
                "use": "foreach",
                "with": {"items": "${range(input.chunks)}", "concurrency": 1},
                "body": {"nodes": {"part": call}, "output": "${part}"},
            }
        },
        "edges": [],
        "output": "${size(map)}",
    }


def wide(width, depth=5):
    """Branches side by side that meet at the end."""
    nodes = {"end": {"use": "set", "with": {"x": "${input.x}"}, "join": "all"}}
    edges = []
    for b in range(width):
        for d in range(depth):
            x = f"${{b{b}_{d - 1}.value}}" if d else "${input.x}"
            nodes[f"b{b}_{d}"] = {"use": "bench.do_step", "with": {"step": d, "x": x}}
        edges.append(" -> ".join([*(f"b{b}_{d}" for d in range(depth)), "end"]))
    return {
        "automata": 1,
        "name": f"Wide {width}",
        "input": INPUT,
        "nodes": nodes,
        "edges": edges,
        "output": "${end.x}",
    }


def waiting():
    """A run that waits for a signal nobody sends."""
    return {
        "automata": 1,
        "name": "Waiting",
        "input": INPUT,
        "nodes": {
            "before": {"use": "bench.do_step", "with": {"step": 0, "x": "${input.x}"}},
            "wait": {"use": "signal", "with": {"name": "go"}},
        },
        "edges": ["before -> wait"],
    }


def stopping(log, seconds, block_at, blocked):
    """A chain that says when each step begins; the one at *block_at* takes for ever."""
    document = chain(use="bench.tell_step", log=log, seconds=seconds)
    if block_at >= 0:
        document["nodes"][f"s{block_at}"]["with"]["seconds"] = blocked
        document["nodes"][f"s{block_at}"]["timeout"] = "2h"
    return document


INPUT = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
COUNT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@contextlib.asynccontextmanager
async def opened(database):
    """A kernel on the database of that URL, which is made when it is not there."""
    from automata.sql import open_store

    store = open_store(database, create=True)
    try:
        yield kernel(store=store)
    finally:
        await store.close()


def commits(kernel):
    """How many transactions its store has committed for runs."""
    return kernel.store.stats().commits
