"""The workflow document to and from text: load, decode, encode, dump, version, schema."""

from __future__ import annotations

import json
from collections.abc import Mapping

import attrs
from attrs import frozen

from automata._core.canonical import canonical, digest
from automata._core.codec.edges import write_chains
from automata._core.codec.format import DEFINITIONS, WORKFLOW, read_workflow, write_workflow
from automata._core.codec.report import Report
from automata._core.codec.source import Source, read_text
from automata._core.codec.values import check, normal
from automata.model import Edge, Graph, Json, JsonSchema, Node, Problem, Workflow


@frozen
class Loaded:
    """What `load` found."""

    source: Source | None
    """None when the text is not JSON or YAML at all."""
    workflow: Workflow | None
    """None when there is any problem."""
    problems: tuple[Problem, ...]


def load(text: str | bytes, *, file: str | None = None) -> Loaded:
    """Read a document's text; every problem carries file, line and column."""
    source, problems = read_text(text, file=file)
    if source is None or problems:
        return Loaded(source, None, problems)
    report = Report()
    workflow = read_workflow(source.raw, report)
    return Loaded(source, workflow, tuple(source.locate(problem) for problem in report.problems))


def decode(raw: Json) -> tuple[Workflow | None, tuple[Problem, ...]]:
    """Make a typed workflow of a document's value, or give everything wrong with its structure.

    Args:
        raw: What a JSON parser gives. Python objects that are not JSON are problems, not exceptions.

    Returns:
        The workflow and no problems, or None and at least one. Pointers lead into *raw* as it is.
    """
    report = Report()
    check(raw, report)
    if report.count:
        return None, report.problems
    workflow = read_workflow(normal(raw), report)
    return workflow, report.problems


def encode(workflow: Workflow) -> dict[str, Json]:
    """Write a workflow as a document: edges as objects, defaults left out. `decode` gives the same workflow back."""
    return write_workflow(workflow)


def encode_shorthand(workflow: Workflow) -> dict[str, Json]:
    """Write a workflow as people write it, edges as texts and chains. `decode` gives the same workflow back."""
    written = write_workflow(workflow)
    _shorten(written, workflow.graph)
    return written


def dump_json(workflow: Workflow) -> str:
    """Write a document as JSON for people: indented, keys in the order of the reference. Not the canonical form."""
    return json.dumps(encode(workflow), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def dump_yaml(workflow: Workflow) -> str:
    """Write a document as YAML with edges in shorthand; readers of YAML 1.1 and 1.2 get the same values from it."""
    from automata._core.codec.yamldump import dump

    return dump(encode_shorthand(workflow))


def version(workflow: Workflow) -> str:
    """Give the version: SHA-256, in hexadecimal, of `canonical_form`."""
    return digest(_versioned(workflow))


def canonical_form(workflow: Workflow) -> bytes:
    """Give the bytes a version is the digest of: RFC 8785, without layout, edges in a fixed order.

    The same for every way to write the same workflow: order of keys, nodes and edges, chains, defaults, JSON or YAML.
    """
    return canonical(_versioned(workflow))


def document_schema() -> JsonSchema:
    """Give the published JSON Schema (2020-12) of the document, with both forms of edges."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Automata workflow",
        **WORKFLOW.schema(),
        "$defs": {name: shape.schema() for name, shape in DEFINITIONS.items()},
    }


def _versioned(workflow: Workflow) -> dict[str, Json]:
    return write_workflow(attrs.evolve(workflow, layout={}, graph=_sorted(workflow.graph)))


def _sorted(graph: Graph) -> Graph:
    nodes = {name: _sorted_node(node) for name, node in graph.nodes.items()}
    return attrs.evolve(graph, nodes=nodes, edges=tuple(sorted(graph.edges, key=_order)))


def _sorted_node(node: Node) -> Node:
    if node.body is None and node.finally_ is None:
        return node
    body, last = (graph and _sorted(graph) for graph in (node.body, node.finally_))
    return attrs.evolve(node, body=body, finally_=last)


def _order(edge: Edge) -> tuple[str, str, str, str]:
    return edge.source, edge.port, edge.error_class or "", edge.target


def _shorten(written: Json, graph: Graph) -> None:
    """Put chains in place of the edge objects of *written*, which `write_workflow` just made, and of all inside it."""
    if not isinstance(written, dict):
        return
    if graph.edges:
        written["edges"] = write_chains(graph.edges)
    nodes = written["nodes"]
    for name, node in graph.nodes.items():
        entry = nodes[name] if isinstance(nodes, Mapping) else None
        for key, inner in (("body", node.body), ("finally", node.finally_)):
            if inner is not None and isinstance(entry, dict):
                _shorten(entry[key], inner)
