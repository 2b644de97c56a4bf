"""race and scope, and bodies that wait for a `finally`."""

from automata.model import CancelRequested, RunStatus

RACE = """
nodes:
  r:
    use: race
    body:
      nodes: {a: {use: t.do}, b: {use: t.do}, c: {use: t.do}}
      edges: [b -> c]
"""
SCOPE = """
nodes:
  s:
    use: scope
    body: {nodes: {a: {use: t.do}}}
    finally: {nodes: {f: {use: t.do}}}
"""
SAFE = "{use: scope, body: {nodes: {x: {use: t.do}}}, finally: {nodes: {f: {use: t.do}}}}"
GUARDED = f"nodes: {{e: {{use: foreach, with: {{items: []}}, body: {{nodes: {{a: {{use: t.do}}, s: {SAFE}}}}}}}}}"


def race(play, nodes, edges):
    return play(f"nodes: {{r: {{use: race, body: {{nodes: {nodes}, edges: [{edges}]}}}}}}").run()


def guarded(play, **parameters):
    return play(GUARDED, inputs={"e": {"items": [0, 1, 2], "concurrency": 3, **parameters}}).run()


def test_the_first_branch_to_reach_its_end_wins_the_race(play):
    p = play(RACE).run().finish("r/b").finish("r/a", "mine")

    assert p.stopped == ["r/c"]
    assert p.end.output == {"r": {"winner": "a", "output": "mine"}}


def test_a_branch_wins_with_the_output_of_its_last_step(play):
    p = play(RACE).run().finish("r/b", "early").finish("r/c", "late")

    assert p.end.output == {"r": {"winner": "b", "output": "late"}}


def test_a_failed_branch_is_out_of_the_race(play):
    p = play(RACE).run().fail("r/a", "conflict")
    assert p.alive == ["r", "r/b"]

    p.finish("r/b").finish("r/c", 1)

    assert p.end.output["r"]["winner"] == "b"


def test_a_race_without_a_winner_fails_with_the_last_error(play):
    p = play(RACE).run().fail("r/a", "conflict").fail("r/b", "not_found")

    assert p.end.error.kind == "not_found"


def test_a_scope_gives_the_output_of_its_body_after_its_finally(play):
    p = play(SCOPE).run().finish("s/a", 1)
    assert p.alive == ["s", "s~finally/f"]

    p.finish("s~finally/f")

    assert p.end.output == {"s": {"a": 1}}


def test_finally_runs_when_the_body_fails_and_sees_the_error(play):
    p = play(SCOPE).run().fail("s/a", "conflict")
    assert p.machine.activations["s~finally"].locals["error"]["class"] == "conflict"

    p.finish("s~finally/f")

    assert p.end.error.kind == "conflict"


def test_finally_runs_when_the_run_is_cancelled(play):
    p = play(SCOPE).run().feed(CancelRequested())
    assert p.stopped == ["s/a"]
    assert p.alive == ["s", "s~finally/f"]

    p.finish("s~finally/f")

    assert p.end.status is RunStatus.CANCELLED


def test_finally_that_has_begun_is_not_cut_short_by_a_cancellation(play):
    p = play(SCOPE).run().finish("s/a").feed(CancelRequested())
    assert p.stopped == []

    assert p.finish("s~finally/f").end.status is RunStatus.CANCELLED


def test_a_failing_finally_fails_the_scope(play):
    p = play(SCOPE).run().finish("s/a").fail("s~finally/f", "conflict")

    assert p.end.error.kind == "conflict"


def test_variables_of_a_scope_hide_those_around_it(play):
    text = "vars: {x: 1, y: 2}\nnodes: {s: {use: scope, body: {nodes: {a: {use: t.do}}}}}"
    p = play(text, inputs={"s": {"vars": {"x": 9}}}).run()

    assert p.machine.lookup(p.machine.activations["s"], 0, "vars") == {"x": 9, "y": 2}


def test_a_branch_that_catches_its_error_stays_in_the_race(play):
    p = race(play, "{a: {use: t.do}, b: {use: t.do}, c: {use: t.do}}", "a.error -> c").fail("r/a", "conflict")
    assert p.alive == ["r", "r/b", "r/c"]

    assert p.finish("r/c", 1).end.output == {"r": {"winner": "a", "output": 1}}


def test_a_branch_that_fails_takes_what_else_runs_in_it_along(play):
    p = race(play, "{a: {use: t.do}, b: {use: t.do}, c: {use: t.do}, d: {use: t.do}}", "a -> b, a -> c")
    p.finish("r/a").fail("r/b", "conflict")

    assert p.stopped == ["r/c"]
    assert p.finish("r/d", 2).end.output == {"r": {"winner": "d", "output": 2}}


def test_a_stopped_race_waits_for_the_finally_of_its_branches(play):
    p = race(play, f"{{a: {SAFE}, b: {{use: t.do}}}}", "").feed(CancelRequested())
    assert p.alive == ["r", "r/a", "r/a~finally/f"]

    assert p.finish("r/a~finally/f").end.status is RunStatus.CANCELLED


def test_a_failing_foreach_waits_for_the_finally_of_each_body(play):
    p = guarded(play).fail("e[0]/a", "conflict").finish("e[0]/s~finally/f")
    assert p.alive == ["e", "e[1]/s", "e[1]/s~finally/f", "e[2]/s", "e[2]/s~finally/f"]

    p.finish("e[2]/s~finally/f").finish("e[1]/s~finally/f")

    assert p.end.error.kind == "conflict"


def test_a_cancel_while_a_foreach_is_failing_cuts_no_finally_short(play):
    p = guarded(play).fail("e[0]/a", "conflict").finish("e[0]/s~finally/f").feed(CancelRequested())
    assert p.stopped == ["e[0]/s/x", "e[1]/a", "e[1]/s/x", "e[2]/a", "e[2]/s/x"]

    p.finish("e[1]/s~finally/f").finish("e[2]/s~finally/f")

    assert p.end.status is RunStatus.CANCELLED


def test_a_foreach_with_enough_waits_for_a_body_that_is_failing(play):
    text = GUARDED.replace("items: []", "items: [], until: '${true}'")
    p = play(text, inputs={"e": {"items": [0, 1], "concurrency": 2}}, decisions=[True]).run()
    p.fail("e[0]/a", "conflict")

    assert p.finish("e[0]/s~finally/f").alive == ["e", "e[1]/s", "e[1]/s~finally/f"]
    assert p.finish("e[1]/s~finally/f").end.error.kind == "conflict"
