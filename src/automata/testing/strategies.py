"""Hypothesis strategies for workflows and what they are made of; needs ``hypothesis`` installed.

What they draw is well formed as a document (`decode` takes it); whether it makes sense is not promised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from hypothesis import strategies as st

from automata._core.canonical import SAFE_INTEGER
from automata._core.codec import RESERVED
from automata._core.durations import LONGEST, format_duration
from automata.model import (
    Case,
    Compensation,
    Concurrency,
    Debounce,
    Edge,
    Expect,
    Graph,
    Join,
    Json,
    JsonObject,
    Node,
    Rate,
    Retry,
    Settings,
    Workflow,
)

_USES = ("set", "if", "switch", "http.request", "foreach", "scope", "call")
_CLASSES = st.sampled_from(("rate_limited", "transient", "timed_out", "not_found", "failed"))


def texts(*, max_size: int = 20) -> st.SearchStrategy[str]:
    """Draw texts a document may hold: no NUL, no surrogates."""
    return st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=max_size)


def json_values(*, max_leaves: int = 8) -> st.SearchStrategy[Json]:
    """Draw JSON values a document may hold: finite numbers, integers every reader keeps."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-SAFE_INTEGER, SAFE_INTEGER),
        st.floats(allow_nan=False, allow_infinity=False).map(_plain),
        texts(),
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(max_size=8), inner, max_size=3),
        max_leaves=max_leaves,
    )


def json_objects() -> st.SearchStrategy[JsonObject]:
    """Draw JSON objects a document may hold."""
    return st.dictionaries(texts(max_size=8), json_values(max_leaves=4), max_size=3)


def node_ids() -> st.SearchStrategy[str]:
    """Draw ids a node may have."""
    return st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(lambda text: text not in RESERVED)


def durations() -> st.SearchStrategy[str]:
    """Draw durations as texts."""
    return st.timedeltas(min_value=LONGEST * 0, max_value=LONGEST).map(format_duration)


def graphs(*, depth: int = 1) -> st.SearchStrategy[Graph]:
    """Draw graphs whose nodes hold bodies up to *depth* deep; their edges lead from earlier nodes to later ones."""
    return _graphs(depth)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """Draw whole workflows, with every key of the format now and then."""
    graph = draw(graphs())
    return Workflow(
        name=draw(texts().filter(bool)),
        graph=graph,
        description=draw(st.none() | texts()),
        input=draw(st.none() | json_objects()),
        vars=draw(json_objects()),
        settings=draw(_SETTINGS),
        errors=draw(st.none() | node_ids()),
        tests=tuple(draw(st.lists(_CASES, max_size=2))),
        layout=draw(st.fixed_dictionaries(dict.fromkeys(graph.nodes, st.just([0, 120])))),
    )


@st.composite
def _graphs(draw: st.DrawFn, depth: int) -> Graph:
    names = draw(st.lists(node_ids(), max_size=4, unique=True))
    nodes: Mapping[str, Node] = {name: draw(_nodes(name, depth)) for name in names}
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=6)) if pairs else []
    edges = dict.fromkeys(draw(_edges(source, target)) for source, target in chosen)
    return Graph(nodes=nodes, edges=tuple(edges), output=draw(json_values(max_leaves=3)))


@st.composite
def _edges(draw: st.DrawFn, source: str, target: str) -> Edge:
    port = draw(st.sampled_from(("out", "true", "false", "error", "Case-1")))
    caught = draw(st.none() | _CLASSES) if port == "error" else None
    return Edge(source=source, target=target, port=port, error_class=caught)


@st.composite
def _nodes(draw: st.DrawFn, name: str, depth: int) -> Node:
    use = draw(st.sampled_from(_USES))
    nested = depth > 0 and use in {"foreach", "scope"}
    last = draw(st.none() | _graphs(depth - 1)) if nested and use == "scope" else None
    return Node(
        id=name,
        use=use,
        parameters=draw(json_objects()),
        retry=draw(st.none() | _RETRIES),
        timeout=draw(st.none() | durations()),
        join=draw(_JOINS),
        cancel=draw(st.booleans()),
        connection=draw(st.none() | texts().filter(bool)),
        compensate=draw(st.none() | _COMPENSATIONS),
        key=draw(st.none() | texts().filter(bool)),
        note=draw(st.none() | texts()),
        disabled=draw(st.booleans()),
        body=draw(_graphs(depth - 1)) if nested else None,
        finally_=Graph(nodes=last.nodes, edges=last.edges) if last else None,
    )


def _plain(number: float) -> float:
    size = math.fabs(number)
    if SAFE_INTEGER < size < 1e21:  # noqa: PLR2004 - a document does not hold these, see decision 15
        return 0
    return int(number) if size <= SAFE_INTEGER and number.is_integer() else number


_EVERY: tuple[Join, ...] = ("merge", "all", "any", 1, 2, 7)
_JOINS = st.sampled_from(_EVERY)
_RETRIES = st.builds(
    Retry,
    attempts=st.integers(1, 9),
    initial=durations(),
    factor=st.floats(1, 100),
    max=durations(),
    jitter=st.sampled_from(("full", "none")),
    on=st.none() | st.lists(_CLASSES, min_size=1, max_size=2).map(tuple),
)
_COMPENSATIONS = st.builds(
    Compensation,
    use=st.sampled_from(_USES),
    parameters=json_objects(),
    connection=st.none() | texts().filter(bool),
    retry=st.none() | _RETRIES,
    timeout=st.none() | durations(),
)
_SETTINGS = st.builds(
    Settings,
    timeout=st.none() | durations(),
    concurrency=st.none()
    | st.builds(
        Concurrency,
        key=st.none() | texts().filter(bool),
        limit=st.integers(1, 9),
        policy=st.sampled_from(("queue", "drop_newest", "cancel_oldest", "replace", "round_robin")),
    ),
    rate=st.none() | st.builds(Rate, key=st.none() | texts().filter(bool), limit=st.integers(1, 9), period=durations()),
    debounce=st.none()
    | st.builds(Debounce, key=st.none() | texts().filter(bool), for_=durations(), max=st.none() | durations()),
    on_error=st.sampled_from(("fail", "park")),
    retention=st.none() | durations(),
    timezone=st.sampled_from(("UTC", "Europe/Berlin", "Etc/GMT+5")),
    durability=st.sampled_from(("full", "memory")),
    priority=st.integers(-100, 100),
)
_OUTCOMES = st.fixed_dictionaries({"output": json_values(max_leaves=2)}) | st.just(
    {"error": {"class": "transient", "message": "gone"}}
)
_EXPECTS = st.one_of(
    st.just(Expect()),
    st.builds(
        Expect,
        status=st.none() | st.sampled_from(("succeeded", "failed", "cancelled")),
        path=st.none() | st.lists(node_ids(), max_size=3).map(tuple),
        output=json_values(max_leaves=2),
        has_output=st.just(True),
        error=st.none() | json_objects(),
    ),
)
_SIGNALS = st.fixed_dictionaries({"name": texts().filter(bool), "after": durations()})
_CASES = st.builds(
    Case,
    name=texts().filter(bool),
    event=json_values(max_leaves=2),
    trigger=st.none() | node_ids(),
    mocks=st.dictionaries(node_ids(), _OUTCOMES | st.lists(_OUTCOMES, min_size=1, max_size=2), max_size=2),
    signals=st.lists(_SIGNALS, max_size=1).map(tuple),
    approvals=st.dictionaries(node_ids(), st.fixed_dictionaries({"approved": st.booleans()}), max_size=1),
    expect=_EXPECTS,
)
