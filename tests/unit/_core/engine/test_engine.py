"""Several runs side by side: calls, handlers of failed runs, and what people send."""

import asyncio

import pytest

from automata._core.codec import version
from automata._core.engine import Engine
from automata.errors import Conflict, NotFound
from automata.memory import MemoryStore, run_virtual
from automata.model import ChildStarted, RunStatus, StepFailed, StepFinished


def rows(world):
    return {r.workflow: r for r in world.store._runs.values()}


def test_a_call_gives_the_output_of_the_child(world):
    child = world.document("nodes: {a: {use: t.ok, with: {out: '${input + 1}'}}}\noutput: ${a}", "child")
    run = world.play("nodes: {c: {use: call, with: {workflow: child, input: 5}}}\noutput: ${c}", others=[child])

    [started] = world.kinds(ChildStarted)
    assert run.output == 6
    assert rows(world)["child"].id == started.run
    assert rows(world)["child"].parent == f"{run.id}#c"


def test_the_class_of_a_childs_error_routes_the_caller(world):
    child = world.document("nodes: {f: {use: fail, with: {class: odd, message: No}}}", "child")
    run = world.play(
        "nodes: {c: {use: call, with: {workflow: child}}, x: {use: t.ok, with: {out: '${error}'}}}\n"
        "edges: [c.error/odd -> x]\noutput: ${x}",
        others=[child],
    )

    assert (run.output["class"], run.output["message"]) == ("odd", "child: No")
    assert run.output["details"] == {"run": rows(world)["child"].id, "status": "failed"}


def test_a_call_that_does_not_wait_gives_the_id_at_once(world):
    child = world.document("nodes: {a: {use: t.slow, with: {s: 50}}}", "child")
    run = world.play("nodes: {c: {use: call, with: {workflow: child, wait: false}}}\noutput: ${c.run}", others=[child])

    assert run.output == rows(world)["child"].id
    assert rows(world)["child"].status is RunStatus.SUCCEEDED
    assert world.took == 0


def test_calling_what_is_not_there_is_an_error_of_the_step(world):
    assert world.play("nodes: {c: {use: call, with: {workflow: nobody}}}").error.kind == "not_found"


def test_a_called_version_does_not_become_the_current_one(world):
    old = world.document("nodes: {a: {use: t.ok, with: {out: old}}}\noutput: ${a}", "child")
    new = world.document("nodes: {a: {use: t.ok, with: {out: new}}}\noutput: ${a}", "child")
    call = f"{{use: call, with: {{workflow: child, version: '{version(old)}'}}}}"
    run = world.play(f"nodes: {{c: {call}}}\noutput: ${{c}}", others=[old, new])

    current, _ = asyncio.run(world.store.workflow("child"))
    assert (run.output, current) == ("old", version(new))


def test_calls_nest_only_so_deep(world):
    text = "nodes: {c: {use: call, with: {workflow: t}}}"
    run = world.play(text, others=[world.document(text)])

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "invalid_input")
    assert len(world.store._runs) == 17


@pytest.mark.parametrize("ticks", range(12))
def test_cancelling_reaches_children_and_grandchildren_whenever_it_comes(world, ticks):
    grandchild = world.document("nodes: {a: {use: t.slow, timeout: 1d, with: {s: 50000}}}", "grandchild")
    child = world.document("nodes: {c: {use: call, with: {workflow: grandchild}}}", "child")

    async def script(engine, run):
        for _ in range(ticks):
            await asyncio.sleep(0)
        while run not in engine.drivers:  # noqa: ASYNC110 - one turn of the loop at a time is what is tested
            await asyncio.sleep(0)
        engine.cancel(run)

    world.play("nodes: {c: {use: call, with: {workflow: child}}}", script=script, others=[child, grandchild])

    assert {r.status for r in world.store._runs.values()} == {RunStatus.CANCELLED}
    assert world.took == 0


def test_a_call_has_a_timeout_that_stops_the_child(world):
    child = world.document("nodes: {a: {use: t.slow, timeout: 1d, with: {s: 500}}}", "child")
    run = world.play("nodes: {c: {use: call, timeout: 5s, with: {workflow: child}}}", others=[child])

    assert (run.error.kind, rows(world)["child"].status, world.took) == ("timed_out", RunStatus.CANCELLED, 5)


def test_trouble_of_the_store_with_a_child_fails_the_call_alone(world):
    class Picky(MemoryStore):
        def append(self, turn, *, urgent=True):
            if self._runs[turn.run].workflow == "child":
                raise OSError("Disk full")
            return super().append(turn)

    world.store = Picky()
    child = world.document("nodes: {a: {use: t.ok}}", "child")
    run = world.play("nodes: {c: {use: call, with: {workflow: child}}}", others=[child])

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "transient")


def test_a_workflow_handles_the_failed_runs_of_another(world):
    handler = world.document("nodes: {a: {use: t.ok, with: {out: '${input.error.class}'}}}\noutput: ${a}", "handler")
    run = world.play("errors: handler\nnodes: {f: {use: fail, with: {class: odd}}}", others=[handler])

    assert (run.error.kind, rows(world)["handler"].output) == ("odd", "odd")


def test_a_handler_that_fails_is_not_handled_again(world):
    text = "errors: handler\nnodes: {f: {use: fail}}"
    run = world.play(text, others=[world.document(text, "handler")])

    assert (run.status, len(world.store._runs)) == (RunStatus.FAILED, 2)


