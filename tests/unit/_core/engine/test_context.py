"""What an action gets from its context."""

import logging

import pytest

from automata.errors import AuthExpired
from automata.memory import EPOCH
from automata.model import RunStatus

USE = "nodes: {a: {use: t.use, timeout: 90s%s}}\noutput: ${a}"


def test_an_action_reads_settings_time_and_the_run_it_belongs_to(world):
    run = world.play(USE % "")

    assert (run.output["setting"], run.output["none"], run.output["run"]) == ("1", None, run.id)
    assert (run.output["left"], run.output["dry"]) == (90, False)
    assert run.output["now"] == EPOCH.isoformat()


@pytest.mark.parametrize(("connection", "fields"), [("", None), (", connection: shop", {"token": "shop"})])
def test_an_action_gets_the_fields_of_its_connection_or_none(world, connection, fields):
    assert world.play(USE % connection).output["credential"] == fields


def test_a_connection_that_is_not_there_fails_the_step(world):
    def nobody(name):
        raise AuthExpired(f"No connection {name!r}")

    world.options["credential"] = nobody
    run = world.play(USE % ", connection: shop")

    assert (run.status, run.error.kind, run.error.message) == (
        RunStatus.FAILED,
        "auth_expired",
        "No connection 'shop'",
    )


def test_the_client_is_made_when_it_is_first_asked_for(world):
    made = []
    world.options["http"] = lambda: made.append(1) or "the client"

    assert world.play("nodes: {a: {use: t.ok}}").status is RunStatus.SUCCEEDED
    assert made == []
    assert world.play(USE % "").output["http"] == "the client"


def test_what_an_action_says_is_logged_with_its_run_and_step(world, caplog):
    with caplog.at_level(logging.DEBUG, "automata.run"):
        run = world.play(USE % "")
    said, progress = [r for r in caplog.records if r.name == "automata.run"]

    assert (said.message, said.run, said.step, said.facts) == ("Said", run.id, "a", {"a": 1})
    assert (progress.done, progress.total, progress.text) == (1, 2, "half")
