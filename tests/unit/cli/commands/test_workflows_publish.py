"""Documents become versions."""

import json

import pytest


@pytest.fixture
def orders(database, folder):
    return folder / "orders.yaml"


def test_publishing_says_what_was_current_before(automata, orders):
    assert "new) published from orders.yaml" in automata("workflows", "publish", "orders.yaml").out
    assert "unchanged) published" in automata("workflows", "publish", "orders.yaml").out
    orders.write_text(orders.read_text().replace("the click", "a click"))

    found = json.loads(automata("workflows", "publish", "orders.yaml", "--json").out)["published"]

    assert [(each["file"], each["changed"], each["current"]) for each in found] == [("orders.yaml", True, True)]
    assert found[0]["before"] != found[0]["version"]


def test_a_folder_stands_for_its_documents(automata, orders):
    found = json.loads(automata("workflows", "publish", ".", "--json").out)["published"]

    assert [each["workflow"] for each in found] == ["First", "Orders"]


def test_with_one_error_nothing_is_published(automata, orders, folder):
    (folder / "bad.yaml").write_text("automata: 1\nname: Bad\nnodes: {a: {use: nothing}}\n")

    found = automata("workflows", "publish", "orders.yaml", "bad.yaml")

    assert found.code == 3
    assert "nothing" in found.err
    assert automata("workflows", "list").out == "Nothing is published yet\n"


def test_two_documents_of_one_name_exit_with_6(automata, orders, folder):
    (folder / "copy.yaml").write_text(orders.read_text())

    assert automata("workflows", "publish", "orders.yaml", "copy.yaml").code == 6


def test_no_document_exits_with_4(automata, orders, folder):
    (folder / "empty").mkdir()

    assert automata("workflows", "publish", "empty").code == 4
    assert automata("workflows", "publish", "gone.yaml").code == 4
