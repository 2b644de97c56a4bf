"""Settings: who wins, what is refused, and that all faults are told at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from automata._core.settings import KERNEL_SETTINGS, cache_folder, load_settings
from automata.errors import InvalidSetting, KernelBug
from automata.model import Setting

SUPPLIED = (
    Setting(name="AUTOMATA_X_COUNT", summary="A number", default="1", kind="integer"),
    Setting(name="AUTOMATA_X_ROOT", summary="A folder", kind="path"),
    Setting(name="AUTOMATA_X_KEY", summary="A secret", secret=True, kind="integer"),
)


def load(environ=None, **options):
    return load_settings(SUPPLIED, environ=environ or {}, **options)


@pytest.fixture
def project(tmp_path):
    def write(text):
        (tmp_path / "automata.toml").write_text(text)
        return tmp_path

    return write


def test_flag_beats_environment_beats_project_beats_default(project):
    folder = project("[settings]\nx_count = 2\n")
    environ, flags = {"AUTOMATA_X_COUNT": "3"}, {"AUTOMATA_X_COUNT": "4"}

    steps = [
        load().by_name["AUTOMATA_X_COUNT"],
        load(folder=folder).by_name["AUTOMATA_X_COUNT"],
        load(environ, folder=folder).by_name["AUTOMATA_X_COUNT"],
        load(environ, folder=folder, flags=flags).by_name["AUTOMATA_X_COUNT"],
    ]

    assert [(value.text, value.origin) for value in steps] == [
        ("1", "default"),
        ("2", "project"),
        ("3", "environment"),
        ("4", "flag"),
    ]


def test_every_wrong_value_is_told_at_once_and_no_secret_is_shown():
    environ = {"AUTOMATA_X_COUNT": "many", "AUTOMATA_SAFE_MODE": "perhaps", "AUTOMATA_X_KEY": "hush"}

    with pytest.raises(InvalidSetting) as caught:
        load(environ | {"AUTOMATA_PLUGIN_TIMEOUT": "soon"})

    text = caught.value.message
    assert all(name in text for name in environ)
    assert "AUTOMATA_PLUGIN_TIMEOUT is not a duration" in text
    assert "hush" not in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[settings]\nx_cuont = 1", "sets 'x_cuont', which is no setting"),
        ("[settings]\nx_count = 1.5", "sets 'x_count' to something"),
        ("[settings]\nX_COUNT = 1", "sets 'X_COUNT' to something"),
        ("settings = 3", "'settings' is not a table"),
        ("[settings", "cannot be read"),
    ],
)
def test_a_wrong_project_file_is_refused(project, text, reason):
    with pytest.raises(InvalidSetting, match=reason):
        load(folder=project(text))


def test_values_are_read_by_type(project):
    folder = project('[settings]\nx_root = "data"\nsafe_mode = true\ndisabled_plugins = ["a", "b"]\n')

    known = load(folder=folder)

    assert known.path("AUTOMATA_X_ROOT") == folder / "data"
    assert known.flag("AUTOMATA_SAFE_MODE")
    assert known.names("AUTOMATA_DISABLED_PLUGINS") == ("a", "b")
    assert known.duration("AUTOMATA_PLUGIN_TIMEOUT") == timedelta(seconds=10)
    assert known.integer("AUTOMATA_X_COUNT") == 1
    assert known.integer("AUTOMATA_X_KEY") is None
    assert known.path("AUTOMATA_CACHE_DIR") is None


def test_a_path_from_the_environment_counts_from_the_working_folder():
    assert load({"AUTOMATA_X_ROOT": "data"}).path("AUTOMATA_X_ROOT") == Path("data")


def test_a_variable_nobody_supplies_is_noted_and_no_fault():
    assert load({"AUTOMATA_X_CUONT": "1", "HOME": "/"}).unknown == ("AUTOMATA_X_CUONT",)
    assert load({"AUTOMATA_X_CUONT": "1"}, partial=True).unknown == ()


def test_asking_for_what_nobody_supplies_is_a_bug():
    with pytest.raises(KernelBug, match="AUTOMATA_NOTHING"):
        load().text("AUTOMATA_NOTHING")


def test_a_secret_is_shown_as_stars():
    assert load({"AUTOMATA_X_KEY": "42"}).by_name["AUTOMATA_X_KEY"].shown == "***"


def test_a_setting_with_another_prefix_is_refused():
    with pytest.raises(InvalidSetting, match="'PATH' is not named"):
        load_settings([Setting(name="PATH", summary="No")], environ={})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"AUTOMATA_CACHE_DIR": "/c", "HOME": "/h"}, Path("/c")),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, Path("/x/automata")),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, Path("/h/.cache/automata")),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_the_cache_goes_where_the_platform_says_or_nowhere(environ, expected):
    assert cache_folder(load(environ), environ) == expected


def test_the_defaults_of_the_kernel_are_sound():
    assert {value.setting.name for value in load_settings(environ={}).values()} == {own.name for own in KERNEL_SETTINGS}
