"""What a name means where, the volatile functions, and evaluations that break."""

import pytest
from attrs import evolve

from automata.errors import KernelBug
from automata.model import Function, RunStatus, StepFailed, StepStarted


def broken(*_):
    raise ZeroDivisionError("on purpose")


@pytest.fixture
def bad(world):
    """A world with an expression function `broken()` that raises what no function should."""
    world.functions["broken"] = Function(name="broken", call=broken, signatures=("(string) -> int",), summary="Break.")
    return world


BROKEN = {
    "parameters": 'nodes: {a: {use: t.ok, with: {out: "${broken(run.id)}"}}}',
    "a pure node": 'nodes: {a: {use: set, with: {out: "${broken(run.id)}"}}}',
    "a case": 'nodes: {a: {use: switch, with: {cases: [{name: x, when: "${broken(run.id) == 1}"}]}}, b: {use: t.ok}}\n'
    "edges: [a.x -> b]",
    "a condition": 'nodes: {a: {use: loop, with: {until: "${broken(run.id) == 1}"}, body: {nodes: {x: {use: t.ok}}}}}',
    "a key": 'nodes: {a: {use: t.key, key: "${broken(run.id)}"}}',
    "a match": "nodes: {s: {use: send, with: {name: go}}, "
    'a: {use: signal, with: {name: go, match: "${broken(run.id) == 1}"}}}',
    "an output": 'nodes: {a: {use: t.ok}}\noutput: "${broken(run.id)}"',
    "an output of a body": 'nodes: {a: {use: scope, body: {nodes: {x: {use: t.ok}}, output: "${broken(run.id)}"}}}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_whatever_an_evaluation_raises_fails_the_step_as_a_bug(bad, text):
    run = bad.play(text)

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "bug")
    assert "ZeroDivisionError: on purpose" in run.error.message


def test_a_broken_evaluation_can_be_caught(bad):
    run = bad.play(
        "nodes: {a: {use: t.ok, with: {out: '${broken(run.id)}'}}, b: {use: t.ok}}\n"
        "edges: [a.error/bug -> b]\noutput: ${b}"
    )

    assert run.output == "b"
    assert [e.step for e in bad.kinds(StepFailed)] == ["a"]
    assert bad.kinds(StepStarted)[0].input is None


def test_a_bug_of_the_kernel_in_an_evaluation_ends_the_run_as_one(bad):
    def worse(*_):
        raise KernelBug("An invariant broke")

    bad.functions["broken"] = evolve(bad.functions["broken"], call=worse)
    run = bad.play('nodes: {a: {use: t.ok, with: {out: "${broken(run.id)}"}}, b: {use: t.ok}}\nedges: [a.error -> b]')

    assert (run.status, run.error.kind, run.error.message) == (RunStatus.FAILED, "bug", "An invariant broke")
    assert "b" not in bad.steps


def test_a_pure_action_of_the_kernel_that_raises_fails_its_step_alone(world):
    async def odd(ctx, parameters):
        raise LookupError("on purpose")

    world.types = [evolve(t, run=odd) if t.name == "set" else t for t in world.types]
    run = world.play(
        "nodes: {a: {use: set}, b: {use: t.ok, with: {out: '${error.message}'}}}\nedges: [a.error/bug -> b]"
    )

    assert world.steps["b"].output == "LookupError: on purpose"
    assert run.status is RunStatus.SUCCEEDED


def test_now_is_one_instant_within_an_evaluation_and_the_others_draw_anew(world):
    run = world.play(
        "nodes: {w: {use: wait, with: {for: 5s}}, a: {use: t.ok, with: {out: ['${uuid() == uuid()}', '${uuid()}', "
        "'${random() == random()}', '${random()}', '${now() == now()}', '${string(now())}']}}}\n"
        "edges: [w -> a]\noutput: ${a}"
    )
    same, uuid, equal, chance, once, now = run.output

    assert (same, equal, once) == (False, False, True)
    assert [len(part) for part in uuid.split("-")] == [8, 4, 4, 4, 12]
    assert 0 <= chance < 1
    assert "00:00:05" in now


def test_a_run_knows_itself(world):
    run = world.play(
        "nodes: {a: {use: t.ok, with: {out: '${[run.id, run.workflow, run.version, run.started]}'}}}\noutput: ${a}"
    )

    assert run.output == [run.id, "t", run.version, world.journal[0].at]
