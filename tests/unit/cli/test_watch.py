"""Standing beside a run: questions, signals, limits, Ctrl-C."""

import json
import os
import signal
import threading
import time

import pytest

ASKS = """automata: 1
name: Asks
nodes:
  ask: {use: approval, with: {message: Really}LIMIT}
  done: {use: set, with: {a: "${ask.comment}"}}
edges: [ask.approved -> done]
output: "${done.?a.orValue('no')}"
"""


@pytest.fixture
def asks(folder):
    (folder / "asks.yaml").write_text(ASKS.replace("LIMIT", ""))
    (folder / "slow.yaml").write_text("automata: 1\nname: Slow\nnodes: {nap: {use: wait, with: {for: 1h}}}\n")
    return folder


@pytest.mark.parametrize(("typed", "output"), [("y\nfine\n", '"fine"'), ("n\n\n", '"no"'), ("\n\n", '"no"')])
def test_a_person_at_a_terminal_is_asked(asks, terminal, typed, output):
    done = terminal("run", "asks.yaml", stdin=typed)

    assert done.code == 0
    assert "Really - approve? [y/N]" in done.err
    assert output in done.out


@pytest.mark.parametrize(("answer", "output"), [("yes", None), ("no", "no")])
def test_the_command_line_may_answer(asks, automata, answer, output):
    done = automata("run", "asks.yaml", "--json", "--approve", f"ask={answer}")

    assert json.loads(done.out)["output"] == output


def test_no_input_cancels_what_nobody_answers(asks, terminal):
    done = terminal("run", "asks.yaml", "--no-input", stdin="y\n\n")

    assert done.code == 10
    assert "--approve ask=yes" in done.err


def test_a_deadline_is_waited_for(asks, automata):
    (asks / "asks.yaml").write_text(ASKS.replace("LIMIT", ", timeout: 50ms"))

    assert "Waiting up to" in automata("run", "asks.yaml").err


def test_a_signal_of_the_command_line_arrives(asks, automata):
    (asks / "sig.yaml").write_text(
        'automata: 1\nname: Sig\nnodes: {pay: {use: signal, with: {name: paid}}}\noutput: "${pay}"\n'
    )

    done = automata("run", "sig.yaml", "--json", "--signal", 'paid={"a": 1}')

    assert json.loads(done.out)["output"] == {"a": 1}


def test_the_time_limit_exits_with_8(asks, automata):
    assert automata("run", "slow.yaml", "--timeout", "50ms").code == 8


def test_ctrl_c_cancels_in_order_and_exits_with_10(asks, automata):
    before = signal.getsignal(signal.SIGINT)

    def press():
        while signal.getsignal(signal.SIGINT) is before:
            time.sleep(0.01)
        time.sleep(0.1)  # asyncio.run sets a handler of its own before the run's
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    done = automata("run", "slow.yaml", "--timeout", "20s")

    assert (done.code, "press Ctrl-C again" in done.err) == (10, True)


@pytest.mark.parametrize(
    "arguments",
    [["--approve", "ask=maybe"], ["--approve", "ask"], ["--timeout", "soon"], ["--signal", "x"], ["--signal", "x={"]],
)
def test_a_wrong_answer_is_refused_with_2(asks, automata, arguments):
    assert automata("run", "asks.yaml", *arguments).code == 2
