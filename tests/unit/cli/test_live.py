"""The display at the foot of a terminal."""

import io
import sys

from automata.cli.console import Console
from automata.cli.fan import Fan
from automata.cli.live import Live, live_display


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_pipe_gets_no_display():
    assert live_display(Console()) is None


def test_without_rich_there_is_no_display(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "rich.console", None)

    assert live_display(Console()) is None


def test_steps_come_and_go(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    live = Live()
    for at in range(10):
        live.begin(f"n{at}", 1)
    live.begin("n0", 2)
    live.move(Fan("n1", 10, 0.0, 1.0, done=5))
    live.move(Fan("n9", 10, 0.0, 1.0, done=5))
    live.pause()
    live.resume()
    live.end("n0")
    live.end("n9")
    live.pause()

    shown = screen.getvalue()
    assert "attempt 2" in shown
    assert "5/10" in shown
    assert "n9" not in shown
