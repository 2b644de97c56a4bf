"""One run: what is decided, committed and performed, in which order."""

import asyncio
from itertools import pairwise

import pytest

from automata._core.plugins import KERNEL
from automata.errors import Conflict, KernelBug, StoreUnavailable
from automata.memory import MemoryStore
from automata.model import (
    CancelRequested,
    PauseRequested,
    ResumeRequested,
    RunFinished,
    RunStatus,
    StepCancelled,
    StepFailed,
    StepFinished,
    StepStarted,
    StepStatus,
    TimerSet,
)

FOREACH = """
nodes:
  each:
    use: foreach
    with: {items: "${input}", concurrency: %d, tolerate: %s}
    body: {nodes: {x: {use: %s, with: %s}}, output: "${x}"}
output: ${each}
"""


def cancel(engine, run):
    engine.cancel(run, "enough")


# ------------------------------------------------------------ effects and commits


class Recording(MemoryStore):
    def __init__(self, log):
        super().__init__()
        self.log = log

    def create(self, run, events, digest=""):
        self.log += [f"committed {type(e).__name__} {e.step}" for e in events if hasattr(e, "step")]
        return super().create(run, events, digest)

    def append(self, turn, *, urgent=True):
        self.log += [f"committed {type(e).__name__} {e.step}" for e in turn.events if hasattr(e, "step")]
        return super().append(turn)


class Slow(MemoryStore):
    async def create(self, run, events, digest=""):
        found = await super().create(run, events, digest)
        await asyncio.sleep(1)
        return found


def test_a_timer_that_ends_before_the_run_is_stored_fires_after_it(world):
    world.store = Slow()

    world.play("nodes: {a: {use: wait, with: {for: 10ms}}}\noutput: ${a}")

    assert world.run.status is RunStatus.SUCCEEDED


def test_an_attempt_is_committed_before_its_effect_and_before_the_observers_hear_of_it(world):
    world.store = Recording(world.log)
    world.observers = [lambda run, e: world.log.append(f"told {type(e).__name__}")]

    async def act(ctx, parameters):
        world.log.append(f"effect {ctx.node}")

    world.ok = act
    world.types = [*world.types[:-14], *world.actions()]
    world.play("nodes: {a: {use: t.ok}, b: {use: t.ok}}\nedges: [a -> b]")

    assert world.log == [
        "committed StepStarted a",
        "told RunStarted",
        "told StepStarted",
        "effect a",
        "committed StepFinished a",
        "committed StepStarted b",
        "told StepFinished",
        "told StepStarted",
        "effect b",
        "committed StepFinished b",
        "told StepFinished",
        "told BodyFinished",
        "told RunFinished",
    ]


class Failing(MemoryStore):
    """Refuses one append, or all from there on; one that is kept all the same says nothing of it."""

    def __init__(self, error, after, *, kept=False, times=1):
        super().__init__()
        self.error, self.after, self.kept, self.times = error, after, kept, times

    def append(self, turn, *, urgent=True):
        self.after -= 1
        if self.after < 0 and self.times > 0:
            self.times -= 1
            if self.kept:
                super().append(turn)
            future = asyncio.get_running_loop().create_future()
            future.set_exception(self.error)
            return future
        return super().append(turn)


CHAIN_AND_SLOW = "nodes: {a: {use: t.ok}, b: {use: t.ok}, c: {use: t.slow, with: {s: 30}}}\nedges: [a -> b]"


@pytest.mark.parametrize("error", [Conflict("Claimed"), OSError("gone")])
@pytest.mark.parametrize("after", [0, 1])
def test_trouble_of_the_store_that_stays_is_raised_as_it_is_and_stops_what_runs(world, error, after):
    world.store = Failing(error, after)
    with pytest.raises(type(error)) as caught:
        world.play(CHAIN_AND_SLOW)

    assert caught.value is error
    assert [c[0] for c in world.calls] == ["a", "c", "b"][: 2 + after]
    assert world.log == ["cleaned c"]


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("times", [1, 3])
def test_a_commit_whose_answer_is_lost_is_looked_up_and_nothing_is_done_twice(world, kept, after, times):
    world.store = Failing(StoreUnavailable("Disk full"), after, kept=kept, times=1 if kept else times)
    run = world.play(CHAIN_AND_SLOW)

    assert run.status is RunStatus.SUCCEEDED
    assert sorted(c[0] for c in world.calls) == ["a", "b", "c"]
    assert len(world.kinds(StepFinished)) == 3


