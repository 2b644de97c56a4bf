"""Recorded runs decided again, cut, and forked."""

from datetime import timedelta

import pytest
from attrs import evolve

from automata._core import controls
from automata._core.catalog import Catalog
from automata._core.codec import load
from automata._core.engine import Engine, Host
from automata._core.expressions import standard_functions
from automata._core.plan import compile_plan
from automata._core.plugins import KERNEL
from automata._core.replay import Left, Place, Record, Replays, fork, prefix, redecide, replay_diff
from automata._core.replay.difference import changes, same
from automata.errors import FixInput, NotFound, StepError
from automata.memory import EPOCH, MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import (
    CancelRequested,
    Effect,
    ErrorInfo,
    NodeType,
    Resolved,
    ResumeRequested,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepLost,
    StepStarted,
    TimerSet,
)

PAY = """automata: 1
name: Pay
nodes:
  price: {use: set, with: {total: "${input.total * 2}", at: "${now()}"}}
  big: {use: if, with: {condition: "${price.total > 100}"}}
  charge: {use: t.pay, with: {amount: "${price.total}"}, key: "order-${input.total}"}
  mail: {use: t.mail, with: {text: "Paid ${charge.paid}"}}
edges: [price -> big, big.true -> charge, charge -> mail]
output: "${price.total}"
"""
TWO = """automata: 1
name: Two
nodes:
  slow: {use: t.mail, with: {text: slow}}
  quick: {use: t.get, with: {text: quick}}
  then: {use: t.mail, with: {text: then}}
edges: [quick -> then]
"""
LATER = EPOCH + timedelta(days=3)


async def _answer(ctx, parameters):
    await ctx.sleep(5 if parameters.get("text") == "slow" else 1)
    if parameters.get("text") == "fails":
        raise StepError("No", error_class="conflict", sent=parameters.get("sent", True))
    return {"paid": parameters.get("amount"), "id": ctx.idempotency_key}


def catalog():
    output = {"type": "object", "properties": {"paid": {"type": "integer"}}}
    made = {"t.pay": Effect.KEYED, "t.mail": Effect.UNSAFE, "t.get": Effect.READ, "t.sum": Effect.PURE}
    own = [evolve(t, plugin=KERNEL) for t in controls.automata_node_types()]
    own += [
        NodeType(name=n, title=n, summary=f"Does {n}", effect=e, run=_answer, output=output) for n, e in made.items()
    ]
    types = {t.name: t for t in own}
    types["t.sum"] = evolve(types["t.sum"], run=_sum)
    return Catalog(
        types=types, functions=standard_functions(), credential_kinds={}, rules=(), guard=lambda _, call: call()
    )


async def _sum(ctx, parameters):
    return sum(parameters["of"])


def plan_of(text):
    workflow = load(text).workflow
    assert workflow is not None
    return compile_plan(workflow, catalog())


def host(store, start=EPOCH, seed=1):
    return Host(
        store=store,
        clock=VirtualClock(start),
        random=SeededRandom(seed),
        http=lambda: None,
        setting=lambda _: None,
        credential=lambda _: {},
        instance_key=b"k",
    )


async def run_in(store, text, value=None, *, act=None, seed=1):
    """Run a document in *store*: its record."""
    plan = plan_of(text)
    async with Engine(host(store, seed=seed), catalog()) as engine:
        run = await engine.start(plan.workflow, value)
        if act is not None:
            await act(engine, run.id)
        final = await engine.wait(run.id)
    return Record(final, plan, tuple(await store.journal(run.id)))


def ran(text, value=None, *, act=None):
    async def main():
        return await run_in(MemoryStore(VirtualClock()), text, value, act=act)

    return run_virtual(main())


def go_on(planned, plan):
    """Have a worker take up a fork: its row and journal."""

    async def main():
        store = MemoryStore(VirtualClock(LATER))
        await store.publish(plan.workflow, plan.version)
        await store.create(planned.run, planned.events)
        async with Engine(host(store, LATER), catalog(), claims=True) as engine:
            final = await engine.wait(planned.run.id)
        return final, await store.journal(final.id)

    return run_virtual(main())


def forked(record, plan=None, **place):
    return fork(record, plan or record.plan, Place(**place), run_id="new", now=LATER)


def at(journal, kind, step):
    return next(i for i, e in enumerate(journal) if isinstance(e, kind) and e.step == step)


