"""Lists of runs."""

import json

import pytest

from automata.model import ErrorInfo, RunStatus


def test_without_runs_the_list_says_what_to_do(automata, database):
    found = automata("runs", "list")

    assert (found.code, found.out) == (0, "No runs yet\n")
    assert "automata workflows publish FILE" in found.err


def test_a_filter_nothing_fits_does_not_say_there_are_none(automata, done):
    found = automata("runs", "list", "--status", "failed")

    assert found.out == "No runs like that\n"
    assert "automata runs list" in found.err


def test_a_line_tells_state_age_length_and_error(automata, failed, done):
    head, first, second = automata("runs", "list").out.splitlines()

    assert head.split() == ["RUN", "WORKFLOW", "STATE", "STARTED", "TOOK", "ABOUT"]
    assert first.split()[:3] == ["c" * 16, "Orders", "succeeded"]
    assert second.split()[:3] == ["f" * 16, "Orders", "failed"]
    assert "declined at charge: The card was declined" in second


def test_what_failed_is_suggested_first(automata, failed, done):
    assert f"automata runs show {'f' * 16} --failed-step" in automata("runs", "list").err


def test_a_called_run_names_its_caller(automata, told):
    told("b" * 32, parent=f"{'a' * 32}#child")

    assert f"called by {'a' * 16} at child" in automata("runs", "list").out


@pytest.mark.parametrize(
    ("flags", "count"),
    [
        ([], 3),
        (["--status", "failed"], 1),
        (["--status", "failed", "--status", "parked"], 2),
        (["--workflow", "Orders"], 3),
        (["--workflow", "Other"], 0),
        (["--since", "1h"], 3),
        (["--since", "2020-01-01"], 3),
        (["--since", "2999-01-01T00:00Z"], 0),
        (["--limit", "2"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_runs_are_chosen_by_flags(automata, failed, parked, done, flags, count):
    assert len(json.loads(automata("runs", "list", "--json", *flags).out)["runs"]) == count


def test_pages_follow_each_other(automata, told):
    for letter in "abc":
        told(letter * 32)
    first = json.loads(automata("runs", "list", "--limit", "2", "--json").out)

    second = json.loads(automata("runs", "list", "--limit", "2", "--cursor", first["next"], "--json").out)

    assert [run["run"][0] for run in (*first["runs"], *second["runs"])] == ["c", "b", "a"]
    assert second["next"] is None
    assert first["next"] in automata("runs", "list", "--limit", "2").err


def test_the_next_page_is_one_of_the_same_list(automata, told):
    for letter in "abc":
        told(letter * 32)

    shown = automata("runs", "list", "--limit", "2", "--workflow", "Orders", "--status", "waiting", "--since", "9d").err

    assert "automata runs list --workflow Orders --status waiting --since 9d --limit 2 --cursor" in shown


def test_a_step_is_suggested_only_where_one_is_to_blame(automata, told):
    told("e" * 32, status=RunStatus.PARKED, error=ErrorInfo("restored", "The database was restored"))

    assert "--failed-step" not in automata("runs", "list").err


@pytest.mark.parametrize(
    "flags", [["--cursor", "x"], ["--cursor", "2026-01-01/a"], ["--since", "soon"], ["--status", "x"]]
)
def test_a_flag_that_cannot_be_read_exits_with_2(automata, database, flags):
    assert automata("runs", "list", *flags).code == 2


def test_jsonl_is_a_run_a_line(automata, failed, done):
    lines = automata("runs", "list", "-o", "jsonl").out.splitlines()

    assert [json.loads(line)["status"] for line in lines] == ["succeeded", "failed"]


def test_a_terminal_shows_signs_in_line(terminal, failed, done):
    head, first, second = terminal("runs", "list", "--no-color").out.splitlines()

    assert "✓ succeeded" in first
    assert "✗ failed" in second
    assert head.index("STARTED") == second.index("just now") or "ago" in second


def test_a_terminal_colours_the_state_alone(terminal, failed):
    line = terminal("runs", "list").out.splitlines()[1]

    assert "\x1b[31;1m✗ failed\x1b[0m" in line
    assert line.count("\x1b[") == 2