def test_an_observer_that_fails_does_not_fail_the_run(world):
    told = []

    def broken(run, event):
        raise RuntimeError("broken")

    world.observers = [broken, lambda run, event: told.append(event)]
    run = world.play("nodes: {a: {use: t.ok}}")

    assert run.status is RunStatus.SUCCEEDED
    assert told == world.journal


def test_the_journal_has_one_end_and_it_is_the_last_event(world, after):
    for seconds in (0, 1, 2, 3):
        world.play(
            "nodes: {a: {use: t.slow, with: {s: 2}}, b: {use: t.slow}}\nedges: [a -> b]", script=after(seconds, cancel)
        )

        assert [type(e) for e in world.journal].count(RunFinished) == 1
        assert isinstance(world.journal[-1], RunFinished)


def test_a_bug_of_the_kernel_ends_the_run_as_failed(world, monkeypatch):
    from automata._core.machine import Machine

    def broken(self, event):
        raise KernelBug("Broken")

    monkeypatch.setattr(Machine, "step_finished", broken)
    run = world.play("nodes: {a: {use: t.ok}, b: {use: t.hang}}")

    assert (run.status, run.error.kind, run.error.message) == (RunStatus.FAILED, "bug", "Broken")


def test_a_bug_of_the_kernel_while_a_command_is_performed_ends_the_run_as_failed(world):
    async def wait(ctx, parameters):
        await asyncio.sleep(1)

    from attrs import evolve

    kernels = [evolve(t, run=wait, plugin=KERNEL) if t.name == "set" else t for t in world.types]
    world.types = kernels
    run = world.play("nodes: {a: {use: set}}")

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "bug")


# ------------------------------------------------------------ concurrency


@pytest.mark.parametrize(("bound", "took"), [(1, 6), (2, 3), (4, 2), (6, 1), (50, 1)])
def test_a_foreach_runs_as_many_bodies_at_once_as_it_may_and_never_more(world, bound, took):
    run = world.play(FOREACH % (bound, 0, "t.slow", "{out: '${item}'}"), list(range(6)))

    assert (world.most, world.took, run.output) == (min(bound, 6), took, list(range(6)))


def test_results_of_a_foreach_stand_in_the_order_of_the_items(world):
    run = world.play(FOREACH % (5, 0, "t.slow", "{s: '${item}', out: '${item}'}"), [5, 1, 4, 2, 3])

    assert run.output == [5, 1, 4, 2, 3]
    assert world.kinds(StepFinished)[0].step == "each[1]/x"


def test_a_foreach_that_fails_stops_the_bodies_that_run(world):
    text = FOREACH % (3, 0, "t.slow", "{s: '${item}', out: '${1 / (item - 1)}'}")
    run = world.play(text, [5, 1, 5, 5])

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "expression")
    assert "each[3]/x" not in world.steps


@pytest.mark.parametrize(
    "given",
    [
        "concurrency: '${0}'",
        "concurrency: '${-1}'",
        "concurrency: '${true}'",
        "concurrency: '${\"2\"}'",
        "batch: '${0}'",
        "tolerate: '${\"many\"}'",
        "tolerate: '${-1}'",
        "tolerate: '${true}'",
        "as: '${7}'",
    ],
)
def test_computed_parameters_of_a_foreach_that_make_no_sense_are_refused(world, given):
    run = world.play(
        f"nodes: {{e: {{use: foreach, with: {{items: [1], {given}}}, body: {{nodes: {{x: {{use: t.ok}}}}}}}}}}"
    )

    assert (run.status, run.error.kind, run.error.node) == (RunStatus.FAILED, "invalid_input", "e")