# ------------------------------------------------------------------------------------------------ differences of values


def test_values_differ_where_they_differ_and_whole_where_they_differ_everywhere():
    before, after = {"a": [1, {"b": 2}], "c": 3}, {"a": [1, {"b": 5}], "d": 4}

    found = [(c.path, c.before, c.after) for c in changes("output", before, after)]

    assert found == [("a[1].b", 2, 5), ("c", 3, None), ("d", None, 4)]
    many = changes("output", list(range(30)), list(range(1, 31)))
    assert [c.path for c in many] == [""]


def test_true_is_not_one_but_one_is_one_point_zero():
    assert not same(True, 1)
    assert same({"a": 1}, {"a": 1.0})
    assert not same([1], [1, 2])


# ------------------------------------------------------------------------------------------------ deciding again


def test_a_change_shows_with_what_reads_it():
    record = ran(PAY, {"total": 60})

    found = replay_diff(plan_of(PAY.replace("total * 2", "total * 3")), record)

    assert found.differs
    assert [(s.node, s.kind) for s in found.steps] == [("price", "changed"), ("charge", "changed")]
    assert [(c.field, c.path, c.before, c.after) for c in found.steps[1].changes] == [
        ("parameters", "amount", 120, 180)
    ]
    assert [(c.field, c.before, c.after) for c in found.end] == [("output", 120, 180)]


def test_clocks_and_chance_are_no_difference_unless_their_template_is():
    record = ran(PAY, {"total": 60})

    assert not replay_diff(record.plan, record).differs
    other = replay_diff(plan_of(PAY.replace('at: "${now()}"', 'at: "${uuid()}"')), record)
    assert [(s.node, s.changes[0].path) for s in other.steps] == [("price", "at")]


def test_a_branch_not_taken_any_more_is_gone_and_one_taken_anew_says_what_it_would_do():
    small, large = ran(PAY, {"total": 10}), ran(PAY, {"total": 60})
    plan = plan_of(PAY.replace("> 100", "< 100"))

    gone = replay_diff(plan, large)
    new = replay_diff(plan, small)

    assert [(s.node, s.kind) for s in gone.steps] == [("big", "changed"), ("charge", "gone"), ("mail", "gone")]
    assert gone.steps[0].changes[0].after is False
    assert [(s.node, s.kind, s.would) for s in new.steps[1:]] == [
        ("charge", "new", "keyed t.pay: Does t.pay"),
        ("mail", "new", "unsafe t.mail: Does t.mail"),
    ]
    assert new.steps[1].parameters == {"amount": 20}
    assert new.steps[2].guess


def test_another_key_is_a_difference():
    record = ran(PAY, {"total": 60})

    found = replay_diff(plan_of(PAY.replace("order-", "bill-")), record)

    assert [(c.field, c.before, c.after) for s in found.steps for c in s.changes] == [("key", "order-60", "bill-60")]


def test_an_effect_of_another_type_has_no_record():
    record = ran(PAY, {"total": 60})

    found = replay_diff(plan_of(PAY.replace("mail: {use: t.mail", "mail: {use: t.pay")), record)

    assert [(s.node, s.kind, s.would) for s in found.steps] == [("mail", "new", "keyed t.pay: Does t.pay")]


def test_a_pure_action_of_a_plugin_is_computed_with_other_parameters():
    text = "automata: 1\nname: S\nnodes: {s: {use: t.sum, with: {of: [1, 2]}}}\noutput: '${s}'\n"
    record = ran(text)

    found = replay_diff(plan_of(text.replace("[1, 2]", "[1, 5]")), record)

    assert [(c.before, c.after) for c in found.end] == [(3, 6)]
    assert not found.steps[0].guess


def test_a_longer_wait_loses_a_race_it_won():
    text = """automata: 1
name: R
nodes:
  r:
    use: race
    body:
      nodes: {work: {use: t.mail, with: {text: slow}}, late: {use: wait, with: {for: 2s}}}
output: "${r.winner}"
"""
    record = ran(text)
    assert record.run.output == "late"

    again = redecide(plan_of(text.replace("2s", "1h")), record)

    assert again.finished is not None
    assert again.finished.output == "work"
    assert again.guessed == {"r/work"}  # it was stopped, so that nobody knows what it would have given


