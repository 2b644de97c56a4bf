"""Where logs go."""

import pytest

from automata.cli.places import log_directory


def test_logs_stand_below_the_state_folder(folder):
    assert log_directory() == folder / ".state" / "automata" / "logs"


def test_logs_go_elsewhere_when_that_cannot_be_made(folder):
    (folder / ".state").write_text("a file")

    assert log_directory().is_dir()


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("linux", ".local/state/automata/logs"),
        ("darwin", "Library/Logs/automata/logs"),
        ("win32", "local/automata/logs"),
    ],
)
def test_each_platform_has_its_own_place(folder, monkeypatch, platform, place):
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("LOCALAPPDATA", str(folder / "local"))
    monkeypatch.setattr("automata.cli.places.sys.platform", platform)

    assert log_directory() == folder / place
