"""Messages that were not sent, as the command line shows them, and what a person decides about dead ones."""

import json

import pytest

from automata.model import Dispatch, ErrorInfo
from automata.testing.laws import WORKER, begin, step, turn

DEAD, WAITING = "AAAA" * 13, "BBBB" * 13


@pytest.fixture
def messages(stored):
    """A message that was given up, and one that waits for an hour; gives a function that lists what is there."""

    async def work(store):
        await begin(store, "r")
        made = [Dispatch(id=id_, run="r", step="p", body={"use": "mail.send"}) for id_ in (DEAD, WAITING)]
        await store.append(turn("r", 1, *step(1), dispatches=made))
        await store.outbox.take(WORKER, 2)
        await store.outbox.give_up(WORKER, DEAD, ErrorInfo("auth_expired", "Who are you?", "p", 1))
        await store.outbox.postpone(WORKER, WAITING, 3600, ErrorInfo("transient", "Not yet", "p", 1))

    stored(work)
    return lambda: {one.id: one.dead for one in stored(lambda store: store.outbox.waiting())}


def test_messages_are_listed_with_why_they_were_not_sent(automata, messages):
    lines = automata("outbox", "list").out.splitlines()

    assert lines[1].split()[:5] == [DEAD[:16], "r", "p", "mail.send", "dead"]
    assert "Who are you?" in lines[1]
    assert lines[2].split()[0] == WAITING[:16]
    assert "Not yet" in lines[2]


def test_programs_get_dead_messages_alone_when_they_ask(automata, messages):
    [found] = json.loads(automata("outbox", "list", "--dead", "--json").out)["messages"]

    assert (found["message"], found["run"], found["use"], found["attempts"]) == (DEAD, "r", "mail.send", 1)
    assert (found["dead"], found["due"], found["error"]["class"]) == (True, None, "auth_expired")


def test_a_dead_message_is_sent_after_all_or_forgotten(automata, messages):
    assert automata("outbox", "retry", DEAD[:8]).out.startswith(f"Message {DEAD[:16]} of run r is due again")
    assert messages() == {DEAD: False, WAITING: False}

    assert automata("outbox", "retry", DEAD).code == 4


def test_a_dead_message_is_forgotten(automata, messages):
    assert json.loads(automata("outbox", "discard", "aaaa", "--json").out)["message"] == DEAD
    assert messages() == {WAITING: False}


def test_a_message_that_is_not_dead_is_not_found(automata, messages):
    found = automata("outbox", "discard", WAITING)

    assert found.code == 4
    assert "automata outbox list --dead" in found.err


def test_where_nothing_waits_the_list_says_so(automata, database):
    assert automata("outbox", "list").out == "No message waits\n"
