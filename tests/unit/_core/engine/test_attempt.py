"""One attempt: its time, what it may raise, what it may return."""

import asyncio
from datetime import UTC, datetime

import pytest

from automata.errors import StepError
from automata.model import RunStatus, StepFailed, StepFinished, StepStatus

NASTY = ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "RecursionError", "MemoryError", "ValueError"]


@pytest.mark.parametrize("name", [*NASTY, "StopAsyncIteration", "TimeoutError"])
def test_whatever_an_action_raises_is_its_own_failure(world, name):
    run = world.play(f"nodes: {{a: {{use: t.raise, with: {{error: {name}}}}}}}")

    assert run.status is RunStatus.FAILED
    assert (run.error.kind, run.error.node, run.error.message) == ("bug", "a", f"{name}: on purpose")
    assert "in throw" in run.error.details["traceback"]


def test_an_action_that_raises_cancelled_has_failed(world):
    run = world.play("nodes: {a: {use: t.raise, with: {error: CancelledError}}}")

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "cancelled")


def test_an_action_that_cancels_its_own_task_has_failed(world):
    async def run(ctx, parameters):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    world.types[-1] = replaced(world.types[-1], run)
    final = world.play("nodes: {a: {use: t.use}}")

    assert (final.status, final.error.kind) == (RunStatus.FAILED, "cancelled")


def test_an_error_whose_text_raises_is_contained(world):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    async def run(ctx, parameters):
        raise Mute

    world.types[-1] = replaced(world.types[-1], run)
    final = world.play("nodes: {a: {use: t.use}}")

    assert (final.status, final.error.kind) == (RunStatus.FAILED, "bug")
    assert final.error.message.startswith("Mute")


def test_a_step_error_without_its_facts_is_contained(world):
    class Bare(StepError):
        def __init__(self):
            pass

    async def run(ctx, parameters):
        raise Bare

    world.types[-1] = replaced(world.types[-1], run)
    final = world.play("nodes: {a: {use: t.use}}")

    assert (final.status, final.error.kind) == (RunStatus.FAILED, "bug")


@pytest.mark.parametrize(
    "facts",
    [
        {"details": {"when": datetime(2026, 1, 1, tzinfo=UTC)}},
        {"details": {"n": float("nan")}},
        {"retry_after_s": "soon"},
        {"error_class": 7},
        {"retry_after_s": float("nan")},
    ],
)
def test_facts_of_a_step_error_that_are_not_json_do_not_reach_the_journal(world, facts):
    async def run(ctx, parameters):
        raise StepError("Odd", **facts)

    world.types[-1] = replaced(world.types[-1], run)
    final = world.play("nodes: {a: {use: t.use, retry: {attempts: 2, on: [failed]}}}")

    assert final.status is RunStatus.FAILED
    assert isinstance(final.error.kind, str)
    assert all(isinstance(v, str | int) for v in final.error.details.values())


def test_texts_of_errors_are_cut(world):
    async def run(ctx, parameters):
        raise StepError("x" * 100_000)

    world.types[-1] = replaced(world.types[-1], run)

    assert len(world.play("nodes: {a: {use: t.use}}").error.message) == 8 * 1024


def test_the_class_of_a_step_error_is_kept(world):
    run = world.play("nodes: {a: {use: t.flaky, with: {class: rate_limited}}}")

    assert run.error.to_json() == {
        "class": "rate_limited",
        "message": "Not yet",
        "node": "a",
        "attempt": 1,
        "details": {"n": 1},
    }


def test_a_hanging_action_is_stopped_after_a_minute_unless_told_otherwise(world):
    run = world.play("nodes: {a: {use: t.hang}}")

    assert (run.error.kind, world.took) == ("timed_out", 60)
    assert run.error.message == "No result within 60 s"


def test_the_timeout_holds_for_each_attempt(world):
    retry = "{attempts: 3, initial: 10s, factor: 1, jitter: none}"
    run = world.play(f"nodes: {{a: {{use: t.hang, timeout: 5s, retry: {retry}}}}}")

    assert (run.error.kind, run.error.attempt, world.took) == ("timed_out", 3, 5 + 10 + 5 + 10 + 5)


def test_an_action_that_is_too_late_may_clean_up_first(world):
    world.play("nodes: {a: {use: t.slow, timeout: 5s, with: {s: 100, cleanup: 2}}}")

    assert (world.log, world.took) == (["cleaned a"], 7)


def test_a_deaf_action_does_not_hold_up_its_run_for_ever(world):
    run = world.play("nodes: {a: {use: t.deaf, timeout: 5s, with: {times: 4}}}")

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "timed_out")
    assert world.took < 60


def test_a_deaf_action_does_not_hold_up_a_cancelled_run_for_ever(world, after):
    run = world.play(
        "nodes: {a: {use: t.deaf, timeout: 1d, with: {times: 4}}}", script=after(5, lambda e, r: e.cancel(r))
    )

    assert run.status is RunStatus.CANCELLED
    assert world.took < 60


