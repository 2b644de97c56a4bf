"""Which database a command works on, and that no password is shown."""

from __future__ import annotations

import pytest

from automata._core.settings import load_settings
from automata.cli.database import database_url, default_file, is_there, shown
from automata.cli.failure import Failure


def url(option=None, environ=None):
    return database_url(load_settings(environ=environ or {}), option)


def test_the_option_wins_over_the_setting(folder):
    environ = {"AUTOMATA_DATABASE": "sqlite:///a.db"}

    assert url(None, environ) == "sqlite:///a.db"
    assert url("sqlite:///b.db", environ) == "sqlite:///b.db"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u@h/n", "postgresql+psycopg://u@h/n"),
        ("postgresql://u:p@h/n?sslmode=require", "postgresql+psycopg://u:p@h/n?sslmode=require"),
        ("postgresql+psycopg://h/n", "postgresql+psycopg://h/n"),
        ("sqlite://", "sqlite://"),
        ("SQLITE:///x.db", "sqlite:///x.db"),
    ],
)
def test_common_spellings_of_a_url_are_taken(folder, given, used):
    assert url(given) == used


@pytest.mark.parametrize(
    ("option", "there"),
    [("x.db", True), ("y.db", False), ("sqlite:///x.db", True), ("postgresql://h/n", True), (None, False)],
)
def test_looking_whether_there_is_one_makes_none(folder, monkeypatch, option, there):
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    (folder / "x.db").touch()

    assert is_there(load_settings(environ={}), option) is there
    assert sorted(file.name for file in folder.glob("*")) == ["first.yaml", "x.db"]


def test_a_path_is_a_sqlite_file(folder):
    assert url("data/x.db") == f"sqlite:///{folder}/data/x.db"


def test_a_folder_is_no_database(folder):
    with pytest.raises(Failure, match="is a folder"):
        url(str(folder))


def test_another_kind_of_database_is_refused_without_its_password(folder):
    with pytest.raises(Failure, match="'mysql' are not supported") as caught:
        url("mysql://me:hush@host/name")

    assert "hush" not in str(vars(caught.value))


def test_a_project_has_its_own_database_out_of_version_control(folder):
    (folder / "automata.toml").write_text("")

    assert url() == f"sqlite:///{folder}/.automata/automata.db"
    assert (folder / ".automata" / ".gitignore").read_text() == "*\n"


def test_without_a_project_it_is_the_users(folder, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))

    assert default_file() == folder / "data" / "automata" / "automata.db"
    assert not (folder / "data").exists()
    assert url() == f"sqlite:///{folder}/data/automata/automata.db"
    assert (folder / "data" / "automata").is_dir()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("postgresql://me:hush@host/name", "postgresql://me:***@host/name"),
        ("postgresql://me:hu@sh:x@host/name", "postgresql://me:***@host/name"),
        ("postgresql://:hush@host/name", "postgresql://:***@host/name"),
        ("postgresql://host/name?user=me&password=hush", "postgresql://host/name?user=me&password=***"),
        ("postgresql://host/name?sslpassword=hush&a=b", "postgresql://host/name?sslpassword=***&a=b"),
        ("postgresql://me@host:5432/name", "postgresql://me@host:5432/name"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_a_password_is_never_shown(given, told):
    assert shown(given) == told


def test_the_setting_is_a_secret():
    assert load_settings(environ={"AUTOMATA_DATABASE": "x"}).by_name["AUTOMATA_DATABASE"].shown == "***"
