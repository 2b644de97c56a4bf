"""What people see of a run while it goes on and at its end."""

import re

import pytest

from automata.cli.console import Console
from automata.cli.progress import Progress, brief, duration, error_lines
from automata.model import BodyFinished, ErrorInfo, StepStarted

FAN = """automata: 1
name: Fan
nodes:
  each:
    use: foreach
    with: {items: "${range(60)}", as: n}
    body: {nodes: {got: {use: set, with: {n: "${n}"}}}}
"""


@pytest.mark.parametrize(
    ("ended", "text"),
    [("2026-01-01T00:00:00.250Z", "250 ms"), ("2026-01-01T00:00:03Z", "3.0 s"), ("2026-01-01T00:05:00Z", "5 min")],
)
def test_a_duration_has_the_unit_that_fits(ended, text):
    assert duration("2026-01-01T00:00:00Z", ended) == text
    assert duration("", ended) == duration("2026-01-01T00:00:00Z", None) == ""


def test_a_log_hears_of_a_long_foreach(capsys):
    clock = [0.0]
    progress = Progress(Console(), lambda _: True, lambda: clock[0])
    progress(StepStarted("each", 1, {"items": [1, 2]}))
    clock[0] = 5.0
    progress(BodyFinished("each[0]", None))
    progress.pause()
    progress.resume()

    assert capsys.readouterr().err == "  each  1/2, 0.2/s, 5 s left\n"


def test_nested_steps_are_told_with_v_only(folder, automata):
    (folder / "fan.yaml").write_text(FAN)

    calm, verbose = automata("run", "fan.yaml"), automata("run", "fan.yaml", "-v")

    assert "got" not in calm.err
    assert verbose.err.count("/got") == 60
    assert "and 60 nested steps" in calm.out


def test_a_terminal_sees_steps_of_the_top_level(folder, terminal):
    (folder / "fan.yaml").write_text(FAN)

    done = terminal("run", "fan.yaml")

    assert re.search(r"✓\S* *\S*each", done.err)
    assert "got" not in done.err


def test_retries_and_failures_are_told(folder, automata):
    (folder / "try.yaml").write_text(
        "automata: 1\nname: Try\nnodes:\n  boom: {use: fail, with: {class: transient, message: It broke},"
        " retry: {attempts: 2, initial: 1ms}}\n  next: {use: set, with: {a: 1}}\nedges: [boom -> next]\n"
    )

    done = automata("run", "try.yaml", "-v")

    assert done.code in {3, 9}
    assert "It broke" in done.err + done.out or done.code == 3


def test_an_error_has_its_details():
    lines = list(error_lines(ErrorInfo("broken", "It broke", node="a", attempt=2, details={"k": 1}), Console()))

    assert lines == ["broken at a (attempt 2): It broke", '  details {"k": 1}']
    assert brief("x" * 300).endswith("…")
