"""Rehearsals."""

import json

import pytest

DOCUMENT = """automata: 1
name: Calls
nodes:
  get: {use: http.request, with: {url: "http://127.0.0.1:9/"}}
  post: {use: http.request, with: {method: POST, url: "https://example.com/"}}
  way: {use: if, with: {condition: true}}
  end: {use: set, with: {a: 1}}
edges: [get -> post -> way, way.true -> end]
"""


@pytest.fixture(autouse=True)
def calls(folder, connectors):
    (folder / "calls.yaml").write_text(DOCUMENT)


def test_it_tells_what_would_have_happened(automata):
    done = automata("dry-run", "calls.yaml")

    assert done.code == 0
    assert "post: " in done.out
    assert "nothing was changed" in done.out
    assert "branch  true" in done.out


def test_it_stops_after_the_step_named(automata):
    result = json.loads(automata("dry-run", "calls.yaml", "--until", "get", "--json").out)

    assert [frame["node"] for frame in result["frames"]] == ["get"]


def test_mocks_take_the_place_of_samples(automata):
    done = automata("dry-run", "calls.yaml", "--mocks", '{"get": {"error": {"class": "broken", "message": "No"}}}')

    assert done.code == 9
    assert "error   broken: No" in done.out


def test_mocks_must_be_an_object(automata):
    assert automata("dry-run", "calls.yaml", "--mocks", "[1]").code == 2


def test_reads_happen_only_when_allowed(automata):
    assert automata("dry-run", "calls.yaml", "--until", "get").code == 0
    assert automata("dry-run", "calls.yaml", "--until", "get", "--allow-reads").code == 9


def test_steps_wait_for_enter_on_a_terminal_only(automata, terminal):
    assert terminal("dry-run", "first.yaml", "--step", stdin="\n").err.count("Enter for the next step") == 1
    assert "--step needs a terminal" in automata("dry-run", "first.yaml", "--step").err