def test_a_handler_that_is_not_there_changes_nothing(world):
    assert world.play("errors: nobody\nnodes: {f: {use: fail, with: {class: odd}}}").error.kind == "odd"


def test_a_node_handles_the_failure_of_its_run(world):
    run = world.play(
        "errors: h\nnodes: {f: {use: fail, with: {class: odd}}, h: {use: t.ok, with: {out: '${error.class}'}}}"
    )

    assert (run.status, world.steps["h"].output) == (RunStatus.FAILED, "odd")


def test_an_early_signal_is_kept_and_signals_are_consumed_once_in_order(world):
    async def script(engine, run):
        await asyncio.sleep(1)
        for n in (1, 2, 3):
            engine.signal(run, "go", n)
        engine.signal(run, "other", 4)

    run = world.play(
        "nodes: {w: {use: wait, with: {for: 5s}}, a: {use: signal, with: {name: go}}, "
        "b: {use: signal, with: {name: go}}}\nedges: [w -> a -> b]\noutput: '${[a, b]}'",
        script=script,
    )

    assert run.output == [1, 2]


def test_a_signal_goes_to_one_of_those_that_wait(world, after):
    def send(engine, run):
        engine.signal(run, "go", 1, signal_id="one")
        engine.signal(run, "go", 2)

    world.play("nodes: {a: {use: signal, with: {name: go}}, b: {use: signal, with: {name: go}}}", script=after(1, send))

    assert (world.steps["a"].output, world.steps["b"].output) == (1, 2)
    assert world.kinds(StepFinished)[0].signal == "one"


def test_a_match_chooses_the_signal_and_one_that_fails_fails_the_step(world, after):
    def send(engine, run):
        engine.signal(run, "go", {"n": 1})
        engine.signal(run, "go", {"n": 2})

    text = "nodes: {a: {use: signal, with: {name: go, match: '${signal.n == 2}'}}}\noutput: ${a.n}"
    assert world.play(text, script=after(1, send)).output == 2
    run = world.play(text.replace("signal.n", "signal.m"), script=after(1, send))
    assert (run.status, run.error.kind) == (RunStatus.FAILED, "expression")


@pytest.mark.parametrize(("approved", "port"), [(True, "yes"), (False, "no")])
def test_an_approval_leaves_by_the_answer(world, after, approved, port):
    def answer(engine, run):
        [waiting] = engine.waiting(run)
        assert (waiting.node, waiting.message, waiting.to, waiting.form) == ("a", "Ship 7?", "ann", None)
        with pytest.raises(NotFound):
            engine.approve(run, "b", approved=True)
        engine.approve(run, "a", approved=approved, by="bob", comment="so", form={"x": 1})

    run = world.play(
        "nodes: {a: {use: approval, with: {message: 'Ship ${input}?', to: ann}}, yes: {use: t.ok}, no: {use: t.ok}}\n"
        "edges: [a.approved -> yes, a.rejected -> no]\noutput: ${a}",
        7,
        after(1, answer),
    )

    assert run.output == {"approved": approved, "by": "bob", "comment": "so", "form": {"x": 1}}
    assert [c[0] for c in world.calls] == [port]


def test_an_approval_is_answered_once(world, after):
    def answer(engine, run):
        engine.approve(run, "a", approved=True)
        with pytest.raises(NotFound):
            engine.approve(run, "a", approved=False)
        assert engine.waiting(run) == ()

    run = world.play("nodes: {a: {use: approval, with: {message: x}}}\noutput: ${a.approved}", script=after(1, answer))

    assert run.output is True


def test_what_is_sent_to_a_run_that_is_not_there_is_refused(world):
    async def main():
        async with Engine(world.host(), world.catalog()) as engine:
            for send in (engine.cancel, engine.pause, engine.resume, engine.waiting):
                with pytest.raises(NotFound):
                    send("nobody")

    run_virtual(main())


def test_a_run_may_be_waited_for_more_than_once(world):
    async def main():
        async with Engine(world.host(), world.catalog()) as engine:
            run = await engine.start(world.document("nodes: {a: {use: t.slow}}"))
            both = await asyncio.gather(engine.wait(run.id), engine.wait(run))
            later = await engine.wait(run.id)
            assert [r.status for r in (*both, later)] == [RunStatus.SUCCEEDED] * 3
            with pytest.raises(NotFound):
                await engine.wait("nobody")

    run_virtual(main())


def test_a_start_names_a_trigger_that_exists(world):
    async def main():
        async with Engine(world.host(), world.catalog()) as engine:
            with pytest.raises(NotFound):
                await engine.start(world.document("nodes: {a: {use: t.ok}}"), trigger="a")

    run_virtual(main())


def test_a_refused_call_inside_an_engine_is_raised_as_itself(world):
    async def main():
        async with Engine(world.host(), world.catalog()):
            raise Conflict("As it is")

    with pytest.raises(Conflict, match="As it is"):
        run_virtual(main())


def test_attempts_of_a_call_start_new_children(world):
    child = world.document("nodes: {f: {use: fail, with: {class: transient}}}", "child")
    world.play("nodes: {c: {use: call, with: {workflow: child}, retry: {attempts: 2}}}", others=[child])

    assert (len(world.kinds(ChildStarted)), len(world.kinds(StepFailed))) == (2, 2)
