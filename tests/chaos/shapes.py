"""The shapes of runs the crash matrix kills: documents, what is sent to them, and how they must end."""

from collections.abc import Mapping, Sequence
from textwrap import dedent

from attrs import field, frozen

from automata.model import CancelRequested, Message, RunStatus, SignalReceived


@frozen(kw_only=True)
class Sending:
    """One thing a client sends to the run, again and again until it is accepted."""

    message: Message
    once: str | None = None
    """Address of the step whose start is waited for before; None sends it as soon as the run is accepted."""


@frozen(kw_only=True)
class Shape:
    """One workflow with everything the oracle must know of it."""

    name: str
    document: str
    effects: Mapping[str, str]
    """Address of every step that has an effect in a run without crashes, to the kind of its effect."""
    status: RunStatus = RunStatus.SUCCEEDED
    sendings: Sequence[Sending] = ()
    others: Sequence[str] = ()
    child: Mapping[str, str] = field(factory=dict)
    """The effects of the run that the workflow calls, when it calls one."""
    scheduled: bool = False
    """Whether the tick of a schedule starts the run, not the client."""
    sequential: bool = False
    """Whether nothing of the run happens at the same time, so that each point has its place in the journal."""


def _document(name: str, text: str) -> str:
    return f"automata: 1\nname: {name}\n{dedent(text)}"


def _fan(width: int) -> str:
    nodes = "".join(f"  b{i}: {{use: chaos.do_put}}\n" for i in range(width))
    edges = "".join(f"  - a -> b{i} -> z\n" for i in range(width))
    return f"nodes:\n  a: {{use: chaos.do_read}}\n  z: {{use: chaos.do_keyed}}\n{nodes}edges:\n{edges}"


LINEAR = Shape(
    name="linear",
    document=_document(
        "linear",
        """\
        nodes:
          a: {use: chaos.do_read}
          b: {use: chaos.do_put}
          c: {use: set, with: {x: "${b}"}}
          d: {use: chaos.do_keyed}
          e: {use: chaos.do_pure}
        edges:
          - a -> b -> c -> d -> e
        output: "${c.x}"
        """,
    ),
    effects={"a": "read", "b": "idempotent", "d": "keyed", "e": "pure"},
)

DIAMOND = Shape(
    name="diamond",
    document=_document(
        "diamond",
        """\
        nodes:
          a: {use: chaos.do_put}
          b: {use: chaos.do_keyed}
          c: {use: chaos.do_read}
          d: {use: chaos.do_put}
        edges:
          - a -> b -> d
          - a -> c -> d
        """,
    ),
    effects={"a": "idempotent", "b": "keyed", "c": "read", "d": "idempotent"},
)

FAN = Shape(
    name="fan-out",
    document=_document("fan-out", _fan(50)),
    effects={"a": "read", "z": "keyed", **{f"b{i}": "idempotent" for i in range(50)}},
)

COLLECT = Shape(
    name="map-collect",
    document=_document(
        "map-collect",
        """\
        nodes:
          each:
            use: foreach
            with: {items: "${range(100)}", concurrency: 10, tolerate: "100%"}
            body:
              nodes:
                put: {use: chaos.do_put, with: {refuse: "${item == 7}"}}
          z: {use: chaos.do_keyed}
        edges:
          - each -> z
        """,
    ),
    effects={**{f"each[{i}]/put": "idempotent" for i in range(100)}, "z": "keyed"},
)

FAIL_FAST = Shape(
    name="map-fail-fast",
    document=_document(
        "map-fail-fast",
        """\
        nodes:
          each:
            use: foreach
            with: {items: "${range(10)}"}
            body:
              nodes:
                put: {use: chaos.do_put, with: {refuse: "${item == 4}"}}
          z: {use: chaos.do_keyed}
        edges:
          - each -> z
        """,
    ),
    effects={f"each[{i}]/put": "idempotent" for i in range(5)},
    status=RunStatus.FAILED,
)

TIMER = Shape(
    name="timer",
    sequential=True,
    document=_document(
        "timer",
        """\
        nodes:
          a: {use: chaos.do_put}
          t: {use: wait, with: {for: 20ms}}
          b: {use: chaos.do_keyed}
        edges:
          - a -> t -> b
        """,
    ),
    effects={"a": "idempotent", "b": "keyed"},
)