@pytest.mark.parametrize("given", ["every: '${\"soon\"}'", "every: '${7}'", "max: '${0}'", "max: '${\"9\"}'"])
def test_computed_parameters_of_a_loop_that_make_no_sense_are_refused(world, given):
    run = world.play(
        f"nodes: {{l: {{use: loop, with: {{until: true, {given}}}, body: {{nodes: {{x: {{use: t.ok}}}}}}}}}}"
    )

    assert (run.status, run.error.kind, run.error.node) == (RunStatus.FAILED, "invalid_input", "l")


def test_items_that_are_no_list_are_refused(world):
    assert world.play(FOREACH % (1, 0, "t.ok", "{}"), {"a": 1}).error.kind == "invalid_input"


def test_a_tolerated_failure_stands_in_its_place(world):
    run = world.play(FOREACH % (2, 1, "t.ok", "{out: '${1 / item}'}"), [1, 0, 1])

    assert [isinstance(o, dict) for o in run.output] == [False, True, False]
    assert run.output[1]["error"]["class"] == "expression"


def test_the_first_branch_of_a_race_to_end_wins_and_the_others_clean_up(world):
    run = world.play("""
        nodes:
          r:
            use: race
            body:
              nodes: {a: {use: t.slow, with: {s: 5}}, b: {use: t.slow, with: {s: 2}}, c: {use: t.slow, with: {s: 9}}}
        output: ${r}
    """)

    assert (run.output, world.took) == ({"winner": "b", "output": "r/b"}, 2)
    assert sorted(world.log) == ["cleaned r/a", "cleaned r/c", "done r/b"]


def test_a_join_that_cancels_stops_the_slower_way(world):
    world.play("""
        nodes: {a: {use: t.slow, with: {s: 9}}, b: {use: t.slow}, j: {use: t.ok, join: any, cancel: true}}
        edges: [a -> j, b -> j]
    """)

    assert (world.steps["a"].status, world.took) == (StepStatus.CANCELLED, 1)


# ------------------------------------------------------------ retries and timeouts


def test_attempts_are_spaced_as_the_policy_says(world):
    run = world.play("""
        nodes:
          a: {use: t.flaky, with: {fails: 4}, retry: {attempts: 5, initial: 1s, factor: 3, max: 10s, jitter: none}}
        output: ${a}
    """)

    assert (run.output, world.took) == (5, 1 + 3 + 9 + 10)


def test_what_the_far_side_asks_for_is_waited(world):
    world.play("nodes: {a: {use: t.flaky, with: {after: 90}, retry: {}}}")

    assert world.took == 90


def test_full_jitter_draws_from_the_seed(world):
    world.play("nodes: {a: {use: t.flaky, with: {fails: 1}, retry: {initial: 10s}}}")

    [failure] = world.kinds(StepFailed)
    assert world.took == pytest.approx(10 * failure.chance)


def test_a_retry_sees_the_parameters_of_the_first_attempt(world):
    run = world.play("""
        nodes:
          a: {use: t.flaky, with: {fails: 2, u: "${uuid()}", t: "${now()}", r: "${random()}"}, retry: {jitter: none}}
    """)

    assert run.status is RunStatus.SUCCEEDED
    first, second, third = [p for _, _, p in world.calls]
    assert first == second == third
    assert [e.input for e in world.kinds(StepStarted)] == [first] * 3


def test_uuid_and_random_draw_anew_and_now_is_one_instant_an_evaluation(world):
    world.play("""
        nodes: {a: {use: set, with: {u: "${[uuid(), uuid()]}", t: "${[now(), now()]}", r: "${[random(), random()]}"}}}
    """)
    given = world.steps["a"].input

    assert given["u"][0] != given["u"][1]
    assert given["r"][0] != given["r"][1]
    assert given["t"] == ["2026-01-01T00:00:00Z"] * 2


def test_an_unsafe_effect_is_tried_again_only_when_nothing_was_sent(world):
    from attrs import evolve

    from automata.model import Effect

    world.types = [evolve(t, effect=Effect.UNSAFE) if t.name == "t.flaky" else t for t in world.types]
    run = world.play("nodes: {a: {use: t.flaky, with: {sent: false}, retry: {}}, b: {use: t.flaky, retry: {}}}")

    assert (run.error.node, [c[0] for c in world.calls].count("b")) == ("b", 1)


