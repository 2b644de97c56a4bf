"""Validate documents of 10, 200 and 2,000 nodes, soundness included (performance.md, P9).

Run with ``pytest tests/benchmarks/bench_validation.py``; the bounds are CPU time of the best of three.
"""

from __future__ import annotations

import time

import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import decode
from automata._core.plugins import discover
from automata._core.validation import validate

BOUNDS_S = {10: 0.005, 200: 0.1, 2_000: 2.0}
GROWTH = 18
"""Ten times the nodes may take this many times the time."""


def document(size):
    """A trigger, then diamonds: an `if`, a `set` and an HTTP read whose branches merge in a `set`."""
    nodes = {"start": {"use": "manual"}}
    edges = []
    last = "start"
    for i in range((size - 1) // 4):
        condition = "${input.n > 0}" if i == 0 else f"${{m{i - 1}.v > {i} && has(t{i - 1}.v)}}"
        nodes[f"c{i}"] = {"use": "if", "with": {"condition": condition}}
        nodes[f"t{i}"] = {"use": "set", "with": {"v": "${input.n + 1}", "text": "item ${input.n}"}}
        nodes[f"f{i}"] = {
            "use": "http.request",
            "with": {"url": "https://example.com/${input.n}", "method": "GET", "headers": {"accept": "text/plain"}},
            "retry": {},
        }
        nodes[f"m{i}"] = {"use": "set", "with": {"v": "${input.n * 2}"}}
        edges += [f"{last} -> c{i}", f"c{i}.true -> t{i} -> m{i}", f"c{i}.false -> f{i} -> m{i}"]
        last = f"m{i}"
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    return {"automata": 1, "name": "Benchmark", "input": schema, "nodes": nodes, "edges": edges}


@pytest.fixture(scope="module")
def catalog():
    return build_catalog(discover())


def seconds(size, catalog):
    raw = document(size)
    workflow, problems = decode(raw)
    assert not problems
    assert validate(workflow, catalog, raw=raw) == ()
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        validate(workflow, catalog, raw=raw)
        best = min(best, time.process_time() - start)
    print(f"{size:>5} nodes: {best * 1000:.1f} ms")
    return best


@pytest.mark.parametrize("size", BOUNDS_S)
def test_validation_stays_within_its_bound(size, catalog):
    assert seconds(size, catalog) <= BOUNDS_S[size]


def test_ten_times_the_nodes_take_at_most_eighteen_times_the_time(catalog):
    assert seconds(2_000, catalog) <= GROWTH * seconds(200, catalog)
