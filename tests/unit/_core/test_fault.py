"""Fault points: silent in production, exact under test, and present in the source as they are listed."""

import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from automata._core import fault

SOURCE = Path(fault.__file__).parents[1]
CALL = re.compile(r'\bpoint\("([a-z_.]+)"\)')
NOT_YET: dict[str, str] = {}
"""Points whose feature does not exist, and why; the table can only become shorter."""


@pytest.fixture(autouse=True)
def _clean():
    yield
    fault.remove()


def used():
    texts = [path.read_text() for path in SOURCE.rglob("*.py") if path.name != "fault.py"]
    return {name for text in texts for name in CALL.findall(text)}


def test_no_point_is_called_that_is_not_listed():
    assert used() - set(fault.POINTS) == set()


def test_there_are_29_points_of_different_names():
    assert len(set(fault.POINTS)) == len(fault.POINTS) == 29


def test_every_listed_point_is_in_the_source_unless_its_feature_is_not():
    assert set(fault.POINTS) - used() == set(NOT_YET)


def test_a_point_does_nothing_where_no_faults_are_installed():
    fault.point("effect.before")


def test_an_error_comes_at_its_hit_and_only_there():
    installed = fault.install("error:join:2")
    fault.point("join")
    fault.point("effect.before")
    with pytest.raises(OSError, match="Injected at join"):
        fault.point("join")
    fault.point("join")
    assert installed.hits == {"join": 3, "effect.before": 1}


def test_forever_means_every_hit_from_that_one_on():
    fault.install("error:join:2:forever")
    fault.point("join")
    for _ in range(3):
        with pytest.raises(OSError, match="join"):
            fault.point("join")


def test_any_counts_hits_of_all_points_but_not_statements():
    fault.install("error:*:3")
    for name in ("join", "sql", "sql", "sql", "effect.before"):
        fault.point(name)
    with pytest.raises(OSError, match=re.escape("effect.after")):
        fault.point("effect.after")


def test_statements_are_not_counted_as_a_point_of_any_name():
    fault.install("error:*:1")
    fault.point("sql")


@pytest.mark.parametrize("text", ["kill", "kill:join", "kill:join:0", "kill:nowhere:1", "maim:join:1", "kill:join:1:x"])
def test_an_instruction_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="is no instruction"):
        fault.install(text)


def test_every_hit_is_in_the_log_at_once(tmp_path):
    log = tmp_path / "log"
    fault.install(f"log:{log}")
    fault.point("join")
    assert log.read_text() == "join\n"
    fault.point("timer.arm")
    assert log.read_text() == "join\ntimer.arm\n"


def test_statements_and_commits_are_hits_of_sql():
    installed = fault.install("error:sql:99")
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(sa.text("select 1"))
        connection.execute(sa.text("select 2"))
    engine.dispose()
    assert installed.hits["sql"] == 3


def test_statements_of_a_driver_are_hits_of_sql_while_faults_are_installed():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    assert fault.watched(connection) is connection
    installed = fault.install("error:sql:99")
    watched = fault.watched(connection)
    watched.execute("create table t (a)")
    watched.executemany("insert into t values (?)", [])
    assert watched.in_transaction is False
    assert installed.hits["sql"] == 2
    connection.close()


def test_an_error_of_a_statement_is_one_of_the_driver():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    fault.install("error:sql:2")
    watched = fault.watched(connection)
    watched.execute("select 1")
    with pytest.raises(sqlite3.OperationalError, match="Injected at sql"):
        watched.execute("select 2")
    connection.close()


def test_the_environment_installs_faults_at_import_and_kill_kills(tmp_path):
    log = tmp_path / "log"
    program = "from automata._core import fault\nfor _ in range(5): fault.point('join')"
    environ = {"AUTOMATA_FAULTS": f"kill:join:3,log:{log}", "PYTHONPATH": ":".join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", program], env=environ, check=False)
    assert (ended.returncode, log.read_text()) == (-signal.SIGKILL, "join\n" * 3)