def test_a_run_has_a_timeout(world):
    run = world.play("settings: {timeout: 90s}\nnodes: {a: {use: t.slow, timeout: 1d, with: {s: 1000}}}")

    assert (run.status, run.error.kind, world.took) == (RunStatus.TIMED_OUT, "timed_out", 90)
    assert world.log == ["cleaned a"]


@pytest.mark.parametrize("use", ["wait, with: {for: 1d}", "signal, with: {name: x}", "approval, with: {message: x}"])
def test_every_kind_of_wait_has_a_timeout(world, use):
    run = world.play(f"nodes: {{a: {{use: {use}, timeout: 5s}}, b: {{use: t.ok}}}}\nedges: [a.error/timed_out -> b]")

    assert (run.status, world.took, world.steps["b"].status) == (RunStatus.SUCCEEDED, 5, StepStatus.SUCCEEDED)


def test_a_scope_that_takes_too_long_fails_after_its_finally(world):
    run = world.play("""
        nodes:
          s:
            use: scope
            timeout: 5s
            body: {nodes: {a: {use: t.slow, with: {s: 50}}}}
            finally: {nodes: {z: {use: t.slow, with: {s: 2, out: "${error.class}"}}}}
    """)

    assert (run.error.kind, world.took) == ("timed_out", 7)
    assert world.steps["s~finally/z"].output == "timed_out"


# ------------------------------------------------------------ cancelling


def test_cancelling_waits_for_what_cleans_up_and_starts_nothing_more(world, after):
    run = world.play(
        "nodes: {a: {use: t.slow, with: {s: 50, cleanup: 3}}, b: {use: t.ok}}\nedges: [a -> b]", script=after(5, cancel)
    )

    assert (run.status, world.log, world.took) == (RunStatus.CANCELLED, ["cleaned a"], 8)
    assert [c[0] for c in world.calls] == ["a"]
    assert [e.reason for e in world.kinds(CancelRequested)] == ["enough"]


def test_cancelling_while_a_retry_waits_ends_at_once(world, after):
    run = world.play(
        "nodes: {a: {use: t.flaky, with: {fails: 9}, retry: {initial: 1h, max: 1h, jitter: none}}}",
        script=after(5, cancel),
    )

    assert (run.status, world.took, len(world.calls)) == (RunStatus.CANCELLED, 5, 1)


def test_cancelling_twice_is_cancelling_once(world, after):
    def twice(engine, run):
        engine.cancel(run)
        engine.cancel(run)

    world.play("nodes: {a: {use: t.slow, with: {s: 50}}}", script=after(5, twice))

    assert len(world.kinds(StepCancelled)) == 1


@pytest.mark.parametrize("use", ["wait, with: {for: 1d}", "signal, with: {name: x}", "approval, with: {message: x}"])
def test_waits_are_cancelled_at_once(world, after, use):
    run = world.play(f"nodes: {{a: {{use: {use}}}}}", script=after(5, cancel))

    assert (run.status, world.took) == (RunStatus.CANCELLED, 5)


def test_a_scope_runs_its_finally_when_it_is_cancelled(world, after):
    run = world.play(
        """
        nodes:
          s:
            use: scope
            body: {nodes: {a: {use: t.slow, with: {s: 50}}}}
            finally: {nodes: {z: {use: t.slow, with: {s: 2}}}}
        """,
        script=after(5, cancel),
    )

    assert (run.status, world.log, world.took) == (RunStatus.CANCELLED, ["cleaned s/a", "done s~finally/z"], 7)


