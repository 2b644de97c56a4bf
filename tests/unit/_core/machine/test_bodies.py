"""What all nodes with bodies have in common: timeouts, attempts, nesting, cancellation."""

from automata.model import CancelRequested, RunStatus, StepFinished

EACH = "nodes: {e: {use: foreach, with: {items: []}, body: {nodes: {a: {use: t.do}}}}}"
SCOPE = """
nodes:
  s:
    use: scope
    body: {nodes: {a: {use: t.do}}}
    finally: {nodes: {f: {use: t.do}}}
"""


def each(play, count, **parameters):
    return play(EACH, inputs={"e": {"items": list(range(count)), **parameters}}).run()


def derived(p, address):
    return [n for n in p.notes if isinstance(n, StepFinished) and n.step == address]


def test_a_timeout_stops_the_body_and_can_be_caught(play):
    text = """
        nodes:
          e: {use: foreach, with: {items: []}, timeout: 1m, body: {nodes: {a: {use: t.do}}}}
          late: {use: t.do}
        edges: [e.error/timed_out -> late]
    """
    p = play(text, inputs={"e": {"items": [1, 2, 3], "concurrency": 2}}).run().fire("e#timeout")

    assert sorted(p.stopped) == ["e[0]/a", "e[1]/a"]
    assert p.alive == ["late"]


def test_the_timeout_of_a_scope_still_runs_its_finally(play):
    p = play(SCOPE.replace("use: scope", "use: scope\n    timeout: 1m")).run().fire("s#timeout")
    assert p.alive == ["s", "s~finally/f"]

    assert p.finish("s~finally/f").end.error.kind == "timed_out"


def test_a_node_with_a_body_can_be_tried_again(play):
    text = EACH.replace("use: foreach", "use: foreach, retry: {on: [conflict], jitter: none}")
    p = play(text, inputs={"e": {"items": [1]}}).run().fail("e[0]/a", "conflict").fire("e#retry")
    assert p.alive == ["e", "e@2[0]/a"]

    assert p.finish("e@2[0]/a", 7).end.output == {"e": [{"a": 7}]}


def test_bodies_nest(play):
    text = """
        nodes:
          e:
            use: foreach
            with: {items: []}
            body:
              nodes:
                s:
                  use: scope
                  body: {nodes: {r: {use: race, body: {nodes: {a: {use: t.do}, b: {use: t.do}}}}}}
                  finally: {nodes: {f: {use: t.do}}}
    """
    p = play(text, inputs={"e": {"items": [1, 2]}}).run()
    assert p.alive == ["e", "e[0]/s", "e[0]/s/r", "e[0]/s/r/a", "e[0]/s/r/b"]

    p.finish("e[0]/s/r/b", "b").finish("e[0]/s~finally/f").finish("e[1]/s/r/a", "a").finish("e[1]/s~finally/f")

    assert [x["s"]["r"]["winner"] for x in p.end.output["e"]] == ["b", "a"]


def test_cancelling_reaches_the_innermost_step(play):
    scope = "{use: scope, body: {nodes: {a: {use: t.do}}}}"
    text = f"nodes: {{e: {{use: foreach, with: {{items: []}}, body: {{nodes: {{s: {scope}}}}}}}}}"
    p = play(text, inputs={"e": {"items": [1, 2], "concurrency": 2}}).run().feed(CancelRequested())

    assert sorted(p.stopped) == ["e[0]/s/a", "e[1]/s/a"]
    assert p.alive == []
    assert p.end.status is RunStatus.CANCELLED


def test_what_the_machine_performs_itself_is_written_down_once(play):
    p = each(play, 2, concurrency=2).finish("e[0]/a").finish("e[1]/a")

    assert len(derived(p, "e")) == 1
