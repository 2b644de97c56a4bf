"""What is kept of an unforeseen error."""

from automata.cli.crash import write_log


def test_the_log_holds_the_traceback(folder):
    assert "ValueError: odd" in write_log(ValueError("odd")).read_text()