def test_a_cleanup_that_fails_or_returns_changes_nothing(world, after):
    from attrs import evolve

    async def run(ctx, parameters):
        try:
            await ctx.sleep(100)
        except asyncio.CancelledError:
            if parameters["how"] == "raise":
                raise ValueError("in cleanup") from None
            return "late"

    world.types[-1] = evolve(world.types[-1], run=run)
    final = world.play(
        "nodes: {a: {use: t.use, timeout: 1d, with: {how: raise}}, b: {use: t.use, timeout: 1d, with: {how: return}}}",
        script=after(5, cancel),
    )

    assert (final.status, world.kinds(StepFinished), world.kinds(StepFailed)) == (RunStatus.CANCELLED, [], [])


# ------------------------------------------------------------ compensation


def test_compensations_run_newest_first_and_see_real_outputs(world):
    run = world.play(
        """
        nodes:
          a: {use: t.ok, with: {out: room 7}, compensate: {use: t.ok, with: {out: "free ${a}"}}}
          b: {use: t.ok, with: {out: 12}, compensate: {use: t.slow, with: {out: "${b + 1} ${input.who}"}}}
          c: {use: fail, with: {class: sold_out}}
        edges: [a -> b -> c]
    """,
        {"who": "Ann"},
    )

    assert (run.status, run.error.kind) == (RunStatus.FAILED, "sold_out")
    undone = [(s.node, s.output) for s in world.steps.values() if s.node.endswith("~undo")]
    assert undone == [("b~undo", "13 Ann"), ("a~undo", "free room 7")]


def test_compensations_of_the_bodies_of_a_foreach_see_their_own_item(world):
    world.play("""
        nodes:
          e:
            use: foreach
            with: {items: [1, 2]}
            body:
              nodes: {x: {use: t.ok, with: {out: "${item}"}, compensate: {use: t.ok, with: {out: "${[item, x]}"}}}}
          f: {use: fail}
        edges: [e -> f]
    """)

    assert world.steps["e[1]/x~undo"].output == [2, 2]
    assert world.steps["e[0]/x~undo"].output == [1, 1]


def test_a_compensation_that_fails_is_kept_with_the_error_and_the_others_go_on(world):
    run = world.play("""
        nodes:
          a: {use: t.ok, compensate: {use: t.ok}}
          b: {use: t.ok, compensate: {use: t.flaky, with: {fails: 9}, retry: {attempts: 2, initial: 5s, jitter: none}}}
          c: {use: fail}
        edges: [a -> b -> c]
    """)

    assert [e["node"] for e in run.error.details["compensation_errors"]] == ["b~undo"]
    assert (world.steps["a~undo"].status, world.took) == (StepStatus.SUCCEEDED, 5)


# ------------------------------------------------------------ pausing


def test_a_paused_run_starts_nothing_until_it_is_resumed(world):
    async def script(engine, run):
        await asyncio.sleep(1)
        engine.pause(run)
        await asyncio.sleep(100)
        engine.resume(run)

    world.play("nodes: {a: {use: t.slow, with: {s: 5}}, b: {use: t.slow}}\nedges: [a -> b]", script=script)

    assert world.took == 102
    kinds = [type(e) for e in world.journal]
    assert kinds.index(PauseRequested) < kinds.index(StepFinished) < kinds.index(ResumeRequested)
    assert world.steps["b"].started == "2026-01-01T00:01:41.000Z"


def test_a_paused_run_can_be_cancelled(world):
    async def script(engine, run):
        engine.pause(run)
        await asyncio.sleep(10)
        engine.cancel(run)

    async def later(engine, run):
        await asyncio.sleep(1)
        await script(engine, run)

    run = world.play("nodes: {a: {use: t.slow, with: {s: 5}}, b: {use: t.slow}}\nedges: [a -> b]", script=later)

    assert (run.status, world.took) == (RunStatus.CANCELLED, 11)


def test_no_attempt_stands_between_a_pause_and_its_resume(world):
    async def script(engine, run):
        await asyncio.sleep(4)
        driver = engine.drivers[run]
        steps = list(driver.work.machine.steps.values())
        driver.post(StepFinished(steps[0].address, 1, None))
        engine.pause(run)
        await asyncio.sleep(10)
        engine.resume(run)

    world.play(
        "nodes: {a: {use: t.slow, with: {s: 5}}, b: {use: t.ok}, c: {use: t.ok}}\nedges: [a -> b -> c]", script=script
    )

    inside = False
    for event in world.journal:
        inside = isinstance(event, PauseRequested) or (inside and not isinstance(event, ResumeRequested))
        assert not (inside and isinstance(event, StepStarted))