def test_a_shorter_timeout_fires_before_the_record_goes_on():
    text = """automata: 1
name: T
nodes: {s: {use: signal, with: {name: go}, timeout: 1h}}
"""

    async def send(engine, run):
        await engine.host.clock.sleep_until(EPOCH + timedelta(minutes=10))
        engine.signal(run, "go", 1)

    record = ran(text, act=send)
    assert record.run.status is RunStatus.SUCCEEDED

    found = replay_diff(plan_of(text.replace("1h", "1m")), record)

    assert (found.status, found.would_be) == (RunStatus.SUCCEEDED, RunStatus.FAILED)
    assert not replay_diff(plan_of(text.replace("1h", "2h")), record).differs


def test_what_people_did_is_done_at_the_same_place_again():
    text = """automata: 1
name: A
nodes: {ask: {use: approval, with: {message: Go?}}, go: {use: t.mail, with: {text: x}}}
edges: [ask.approved -> go]
"""

    async def approve(engine, run):
        engine.approve(run, "ask", approved=True, by="ada")

    record = ran(text, act=approve)

    assert not replay_diff(record.plan, record).differs
    found = replay_diff(plan_of(text.replace("Go?", "Really?")), record)
    assert [c.path for c in found.steps[0].changes] == ["message"]


def test_a_new_approval_is_guessed_and_a_signal_nobody_sends_is_waited_for():
    record = ran("automata: 1\nname: N\nnodes: {a: {use: set}}\n")
    approval = "automata: 1\nname: N\nnodes: {a: {use: set}, b: {use: approval, with: {message: x}}}\n"
    listens = "automata: 1\nname: N\nnodes: {s: {use: signal, with: {name: x}}}\n"
    gone = ran(listens.replace("name: x", "name: x, early: ignore"), act=_signal_then_cancel)

    found = replay_diff(plan_of(approval), record)

    assert [(s.node, s.kind, s.guess) for s in found.steps] == [("b", "new", True)]
    assert gone.run.status is RunStatus.CANCELLED
    assert not replay_diff(gone.plan, gone).differs


async def _signal_then_cancel(engine, run):
    engine.signal(run, "other", 1)
    engine.cancel(run)


def test_a_trigger_that_is_gone_fails_the_run():
    text = "automata: 1\nname: G\nnodes: {start: {use: manual}, a: {use: set}}\nedges: [start -> a]\n"
    record = ran(text)
    named = Record(record.run, record.plan, (evolve(record.started, trigger="start"), *record.journal[1:]))

    found = replay_diff(plan_of(text.replace("start", "begin")), named)

    assert found.would_be is RunStatus.FAILED
    assert "no trigger 'start'" in str(found.end[-1].after)


# ------------------------------------------------------------------------------------------------ cutting


def test_a_journal_is_cut_before_after_and_at():
    journal = ran(PAY, {"total": 60}).journal

    before = prefix(journal, before="charge")
    after = prefix(journal, after="charge")

    assert before.at == at(journal, StepStarted, "charge")
    assert before.finished == ("price", "big")
    assert after.at == at(journal, StepFinished, "charge") + 1
    assert prefix(journal, at=1).events == journal[:1]
    assert before.explain().startswith("Kept: 5 events and 2 finished steps")


def test_the_address_of_a_node_stands_for_its_first_iteration():
    journal = ran(
        "automata: 1\nname: E\nnodes: {e: {use: foreach, with: {items: [1, 2]}, body: {nodes: {m: {use: set}}}}}\n"
    ).journal

    assert prefix(journal, before="e/m").at == at(journal, StepStarted, "e[0]/m")
    assert prefix(journal, before="e[1]/m").at == at(journal, StepStarted, "e[1]/m")


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        ({"at": 0}, FixInput, "between 1 and"),
        ({"at": 1000}, FixInput, "between 1 and"),
        ({}, FixInput, "one place"),
        ({"at": 1, "before": "mail"}, FixInput, "one place"),
        ({"before": "mial"}, NotFound, "those that did: price, big"),
        ({"after": "charge"}, NotFound, "was skipped"),
    ],
    ids=["nothing", "too much", "nowhere", "two places", "unknown", "skipped"],
)
def test_a_place_that_makes_no_sense_is_refused(place, error, message):
    journal = ran(PAY, {"total": 10}).journal

    with pytest.raises(error, match=message):
        prefix(journal, **place)


