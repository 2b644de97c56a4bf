"""Where logs go."""

from automata.cli.places import log_directory


def test_logs_stand_below_the_state_folder(folder):
    assert log_directory() == folder / ".state" / "automata" / "logs"


def test_logs_go_elsewhere_when_that_cannot_be_made(folder):
    (folder / ".state").write_text("a file")

    assert log_directory().is_dir()