# ------------------------------------------------------------ waits


def test_a_wait_of_a_year_ends_on_time(world):
    run = world.play("nodes: {a: {use: wait, with: {for: 365d}}}\noutput: ${a.at}")

    assert run.output == "2027-01-01T00:00:00.000Z"
    assert world.kinds(TimerSet)[0].due == "2027-01-01T00:00:00.000Z"


def test_a_wait_until_the_past_ends_at_once(world):
    assert world.play("nodes: {a: {use: wait, with: {until: '2020-01-01T00:00:00Z'}}}").status is RunStatus.SUCCEEDED
    assert world.took == 0


@pytest.mark.parametrize(
    "given", ["for: '${\"soon\"}'", "until: '${\"2026-01-01T00:00:00\"}'", "until: '${\"never\"}'", "for: '${5}'"]
)
def test_a_wait_for_what_is_no_time_is_refused(world, given):
    assert world.play(f"nodes: {{a: {{use: wait, with: {{{given}}}}}}}").error.kind == "invalid_input"


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_wait_until_the_edge_of_the_calendar_does_not_break_the_run(world, until, after):
    run = world.play(f"nodes: {{a: {{use: wait, with: {{until: '{until}'}}}}}}", script=after(5, cancel_if))

    assert run.status in {RunStatus.SUCCEEDED, RunStatus.CANCELLED, RunStatus.FAILED}


def cancel_if(engine, run):
    if run in engine.drivers:
        engine.cancel(run)


# ------------------------------------------------------------ the kernel's own nodes


def test_set_if_switch_and_return(world):
    text = """
        nodes:
          s: {use: set, with: {n: "${input * 2}"}}
          i: {use: if, with: {condition: "${s.n > 3}"}}
          w: {use: switch, with: {cases: [{name: four, when: "${s.n == 4}"}, {name: big, when: "${s.n > 4}"}]}}
          r: {use: return, with: {output: "${w}"}}
          l: {use: t.slow, with: {s: 9}}
        edges: [s -> i, i.true -> w, w.big -> r, i.false -> l]
        output: ended
    """
    assert world.play(text, 4).output == "big"
    assert world.play(text, 1).output == "ended"
    run = world.play(text, 2)
    assert run.output == "ended"
    assert world.steps["w"].output == "four"


def test_no_case_and_no_otherwise_is_an_error_and_its_step_has_failed(world):
    run = world.play(
        "nodes: {w: {use: switch, with: {cases: [{name: a, when: '${false}'}]}}, x: {use: t.ok}}\nedges: [w.a -> x]"
    )

    assert run.error.kind == "no_match"
    assert world.steps["w"].status is StepStatus.FAILED


def test_a_condition_that_is_no_boolean_is_refused(world):
    run = world.play("nodes: {i: {use: if, with: {condition: '${input}'}}}", "yes")

    assert (run.error.kind, run.error.message) == ("invalid_input", "The condition gave a text, not true or false")


def test_fail_raises_what_it_says(world):
    run = world.play("nodes: {f: {use: fail, with: {class: odd, message: 'No ${input}', details: {n: 1}}}}", "luck")

    assert (run.error.kind, run.error.message, run.error.details) == ("odd", "No luck", {"n": 1})


def test_return_stops_what_else_runs(world):
    run = world.play(
        "nodes: {a: {use: t.slow, with: {s: 9}}, b: {use: t.slow}, r: {use: return, with: {output: 1}}}\n"
        "edges: [b -> r]"
    )

    assert (run.status, run.output, world.took, world.log) == (RunStatus.SUCCEEDED, 1, 1, ["done b", "cleaned a"])


