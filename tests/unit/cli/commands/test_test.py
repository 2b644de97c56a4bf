"""Tests that live in documents."""

import json

import pytest


def test_cases_pass_and_are_listed(automata):
    done = automata("test")

    assert done.code == 0
    assert "pass  gives one" in done.out


@pytest.mark.parametrize(("find", "put"), [("output: 1}", "output: 2}"), ("path: [a]", "path: []")])
def test_update_writes_what_happened_and_keeps_comments(automata, folder, find, put):
    path = folder / "first.yaml"
    before = path.read_text()
    path.write_text(before.replace(find, put))

    assert automata("test").code == 9
    assert automata("test", "--update").code == 0
    assert path.read_text() == before


@pytest.mark.usefixtures("connectors")
def test_update_leaves_a_case_without_its_mock_alone(automata, folder):
    text = (
        "automata: 1\nname: W\nnodes: {get: {use: http.request, with: {url: 'https://a.example'}}}\n"
        "tests: [{name: t, expect: {status: succeeded}}]\n"
    )
    (folder / "first.yaml").write_text(text)

    done = automata("test", "--update")

    assert (done.code, (folder / "first.yaml").read_text()) == (9, text)
    assert "lacks a mock" in done.err


def test_a_document_with_errors_exits_with_3(automata, folder):
    (folder / "bad.yaml").write_text("automata: 1\nname: B\nnodes: {a: {use: sett}}\n")

    assert automata("test").code == 3
    assert json.loads(automata("test", "bad.yaml", "--json").out)["problems"]


def test_a_case_nobody_has_exits_with_4(automata):
    assert automata("test", "--case", "nope").code == 4