_GO = Message(id="go", body=SignalReceived("go", "go", {"n": 1}, "2026-01-01T00:00:00.000Z"))
_WAITS_FOR_SIGNAL = """\
nodes:
  a: {use: chaos.do_put}
  s: {use: signal, with: {name: go}}
  b: {use: chaos.do_keyed}
edges:
  - a -> s -> b
output: "${s.n}"
"""

EARLY = Shape(
    name="signal-before",
    sequential=True,
    document=_document("signal-before", _WAITS_FOR_SIGNAL),
    effects={"a": "idempotent", "b": "keyed"},
    sendings=(Sending(message=_GO),),
)

LATE = Shape(
    name="signal-after",
    sequential=True,
    document=_document("signal-after", _WAITS_FOR_SIGNAL),
    effects={"a": "idempotent", "b": "keyed"},
    sendings=(Sending(message=_GO, once="s"),),
)

CANCEL = Shape(
    name="cancel",
    document=_document(
        "cancel",
        """\
        nodes:
          a: {use: chaos.do_put}
          b: {use: chaos.do_put, with: {linger: 50}}
          c: {use: chaos.do_keyed}
        edges:
          - a -> b -> c
        """,
    ),
    effects={"a": "idempotent", "b": "idempotent"},
    status=RunStatus.CANCELLED,
    sendings=(Sending(message=Message(id="stop", body=CancelRequested("enough")), once="b"),),
)

COMPENSATE = Shape(
    name="compensate",
    sequential=True,
    document=_document(
        "compensate",
        """\
        nodes:
          a: {use: chaos.do_put, compensate: {use: chaos.do_put}}
          b: {use: chaos.do_keyed, compensate: {use: chaos.do_keyed}}
          c: {use: chaos.do_put, with: {refuse: true}}
        edges:
          - a -> b -> c
        """,
    ),
    effects={"a": "idempotent", "b": "keyed", "c": "idempotent", "b~undo": "keyed", "a~undo": "idempotent"},
    status=RunStatus.FAILED,
)

ONCE = Shape(
    name="once",
    sequential=True,
    document=_document(
        "once",
        """\
        nodes:
          a: {use: chaos.do_put}
          b: {use: chaos.do_unsafe}
          c: {use: chaos.do_put}
        edges:
          - a -> b -> c
        """,
    ),
    effects={"a": "idempotent", "b": "unsafe", "c": "idempotent"},
)

CHILD = Shape(
    name="child",
    document=_document(
        "child",
        """\
        nodes:
          a: {use: chaos.do_put}
          k: {use: call, with: {workflow: called, input: 3}}
          b: {use: chaos.do_keyed}
        edges:
          - a -> k -> b
        output: "${k}"
        """,
    ),
    others=(
        _document(
            "called",
            """\
            nodes:
              x: {use: chaos.do_put}
              y: {use: chaos.do_keyed}
            edges:
              - x -> y
            output: 3
            """,
        ),
    ),
    effects={"a": "idempotent", "b": "keyed"},
    child={"x": "idempotent", "y": "keyed"},
)

TICK = Shape(
    name="cron-tick",
    scheduled=True,
    document=_document(
        "cron-tick",
        """\
        nodes:
          t: {use: schedule.cron, with: {cron: "0 0 1 1 *"}}
          a: {use: chaos.do_put}
          b: {use: chaos.do_keyed}
        edges:
          - t -> a -> b
        output: "${input.scheduled}"
        """,
    ),
    effects={"a": "idempotent", "b": "keyed"},
)

OUTBOX = Shape(
    name="outbox",
    document=_document(
        "outbox",
        """\
        nodes:
          a: {use: chaos.do_put}
          p: {use: chaos.do_send}
          b: {use: chaos.do_keyed}
        edges:
          - a -> p -> b
        """,
    ),
    effects={"a": "idempotent", "p": "outbox", "b": "keyed"},
)

SHAPES = {
    shape.name: shape
    for shape in (
        LINEAR,
        DIAMOND,
        FAN,
        COLLECT,
        FAIL_FAST,
        TIMER,
        EARLY,
        LATE,
        CANCEL,
        COMPENSATE,
        ONCE,
        CHILD,
        TICK,
        OUTBOX,
    )
}
"""Every shape by its name."""