def test_an_action_that_returns_though_it_is_late_has_finished(world):
    run = world.play("nodes: {a: {use: t.deaf, timeout: 5s, with: {times: 1}}}")

    assert run.status is RunStatus.SUCCEEDED


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 1, tzinfo=UTC),
        b"bytes",
        {1, 2},
        object(),
        float("nan"),
        float("-inf"),
        2**53,
        -(2**53),
        {1: "key"},
        {"x": [b""]},
        "\ud800",
        {"\udfff": 1},
        "a\0b",
        deep(65),
        deep(5_000),
    ],
    ids=lambda v: type(v).__name__,
)
def test_an_output_that_is_not_json_is_refused(world, value):
    world.junk["x"] = value
    run = world.play("nodes: {a: {use: t.junk, with: {name: x}}, b: {use: t.ok}}\nedges: [a -> b]")

    assert (run.status, run.error.kind, run.error.node) == (RunStatus.FAILED, "provider_broke", "a")
    assert world.steps["a"].output is None


def test_an_output_that_contains_itself_is_refused(world):
    world.junk["x"] = value = []
    value.append(value)

    assert world.play("nodes: {a: {use: t.junk, with: {name: x}}}").error.kind == "provider_broke"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ((1, (2,)), [1, [2]]),
        (None, None),
        (2**53 - 1, 2**53 - 1),
        (True, True),
        (1.5, 1.5),
        ({"a": {"b": "ü€😀"}}, {"a": {"b": "ü€😀"}}),
        (deep(64), deep(64)),
        ("x" * 300 * 1024, "x" * 300 * 1024),
    ],
    ids=str,
)
def test_an_output_of_json_is_kept(world, value, kept):
    world.junk["x"] = value
    world.play("nodes: {a: {use: t.junk, with: {name: x}}}")

    assert world.steps["a"].output == kept
    assert type(world.steps["a"].output) is type(kept)


def test_an_output_beyond_the_largest_is_refused(world):
    world.junk["x"] = ["x" * 1024 * 1024] * 129
    run = world.play("nodes: {a: {use: t.junk, with: {name: x}}}")

    assert run.error.kind == "payload_too_large"


def test_a_refused_output_may_be_tried_again_and_caught(world):
    world.junk["x"] = b""
    run = world.play("""
        nodes:
          a: {use: t.junk, with: {name: x}, retry: {attempts: 2, on: [provider_broke]}}
          b: {use: t.ok, with: {out: "${error.class}"}}
        edges: [a.error -> b]
        output: ${b}
    """)

    assert (run.output, len(world.kinds(StepFailed))) == ("provider_broke", 2)


def test_what_an_action_keeps_of_its_output_is_its_own(world):
    world.junk["x"] = kept = {"n": [1]}

    async def run(ctx, parameters):
        kept["n"].append(2)
        return kept["n"]

    world.types[-1] = replaced(world.types[-1], run)
    world.play("nodes: {a: {use: t.junk, with: {name: x}}, b: {use: t.use}}\nedges: [a -> b]")

    assert (world.steps["a"].output, world.steps["b"].output) == ({"n": [1]}, [1, 2])


def test_an_action_cannot_spoil_its_parameters_for_the_next_attempt_or_the_plan(world):
    text = "nodes: {a: {use: t.spoil, with: {list: [1]}, retry: {}}}"
    workflow = world.document(text)
    world.play(workflow)
    world.play(workflow)

    assert [set(p) for _, _, p in world.calls] == [{"list"}] * 4
    assert world.steps["a"].input == {"list": [1]}
    assert world.steps["a"].output == [1, "spoilt"]


def test_a_step_cannot_spoil_the_output_of_another(world):
    world.play("""
        nodes:
          a: {use: t.ok, with: {out: [1]}}
          b: {use: t.spoil, with: {list: "${a}"}, retry: {}}
        edges: [a -> b]
    """)

    assert world.steps["a"].output == [1]


@pytest.mark.parametrize("port", [None, 1, ["left"], "middle"])
def test_a_port_the_node_does_not_have_is_a_bug_of_the_action(world, port):
    world.junk["x"] = port

    async def run(ctx, parameters):
        from automata.model import Outcome

        return Outcome(1, port)

    world.types[-1] = replaced(world.types[-1], run)
    final = world.play("nodes: {a: {use: t.use}}")

    assert (final.status, final.error.kind) == (RunStatus.FAILED, "bug")
    assert world.steps["a"].status is StepStatus.FAILED


def test_an_action_chooses_its_port(world):
    world.play("""
        nodes: {a: {use: t.port, with: {port: right}}, l: {use: t.ok}, r: {use: t.ok}}
        edges: [a.left -> l, a.right -> r]
    """)

    assert [e.step for e in world.kinds(StepFinished)] == ["a", "r"]


def test_an_action_that_is_no_coroutine_is_a_bug(world):
    world.types[-1] = replaced(world.types[-1], lambda ctx, parameters: 1)

    assert world.play("nodes: {a: {use: t.use}}").error.kind == "bug"


def replaced(type_, run):
    from attrs import evolve

    return evolve(type_, run=run)


def test_details_of_an_error_that_do_not_fit_the_journal_are_left_out(world):
    async def run(ctx, parameters):
        raise StepError("no", details={"body": "x" * 300_000})

    world.types[-1] = replaced(world.types[-1], run)
    final = world.play("nodes: {a: {use: t.use}}")

    assert "more than 256 KiB" in final.error.details["details_left_out"]
