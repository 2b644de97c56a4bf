"""Laws of validation: it never raises, does not depend on order, and its fixes do what they promise."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings

from automata._core.catalog import build_catalog
from automata._core.codec import decode, encode, load
from automata._core.patch import apply_patch
from automata._core.plugins import discover
from automata._core.validation import validate
from automata.model import Edge, Node
from automata.testing.strategies import workflows

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs/reference/rules").glob("*.md"))
DOCUMENTS = [
    load(text).source.raw
    for page in PAGES
    for text in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]
MISSPELT_TRIGGER = {
    "automata": 1,
    "name": "W",
    "nodes": {"start": {"use": "manual"}, "a": {"use": "set"}},
    "edges": ["start -> a"],
    "tests": [{"name": "t", "trigger": "strat"}],
}
DOCUMENTS.append(MISSPELT_TRIGGER)
CATALOG = build_catalog(discover())
OFFERING = frozenset(
    [
        "CON-001",
        "EFF-001",
        "EFF-003",
        "EFF-004",
        "EXP-002",
        "GRF-002",
        "GRF-003",
        "GRF-004",
        "GRF-007",
        "GRF-009",
        "GRF-011",
        "GRF-012",
        "GRF-013",
        "GRF-014",
        "GRF-015",
        "GRF-018",
        "PAR-001",
        "PAR-002",
        "REF-001",
        "REF-002",
        "REF-003",
        "SND-001",
        "SND-002",
        "SND-003",
        "SND-004",
        "TST-001",
        "TST-002",
        "TST-003",
    ]
)
"""Codes of the rules that offer fixes."""
SLOW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def identities(problems):
    return Counter((p.code, p.node, p.message) for p in problems)


def damaged(raw, seed):
    """The document with one thing broken: an edge turned, doubled, cut or renamed, a parameter dropped, a join set."""
    dice = random.Random(seed)
    workflow, _ = decode(raw)
    nodes, edges = dict(workflow.graph.nodes), list(workflow.graph.edges)
    id_ = dice.choice(sorted(nodes) or ["a"])
    node = nodes.get(id_, Node(id=id_, use="set"))
    match dice.randrange(6):
        case 0 if edges:
            edge = edges.pop(dice.randrange(len(edges)))
            edges.append(Edge(source=edge.target, target=edge.source))
        case 1:
            edges.append(Edge(source=id_, target=dice.choice(sorted(nodes) or ["a"]), port=dice.choice(["out", "oot"])))
        case 2 if edges:
            edges.pop(dice.randrange(len(edges)))
        case 3:
            nodes[id_] = evolve(node, parameters={k + "s": v for k, v in node.parameters.items()})
        case 4:
            nodes[id_] = evolve(node, join=dice.choice(["all", "any", 2, 3]), cancel=dice.random() < 0.5)
        case _:
            nodes[id_] = evolve(node, use=node.use[:-1] + "x")
    edges = list(dict.fromkeys(edges))
    return encode(evolve(workflow, graph=evolve(workflow.graph, nodes=nodes, edges=tuple(edges))))


@SLOW
@given(workflows())
def test_validation_never_raises(workflow):
    for problem in validate(workflow, CATALOG):
        assert re.fullmatch(r"[A-Z]+-\d{3}", problem.code)
        assert problem.message


@pytest.mark.parametrize("seed", range(150))
def test_a_fix_removes_its_problem_and_adds_none(seed):
    raw = damaged(DOCUMENTS[seed % len(DOCUMENTS)], seed)
    workflow, faults = decode(raw)
    if faults:
        return
    before = validate(workflow, CATALOG, raw=raw)

    for problem in before:
        for fix in problem.fixes:
            mended, faults = decode(apply_patch(raw, fix.patch))
            after = identities(validate(mended, CATALOG))
            mine = (problem.code, problem.node, problem.message)
            assert not faults
            assert after <= identities(before), fix
            assert after[mine] < identities(before)[mine], fix


def test_every_rule_that_offers_a_fix_keeps_its_promise_somewhere():
    kept = set()
    for raw in [*DOCUMENTS, *(damaged(DOCUMENTS[i % len(DOCUMENTS)], i) for i in range(150))]:
        workflow, faults = decode(raw)
        before = () if faults else validate(workflow, CATALOG, raw=raw)
        for problem in before:
            if problem.code in kept or not problem.fixes:
                continue
            after = identities(validate(decode(apply_patch(raw, problem.fixes[0].patch))[0], CATALOG))
            assert after < identities(before)
            kept.add(problem.code)

    assert kept == OFFERING


@pytest.mark.parametrize("seed", range(150))
def test_pointers_lead_to_something_in_the_document_as_written(seed):
    from automata._core.patch import resolve

    raw = damaged(DOCUMENTS[seed % len(DOCUMENTS)], seed)
    workflow, faults = decode(raw)

    for problem in () if faults else validate(workflow, CATALOG, raw=raw):
        resolve(raw, problem.pointer)


@pytest.mark.parametrize("seed", range(100))
def test_the_order_of_nodes_and_edges_does_not_matter(seed):
    raw = damaged(DOCUMENTS[seed % len(DOCUMENTS)], seed)
    workflow, faults = decode(raw)
    if faults:
        return
    dice = random.Random(seed)
    nodes, edges = list(workflow.graph.nodes.items()), list(workflow.graph.edges)
    dice.shuffle(nodes)
    dice.shuffle(edges)
    shuffled = evolve(workflow, graph=evolve(workflow.graph, nodes=dict(nodes), edges=tuple(edges)))

    expected = {(p.code, p.node) for p in validate(workflow, CATALOG)}

    assert {(p.code, p.node) for p in validate(shuffled, CATALOG)} == expected
