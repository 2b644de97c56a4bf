"""`send`, signals that come early or never count, and items that come while a foreach runs."""

import pytest

from automata.model import ItemAdded, RunStatus, SignalReceived, StepFinished

SEND = """
nodes:
  hear: {use: signal, with: {name: go, match: "${signal.n > 1}"}}
  low: {use: send, with: {name: go, payload: {n: 1}}}
  high: {use: send, with: {name: go, payload: {n: 2}}}
edges: [low -> high]
output: "${hear.n}"
"""
EARLY = """
nodes:
  ready: {use: wait, with: {for: 10s}}
  hear: {use: signal, with: {name: go, early: EARLY}}
  rest: {use: wait, with: {for: 30s}}
edges: [ready -> hear -> rest]
output: "${hear}"
"""
GROWS = """
nodes:
  each:
    use: foreach
    with: {items: "${input}", concurrency: 9, more: found}
    body:
      nodes: {work: {use: wait, with: {for: "${item}"}}}
      output: "${item}"
output: "${each}"
"""
ENOUGH = """
nodes:
  each:
    use: foreach
    with: {items: [1s, 2s, 3s], concurrency: 9, until: UNTIL}
    body:
      nodes: {work: {use: wait, with: {for: "${item}"}}}
      output: "${item}"
output: "${each}"
"""
LOCK = """
nodes:
  a: {use: scope, with: {lock: one}, body: {nodes: {w: {use: t.slow}}}}
  b: {use: scope, with: {lock: one}, body: {nodes: {w: {use: t.slow}}}}
  c: {use: scope, with: {lock: LOCK}, body: {nodes: {w: {use: t.slow}}}}
"""


async def at_second(engine, second):
    await engine.host.clock.sleep_until(engine.host.clock.now().replace(second=second))


def test_a_run_hears_what_it_sends_and_takes_what_matches(world):
    assert world.play(SEND).output == 2


def test_a_sent_signal_is_in_the_journal_once_and_its_taker_names_it(world):
    world.play(SEND)

    sent = [e.id for e in world.kinds(SignalReceived)]
    assert sent == ["low@1", "high@1"]
    assert [e.signal for e in world.kinds(StepFinished) if e.signal] == ["high@1"]


@pytest.mark.parametrize(("early", "heard"), [("keep", "first"), ("ignore", "second")])
def test_an_early_signal_is_kept_or_lost(world, early, heard):
    async def script(engine, run):
        await at_second(engine, 1)
        engine.signal(run, "go", "first")
        await at_second(engine, 20)
        engine.signal(run, "go", "second")

    assert world.play(EARLY.replace("EARLY", early), script=script).output == heard


def test_signals_bring_items_to_a_running_foreach_early_ones_first(world):
    async def script(engine, run):
        await at_second(engine, 1)
        engine.signal(run, "found", "1s")
        await at_second(engine, 5)
        engine.signal(run, "found", "9s")
        engine.signal(run, "other", "9s")

    text = GROWS.replace("nodes:", "nodes:\n  before: {use: wait, with: {for: 2s}}", 1) + "edges: [before -> each]\n"

    assert world.play(text, ["5s"], script).output == ["5s", "1s", "9s"]
    assert [e.item for e in world.kinds(ItemAdded)] == ["1s", "9s"]
    assert world.took == 14


def test_a_signal_after_the_last_body_brings_nothing(world, after):
    late = after(30, lambda engine, run: engine.signal(run, "found", "9s"))
    text = GROWS.replace("nodes:\n  each", "nodes:\n  stay: {use: wait, with: {for: 1m}}\n  each", 1)

    assert world.play(text, ["5s"], late).output == ["5s"]
    assert world.kinds(ItemAdded) == []


def test_until_ends_a_foreach_before_its_slowest(world):
    text = ENOUGH.replace("UNTIL", '"${results.size() >= 2}"')

    assert world.play(text).output == ["1s", "2s", None]
    assert world.took == 2


def test_an_until_that_fails_fails_the_foreach(world):
    text = ENOUGH.replace("UNTIL", '"${results[7] == 1}"')

    assert world.play(text).status is RunStatus.FAILED
    assert world.run.error.kind == "expression"


@pytest.mark.parametrize(("lock", "most"), [("one", 1), ("other", 2)])
def test_a_lock_lets_one_scope_act_at_a_time(world, lock, most):
    world.play(LOCK.replace("LOCK", lock))

    assert world.most == most
