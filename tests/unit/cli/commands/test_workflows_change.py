"""Going back, switching triggers."""

import json


def publish(automata, folder, word):
    text = (folder / "orders.yaml").read_text().replace("the click", f"{word} click")
    (folder / "new.yaml").write_text(text)
    return json.loads(automata("workflows", "publish", "new.yaml", "--json").out)["published"][0]["version"]


def test_going_back_makes_the_earlier_version_current(automata, database, folder):
    first, second = publish(automata, folder, "one"), publish(automata, folder, "two")

    back = automata("workflows", "rollback", "Orders")
    forth = json.loads(automata("workflows", "rollback", "Orders", second[:8], "--json").out)

    assert f"is back at version {first[:8]} (was {second[:8]})" in back.out
    assert (forth["version"], forth["before"], forth["changed"]) == (second, first, True)
    assert "at that version already" in automata("workflows", "rollback", "Orders", second[:8]).out


def test_before_the_first_version_there_is_none(automata, database, folder):
    publish(automata, folder, "one")

    assert automata("workflows", "rollback", "Orders").code == 4


def test_triggers_are_switched_off_and_on(automata, database, folder):
    publish(automata, folder, "one")

    assert automata("workflows", "disable", "Orders").out == "Triggers of Orders are off\n"
    assert "triggers off" in automata("workflows", "show", "Orders").out
    assert json.loads(automata("workflows", "enable", "Orders", "--json").out)["enabled"] is True
