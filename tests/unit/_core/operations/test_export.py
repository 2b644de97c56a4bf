"""A run as one document, and what may be wrong with one."""

import asyncio
import json

import pytest

from automata._core.canonical import digest
from automata._core.operations import export_json, read_export
from automata.errors import Damaged, FixInput
from automata.model import RunFinished, RunStatus, StepStarted

go = asyncio.run


@pytest.fixture
def exported(told, runs, orders):
    told("abc", StepStarted("ask", 1, {"message": "Ship?"}), StepStarted("paid", 1, {"name": "paid"}))
    go(runs.signal("abc", "late", 1))
    return json.loads(json.dumps(export_json(go(runs.show("abc")), orders), default=dict))


def resealed(value, **changes):
    """The same with other members, and a checksum that fits them."""
    body = {name: part for name, part in (value | changes).items() if name != "sha256"}
    return body | {"sha256": digest(body)}


def test_an_export_reads_back_as_the_run_it_was(exported, runs, orders):
    found, detail = read_export(exported), go(runs.show("abc"))

    assert found.workflow == orders
    assert list(found.journal) == list(detail.journal)
    assert list(found.messages) == list(detail.messages)
    assert (found.run.id, found.run.status, found.run.version) == ("abc", "waiting", detail.run.version)


def test_a_version_the_store_lacks_is_left_out(runs, told):
    told("abc")

    assert read_export(export_json(go(runs.show("abc")), None)).workflow is None


@pytest.mark.parametrize("value", [None, [], {"format": "other"}])
def test_anything_else_is_no_export(value):
    with pytest.raises(FixInput, match="no exported run"):
        read_export(value)


def test_a_changed_export_is_noticed(exported):
    exported["journal"][1]["step"] = "other"

    with pytest.raises(Damaged, match="checksum"):
        read_export(exported)


def over(status):
    return {"event": "run_finished", "status": status, "output": None, "error": None, "at": ""}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: {"journal": e["journal"][1:]}, "does not begin"),
        (lambda e: {"journal": []}, "does not begin"),
        (lambda e: {"journal": [*e["journal"], over("failed"), e["journal"][1]]}, "goes on after the end"),
        (lambda e: {"journal": [*e["journal"], over("failed")]}, "waiting by its row and failed by its journal"),
        (lambda e: {"run": e["run"] | {"status": "succeeded"}}, "succeeded by its row and not over by its journal"),
        (lambda e: {"document": e["document"] | {"vars": {"x": 1}}}, "not the version"),
        (lambda e: {"document": {"automata": 1}}, "cannot be read"),
        (lambda e: {"journal": None}, "lists"),
        (lambda e: {"run": {}}, "cannot be read"),
    ],
    ids=["no start", "empty", "beyond the end", "ended", "not ended", "other version", "document", "journal", "row"],
)
def test_parts_that_do_not_belong_together_are_noticed(exported, change, said):
    with pytest.raises(Damaged, match=said):
        read_export(resealed(exported, **change(exported)))


def test_a_finished_run_agrees_with_its_journal(runs, told, orders):
    told("abc", status=RunStatus.FAILED)

    assert read_export(export_json(go(runs.show("abc")), orders)).journal[-1] == RunFinished(
        RunStatus.FAILED, None, None, "2026-01-01T00:00:00.000Z"
    )
