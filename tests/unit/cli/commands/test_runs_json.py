"""The shape of the JSON of commands on a database, held to tests/cases/cli."""

import json
import os
from pathlib import Path

import pytest

from automata.model import (
    CancelRequested,
    ErrorInfo,
    Message,
    RunStatus,
    StepFailed,
    StepParked,
    StepSkipped,
    StepStarted,
)

CASES = Path(__file__).parents[3] / "cases" / "cli"
FAILED, PARKED, WAITING = "f" * 32, "d" * 32, "a" * 32
COMMANDS = {
    "runs-list": ["runs", "list", "--limit", "2"],
    "runs-show": ["runs", "show", FAILED],
    "runs-show-waiting": ["runs", "show", WAITING],
    "runs-show-failed-step": ["runs", "show", FAILED, "--failed-step"],
    "runs-logs": ["runs", "logs", FAILED],
    "runs-tail": ["runs", "tail", FAILED],
    "runs-cancel": ["runs", "cancel", WAITING],
    "runs-pause": ["runs", "pause", WAITING],
    "runs-resume": ["runs", "resume", WAITING],
    "runs-signal": ["runs", "signal", WAITING, "paid"],
    "runs-approve": ["runs", "approve", WAITING],
    "runs-reject": ["runs", "reject", WAITING],
    "runs-resolve": ["runs", "resolve", PARKED, "--retry"],
    "runs-retry": ["runs", "retry", FAILED],
    "runs-export": ["runs", "export", FAILED],
    "runs-export-file": ["runs", "export", FAILED, "--file", "run.json"],
    "workflows-list": ["workflows", "list"],
    "workflows-show": ["workflows", "show", "Orders"],
    "workflows-publish": ["workflows", "publish", "first.yaml"],
    "workflows-rollback": ["workflows", "rollback", "Orders"],
    "workflows-enable": ["workflows", "enable", "Orders"],
    "workflows-disable": ["workflows", "disable", "Orders"],
    "workflows-start": ["workflows", "start", "Orders", "--input", "total:=1"],
    "events-list": ["events", "list"],
    "events-send": ["events", "send", "paid", "--run", WAITING],
    "runs-missing": ["runs", "show", "zz"],
}


def shape(value):
    """Names and kinds, without what differs from run to run."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "null" if value is None else type(value).__name__


@pytest.fixture
def world(automata, folder, stored, told):
    """Three runs, two versions of a workflow."""
    automata("workflows", "publish", "orders.yaml")
    (folder / "orders.yaml").write_text((folder / "orders.yaml").read_text().replace("the click", "a click"))
    automata("workflows", "publish", "orders.yaml")
    error = ErrorInfo("declined", "No", "charge", 1)
    failing = [
        StepStarted("charge", 1, {"total": 1}, "t"),
        StepFailed("charge", 1, error, 0.5, "t"),
        StepSkipped("paid"),
    ]
    told(FAILED, *failing, status=RunStatus.FAILED, error=error)
    told(PARKED, StepStarted("charge", 1), StepParked("charge", 1, error), status=RunStatus.PARKED, error=error)
    told(WAITING, StepStarted("ask", 1, {"message": "Ship?"}, "t"))
    stored(lambda store: store.send(WAITING, Message(id="m", body=CancelRequested())))


@pytest.mark.parametrize("name", COMMANDS)
def test_json_keeps_its_shape(automata, world, name):
    found = shape(json.loads(automata(*COMMANDS[name], "--json").out))

    place = CASES / f"{name}.json"
    if os.environ.get("AUTOMATA_TEST_UPDATE"):
        place.write_text(json.dumps(found, indent=2) + "\n")
    assert found == json.loads(place.read_text())