def test_the_end_of_a_run_cannot_be_kept():
    journal = ran(PAY, {"total": 10}).journal

    assert isinstance(journal[-1], RunFinished)
    with pytest.raises(FixInput):
        prefix(journal, at=len(journal))


def test_a_signal_is_kept_with_its_sending_and_its_use():
    journal = ran(
        "automata: 1\nname: S\nnodes: {l: {use: signal, with: {name: go}}, s: {use: send, with: {name: go}}}\n"
    ).journal
    sent = at(journal, StepFinished, "s")

    assert prefix(journal, after="s").at == sent + 3
    assert prefix(journal, at=sent + 2).at == sent + 3
    assert prefix(journal, at=sent).at == sent


# ------------------------------------------------------------------------------------------------ forks


def test_a_fork_takes_over_what_was_finished_and_says_what_happens_again():
    record = ran(PAY, {"total": 60})

    planned = forked(record, before="charge")
    final, journal = go_on(planned, record.plan)

    assert [(r.node, r.effect, r.done, r.key, r.grave) for r in planned.repeats] == [
        ("charge", Effect.KEYED, True, "order-60", False),
        ("mail", Effect.UNSAFE, True, None, True),
    ]
    assert planned.repeats[0].parameters == {"amount": 120}
    assert (planned.run.status, planned.run.epoch, planned.run.owner) == (RunStatus.QUEUED, 0, None)
    assert planned.origin == f"{record.run.id}@5"
    assert final.status is RunStatus.SUCCEEDED
    assert journal[1:5] == list(record.journal[1:5])
    assert planned.misfits == ()


def test_a_fork_has_keys_of_its_own_except_where_the_node_names_one():
    text = PAY.replace(', key: "order-${input.total}"', "")
    own, named = ran(text, {"total": 60}), ran(PAY, {"total": 60})

    again = [go_on(forked(record, before="charge"), record.plan)[1] for record in (own, named)]

    def key(journal):
        return next(e.output["id"] for e in journal if isinstance(e, StepFinished) and e.step == "charge")

    assert key(again[0]) != key(own.journal)
    assert key(again[1]) == key(named.journal)


def test_another_version_goes_on_where_the_kept_part_fits():
    record = ran(PAY, {"total": 60})
    plan = plan_of(PAY.replace("Paid", "Thanks for"))

    planned = forked(record, plan, before="mail")
    final, journal = go_on(planned, plan)

    assert planned.misfits == ()
    assert final.version == plan.version
    assert journal[at(journal, StepStarted, "mail")].input == {"text": "Thanks for 120"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("total * 2", "total * 3", [("price", "It would have other parameters at 'total': 180 instead of 120")]),
        ("price", "cost", [("price", "There is no such step in that version")]),
        ("price.total > 100", "price.total > 1000", [("big", "It would have other parameters at 'condition'")]),
        ("charge -> mail]", "charge -> mail, big.true -> extra]", [("extra", "It would have started before")]),
    ],
    ids=["input", "gone", "branch", "earlier"],
)
def test_a_version_the_kept_part_does_not_fit_is_refused_with_reasons(old, new, expected):
    record = ran(PAY, {"total": 60})
    text = PAY.replace(old, new)
    if "extra" in new:
        text = text.replace("edges:", "  extra: {use: t.mail, with: {text: x}}\nedges:").replace(
            "big.true -> charge, charge -> mail, big.true -> extra",
            "big.true -> extra, big.true -> charge, charge -> mail",
        )

    planned = forked(record, plan_of(text), before="mail")

    assert [m.node for m in planned.misfits][: len(expected)] == [node for node, _ in expected]
    assert planned.misfits[0].message.startswith(expected[0][1])


def test_an_edited_output_takes_the_place_of_what_a_step_gave():
    record = ran(PAY, {"total": 60})

    planned = forked(record, edits={"charge": {"paid": 7}})
    final, journal = go_on(planned, record.plan)

    assert planned.kept.at == at(record.journal, StepFinished, "charge") + 1
    assert [r.node for r in planned.repeats] == ["mail"]
    assert journal[at(journal, StepStarted, "mail")].input == {"text": "Paid 7"}
    assert final.status is RunStatus.SUCCEEDED