def test_a_loop_goes_on_until_its_condition_holds_and_pauses_between_rounds(world):
    run = world.play("""
        nodes:
          l:
            use: loop
            with: {until: "${last >= 3}", initial: 0, every: 10s}
            body: {nodes: {x: {use: set, with: {n: "${last + 1}"}}}, output: "${x.n}"}
        output: ${l}
    """)

    assert (run.output, world.took) == (3, 20)


def test_a_condition_that_fails_fails_the_loop(world):
    run = world.play("nodes: {l: {use: loop, with: {while: '${1 / 0 > 1}'}, body: {nodes: {x: {use: t.ok}}}}}")

    assert (run.error.kind, run.error.node) == ("expression", "l")


def test_outputs_that_cannot_be_evaluated_fail_what_they_belong_to(world):
    assert world.play("nodes: {a: {use: t.ok}}\noutput: ${1 / 0}").error.kind == "expression"
    run = world.play("nodes: {s: {use: scope, body: {nodes: {a: {use: t.ok}}, output: '${1 / 0}'}}}")
    assert (run.error.kind, world.steps["s"].status) == ("expression", StepStatus.FAILED)


def test_parameters_that_cannot_be_evaluated_fail_the_step_without_an_attempt_of_its_action(world):
    run = world.play(
        "nodes: {a: {use: t.ok, with: {out: '${1 / 0}'}}, b: {use: t.ok}}\nedges: [a.error/expression -> b]"
    )

    assert (run.status, [c[0] for c in world.calls]) == (RunStatus.SUCCEEDED, ["b"])


def test_two_thousand_disabled_nodes_in_a_row_are_passed(world):
    nodes = "\n".join(f"  n{i}: {{use: t.ok, disabled: true}}" for i in range(1_999))
    edges = "\n".join(f"  - n{i} -> n{i + 1}" for i in range(1_998))
    run = world.play(f"nodes:\n{nodes}\n  z: {{use: t.ok}}\nedges:\n{edges}\n  - n1998 -> z\n")

    assert run.status is RunStatus.SUCCEEDED
    assert [c[0] for c in world.calls] == ["z"]


def test_two_thousand_nodes_in_a_row_run(world):
    nodes = "\n".join(f"  n{i}: {{use: set}}" for i in range(2_000))
    edges = "\n".join(f"  - n{i} -> n{i + 1}" for i in range(1_999))

    assert world.play(f"nodes:\n{nodes}\nedges:\n{edges}\n").status is RunStatus.SUCCEEDED


# ------------------------------------------------------------ keys


def test_the_idempotency_key_is_the_same_over_attempts_and_differs_by_step_and_iteration(world):
    world.play("""
        nodes:
          a: {use: t.key, with: {fails: 2}, retry: {jitter: none}, compensate: {use: t.key}}
          e: {use: foreach, with: {items: [1, 2]}, body: {nodes: {x: {use: t.key}}}}
          f: {use: fail}
        edges: [a -> e -> f]
    """)
    a, b, c, first, second, undo = world.keys

    assert a == b == c
    assert len({a, first, second, undo}) == 4


def test_a_chosen_key_makes_two_runs_agree(world):
    text = "nodes: {a: {use: t.key, key: 'order-${input}'}, b: {use: t.key, key: 'order-${input}'}}"
    for order in (1, 1, 2):
        world.play(text, order)
    one, two, three = world.keys[0:2], world.keys[2:4], world.keys[4:6]

    assert one == two
    assert len({*one, *three}) == 4


def test_a_chosen_key_is_chosen_once(world):
    world.play("nodes: {a: {use: t.key, with: {fails: 2}, key: '${uuid()}', retry: {jitter: none}}}")

    assert len(world.keys) == 3
    assert len(set(world.keys)) == 1


def test_a_chosen_key_that_cannot_be_evaluated_fails_the_step(world):
    assert world.play("nodes: {a: {use: t.key, key: '${1 / 0}'}}").error.kind == "expression"


def test_the_steps_of_a_run_start_in_order(world):
    world.play("nodes: {a: {use: t.ok}, b: {use: t.ok}, c: {use: t.ok}}\nedges: [a -> b -> c]")

    times = [e.at for e in world.kinds(StepStarted)]
    assert all(x <= y for x, y in pairwise(times))
