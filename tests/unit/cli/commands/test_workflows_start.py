"""Starting runs, detached or watched."""

import json

import pytest

HOOK = """automata: 1
name: Hook
nodes:
  by_hand: {use: manual}
  a: {use: set}
edges: [by_hand -> a]
"""


@pytest.fixture
def orders(automata, database):
    automata("workflows", "publish", "orders.yaml")


def test_a_run_is_accepted_and_left_to_the_workers(automata, orders):
    found = automata("workflows", "start", "Orders", "--input", "total:=3", "--priority", "2")

    assert found.code == 0
    assert "was accepted (queued)" in found.out
    assert "automata runs tail" in found.err
    assert json.loads(automata("runs", "list", "--json").out)["runs"][0]["priority"] == 2


def test_the_same_key_gives_the_same_run(automata, orders):
    line = ["workflows", "start", "Orders", "--key", "k", "--json"]
    first = json.loads(automata(*line, "--input", "total:=3").out)["run"]

    assert json.loads(automata(*line, "--input", "total:=3").out)["run"] == first
    assert automata(*line, "--input", "total:=4").code == 6


def test_an_input_that_does_not_fit_exits_with_3(automata, orders):
    found = automata("workflows", "start", "Orders", "--input", "total=three")

    assert found.code == 3
    assert "The input does not fit its schema: /total" in found.err


def test_a_time_limit_exits_with_8_and_shows_where_the_run_stands(automata, orders):
    found = automata("workflows", "start", "Orders", "--input", "total:=3", "--wait", "--timeout", "1ms")

    assert found.code == 8
    assert "queued" in found.out
    assert "automata worker" in found.err


def test_only_a_trigger_can_be_named(automata, database, folder):
    (folder / "hook.yaml").write_text(HOOK)
    assert automata("workflows", "publish", "hook.yaml").code == 0

    refused = automata("workflows", "start", "Hook", "--trigger", "a")

    assert refused.code == 4
    assert "its triggers are 'by_hand'" in refused.err
    assert automata("workflows", "start", "Hook", "--trigger", "by_hand").code == 0


def test_a_document_without_triggers_has_none_to_name(automata, orders):
    assert "because: it has none" in automata("workflows", "start", "Orders", "--trigger", "ask").err