def test_a_step_that_failed_can_be_given_an_output():
    text = "automata: 1\nname: F\nnodes: {a: {use: t.mail, with: {text: fails}}, b: {use: set, with: {x: '${a}'}}}\n"
    text += "edges: [a -> b]\noutput: '${b.x}'\n"
    record = ran(text)
    assert record.run.status is RunStatus.FAILED

    final, _ = go_on(forked(record, edits={"a": 5}), record.plan)

    assert (final.status, final.output) == (RunStatus.SUCCEEDED, 5)


def test_an_edit_that_the_kept_part_contradicts_is_refused():
    record = ran(PAY, {"total": 60})

    planned = forked(record, after="mail", edits={"charge": {"paid": 7}})

    assert [(m.node, m.message) for m in planned.misfits] == [
        ("mail", "It would have other parameters at 'text': 'Paid 7' instead of 'Paid 120'")
    ]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"before": "mail", "edits": {"mail": 1}}, "has not ended"),
        ({"after": "charge", "edits": {"price": {"total": 1}}}, "is computed"),
    ],
    ids=["later", "computed"],
)
def test_an_output_that_cannot_be_edited_there_is_refused(place, message):
    with pytest.raises(FixInput, match=message):
        forked(ran(PAY, {"total": 60}), **place)


def test_the_output_of_a_node_with_bodies_cannot_be_edited():
    record = ran(
        "automata: 1\nname: E\nnodes: {e: {use: foreach, with: {items: [1]}, body: {nodes: {m: {use: set}}}}}\n"
    )

    with pytest.raises(FixInput, match="follows from what happened in it"):
        forked(record, edits={"e": []})


def test_another_input_fits_only_where_nothing_kept_has_read_it():
    record = ran(PAY, {"total": 60})

    fresh = forked(record, at=1, input={"total": 100}, new_input=True)

    assert go_on(fresh, record.plan)[0].output == 200
    assert forked(record, before="mail", input={"total": 100}, new_input=True).misfits[0].node == "price"


def test_an_unsafe_effect_in_progress_at_the_cut_is_tried_anew_and_listed():
    record = ran(TWO)
    planned = forked(record, before="then")

    final, journal = go_on(planned, record.plan)

    assert planned.kept.running == ("slow",)
    assert [r.node for r in planned.repeats] == ["slow", "then"]
    assert [type(e) for e in planned.events[-2:]] == [StepLost, Resolved]
    assert final.status is RunStatus.SUCCEEDED
    assert journal[at(journal, StepFinished, "slow")].attempt == 2


def test_an_effect_that_was_refused_before_it_was_sent_is_not_one_to_happen_again():
    text = "automata: 1\nname: F\nnodes: {a: {use: t.mail, with: {text: fails, sent: SENT}}}\n"

    assert forked(ran(text.replace("SENT", "false")), before="a").repeats == ()
    assert [r.done for r in forked(ran(text.replace("SENT", "true")), before="a").repeats] == [False]


def test_timers_get_the_time_they_had_left_unless_they_wait_for_an_instant():
    text = """automata: 1
name: W
nodes:
  w: {use: wait, with: {for: 1h}}
  u: {use: wait, with: {until: "2026-01-02T00:00:00Z"}}
"""
    record = ran(text)
    cut = max(i for i, e in enumerate(record.journal) if isinstance(e, TimerSet)) + 1

    due = {e.timer: e.due for e in forked(record, at=cut).events if isinstance(e, TimerSet)}

    assert due["w#wait"] == (LATER + timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert due["u#wait"].startswith("2026-01-02")


def test_a_fork_of_a_paused_run_goes_on():
    async def pause(engine, run):
        engine.pause(run)
        await engine.host.clock.sleep_until(EPOCH + timedelta(minutes=10))
        engine.resume(run)

    record = ran(TWO, act=pause)
    resumed = next(i for i, e in enumerate(record.journal) if isinstance(e, ResumeRequested))

    planned = forked(record, at=resumed)

    assert isinstance(planned.events[-1], ResumeRequested)
    assert go_on(planned, record.plan)[0].status is RunStatus.SUCCEEDED


def test_what_a_fork_does_not_take_over_is_said():
    text = "automata: 1\nname: S\nnodes: {a: {use: t.get, with: {text: x}}, s: {use: signal, with: {name: go}}}\n"
    text += "edges: [a -> s]\n"

    async def late(engine, run):
        await engine.host.clock.sleep_until(EPOCH + timedelta(minutes=1))
        engine.signal(run, "go", 1)

    record = ran(text, act=late)
    cancelled = (*record.journal[:3], CancelRequested("", ""), *record.journal[3:])

    assert "send them again if they are needed: 'go'" in forked(record, before="s").notes[0]
    stopped = Record(record.run, record.plan, cancelled)
    assert "the new one stops too" in forked(stopped, at=4).notes[1]


def test_repeated_attempts_end_up_in_one_effect():
    record = ran(TWO)
    journal = (
        record.journal[0],
        StepStarted("slow", 1, {"text": "slow"}, ""),
        StepFailed("slow", 1, ErrorInfo("transient", "x", "slow", 1), 0.5),
        StepStarted("slow", 2, {"text": "slow"}, ""),
        StepFinished("slow", 2, 1),
    )

    assert [r.node for r in forked(Record(record.run, record.plan, journal), at=1).repeats] == ["slow"]


# ------------------------------------------------------------------------------------------------ in a store


def test_replays_read_from_a_store_and_fork_there():
    async def main():
        store = MemoryStore(VirtualClock())
        record = await run_in(store, PAY, {"total": 60})
        replays = Replays(store, catalog(), SeededRandom(3))
        planned = await replays.plan_fork(await replays.record(record.run.id[:20]), Place(before="mail"))
        made = await replays.make(planned)
        runs = await replays.last("Pay", 10)
        found = [each async for each in replays.compare(await replays.plan("Pay"), runs)]
        return record, made, runs, found, await store.journal(made.id)

    record, made, runs, found, journal = run_virtual(main())

    assert made.status is RunStatus.QUEUED
    assert isinstance(journal[0], RunStarted)
    assert journal[0].origin == f"{record.run.id}@7"
    assert [run.id for run in runs] == [record.run.id]
    assert [each.differs for each in found] == [False]


def test_runs_are_read_page_by_page_and_by_how_they_ended():
    async def main():
        store = MemoryStore(VirtualClock())
        for total in range(5):
            await run_in(store, PAY, {"total": total}, seed=total)
        replays = Replays(store, catalog(), SeededRandom(3))
        everything = await replays.last("Pay", 3)
        return everything, await replays.last("Pay", 10), await replays.last("Pay", 9, [RunStatus.FAILED])

    some, everything, failed = run_virtual(main())

    assert (len(some), len(everything), failed) == (3, 5, ())


def test_a_run_whose_version_or_node_types_are_gone_is_left_out_with_a_reason():
    async def main():
        store = MemoryStore(VirtualClock())
        record = await run_in(store, PAY, {"total": 60})
        bare = evolve(catalog(), types={k: v for k, v in catalog().types.items() if k != "t.pay"})
        replays = Replays(store, bare, SeededRandom(3))
        return [each async for each in replays.compare(record.plan, [record.run])]

    (left,) = run_virtual(main())

    assert isinstance(left, Left)
    assert "'t.pay'" in left.reason


def test_a_fork_that_does_not_fit_is_not_made():
    async def main():
        store = MemoryStore(VirtualClock())
        record = await run_in(store, PAY, {"total": 60})
        replays = Replays(store, catalog(), SeededRandom(3))
        planned = await replays.plan_fork(
            await replays.record(record.run), Place(before="mail", input=1, new_input=True)
        )
        await replays.make(planned)

    with pytest.raises(FixInput, match="does not fit"):
        run_virtual(main())


def test_the_effects_of_called_runs_happen_again_too():
    child = "automata: 1\nname: Child\nnodes: {m: {use: t.mail, with: {text: hi}}}\n"
    text = (
        "automata: 1\nname: Parent\nnodes: {a: {use: set}, c: {use: call, with: {workflow: Child}}}\nedges: [a -> c]\n"
    )

    async def main():
        store = MemoryStore(VirtualClock())
        inner = plan_of(child)
        await store.publish(inner.workflow, inner.version)
        record = await run_in(store, text)
        replays = Replays(store, catalog(), SeededRandom(3))
        planned = [
            await replays.plan_fork(record, Place(before="c")),
            await replays.plan_fork(record, Place(after="c")),
        ]
        return record, planned

    record, (again, kept) = run_virtual(main())

    assert [(r.node, r.effect) for r in again.repeats] == [("c > m", Effect.UNSAFE)]
    assert kept.repeats == ()
    assert not replay_diff(record.plan, record).differs
