"""Every example does what its page says: it validates, its tests pass, and it runs through the real program."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from automata._core.kernel import Kernel
from automata.testing.http import HttpServer

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml"))
WRITTEN_PORT = "127.0.0.1:8099"
"""What the inputs say; the tests put a free port there."""
ARGUMENTS = {"nightly-backup-check": ["--trigger", "by_hand"], "storm-watch": ["--approve", "sign=yes"]}
OUTPUTS = {
    "borrowed-workspace": {"workspace": "workspace-1", "words": 24},
    "expense-approval": {
        "employee": "Kim",
        "amount": 12.5,
        "status": "paid",
        "cost_centre": "petty cash",
        "because": "not above 50",
    },
    "fastest-mirror": {"mirror": "right", "items": 120},
    "fulfil-orders": {
        "ship": ["A1"],
        "look": ["A2"],
        "refused": [{"id": "A3", "reason": "Quote an order: Order A3 has no lines"}],
        "total": 1638.5,
    },
    "nightly-backup-check": "The backup is fine",
    "paid-order": {"order": "A1", "state": "cancelled", "reminded": True},
    "quote-order": {"id": "A1", "total": 972.0},
    "ship-or-refund": {"order": "A1", "charge": "charge-2", "shipment": "shipment-3"},
    "storm-watch": {
        "counts": {"red": 3, "amber": 4, "green": 7, "guessed": 1},
        "bulletin": "out/bulletin.md",
        "report": "out/storm-watch.json",
    },
    "wait-for-export": {"file": "out/export-2026-10.json", "rows": 120},
}


@pytest.fixture
def outside():
    with runpy.run_path(str(EXAMPLES / "server.py"))["serve"]() as server:
        yield server


@pytest.fixture
def copied(outside, tmp_path):
    """The folder of examples with the server's port in the place of the written one."""
    for file in [*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("*.json"), *EXAMPLES.glob("data/*.csv")]:
        target = tmp_path / file.relative_to(EXAMPLES)
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.read_text().replace(WRITTEN_PORT, outside.authority))
    return tmp_path


def automata(folder: Path, server: HttpServer, *arguments: str) -> subprocess.CompletedProcess:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AUTOMATA_")},
        "AUTOMATA_FILES_ROOT": str(folder / "data"),
        "AUTOMATA_EGRESS_ALLOW": server.authority,
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "automata", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=30, input=""
    )


def start(folder: Path, server: HttpServer, name: str, *arguments: str) -> dict:
    given = ["--input", f"@{name}.input.json"] if (folder / f"{name}.input.json").exists() else []
    done = automata(folder, server, "run", f"{name}.yaml", *given, *arguments, "--json")
    assert done.returncode in {0, 9}, done.stderr
    return json.loads(done.stdout) | {"exit": done.returncode}


def test_there_are_at_least_ten_examples():
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_neither_errors_nor_warnings(name):
    file = EXAMPLES / f"{name}.yaml"

    report = Kernel().validate_text(file.read_text(), file=file.name)

    assert [(p.code, p.pointer, p.message) for p in report.problems] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_tests_for_the_happy_and_the_unhappy_path(name):
    document = Kernel().validate_text((EXAMPLES / f"{name}.yaml").read_text()).workflow

    assert len(document.tests) >= 2


def test_the_tests_of_all_examples_pass(outside):
    done = automata(EXAMPLES, outside, "test", ".", "--json")

    assert done.returncode == 0, done.stdout
    assert outside.requests == []


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_an_example_runs_end_to_end_through_the_program(name, copied, outside):
    ran = start(copied, outside, name, *ARGUMENTS.get(name, []))

    assert (ran["exit"], ran["status"], ran["output"]) == (0, "succeeded", OUTPUTS[name])


def test_the_licence_audit_reads_what_is_installed_here(copied, outside):
    count = runpy.run_path(str(EXAMPLES / "prepare.py"))["write"](copied / "data" / "out" / "installed.csv")

    ran = start(copied, outside, "licence-audit")

    report = json.loads((copied / "data" / "out" / "licences.json").read_text())
    assert ran["status"] == "succeeded"
    assert 10 < report["packages"] <= count
    assert report["refused"] == []


def test_storm_watch_retries_falls_back_and_files_the_report(copied, outside):
    ran = start(copied, outside, "storm-watch", "--approve", "sign=yes")

    report = json.loads((copied / "data" / "out" / "storm-watch.json").read_text())
    tries = {step["node"]: step["attempt"] for step in ran["steps"] if step["node"].endswith("/ask")}
    assert (len(tries), max(tries.values())) == (14, 3)
    assert sum(attempts > 1 for attempts in tries.values()) >= 6
    assert (report["days_read"], len(report["days_watched"]), report["bulletin"]) == (365, 14, "published")
    assert [day["date"] for day in report["days_watched"] if day["source"] != "desk"] == ["2015-11-14"]
    assert (copied / "data" / "out" / "bulletin.md").read_text().count("\n- ") == 7


def test_storm_watch_never_asks_more_than_four_days_at_once(copied, outside):
    ran = start(copied, outside, "storm-watch", "--approve", "sign=no")

    asked = [(step["started"], step["finished"]) for step in ran["steps"] if step["node"].endswith("/ask")]
    assert max(sum(a <= begin < b for a, b in asked) for begin, _ in asked) <= 4
    assert ran["output"]["bulletin"] == "not published"


def test_price_basket_says_which_prices_are_not_live(copied, outside):
    ran = start(copied, outside, "price-basket")

    assert ran["output"]["uncertain"] == [
        "shelf: list price, the service was timed_out",
        "fax: not sold any more",
    ]


def test_what_cannot_be_shipped_is_refunded_and_released(copied, outside):
    ran = start(copied, outside, "ship-or-refund", "--input", "country=AQ")

    undone = [step["node"] for step in ran["steps"] if step["node"].endswith("~undo")]
    assert (ran["exit"], ran["error"]["class"], ran["error"]["node"]) == (9, "invalid_input", "ship")
    assert undone == ["charge~undo", "reserve~undo"]
    assert [r.path.partition("?")[0] for r in outside.requests][-2:] == ["/refunds", "/reservations"]


def test_a_borrowed_workspace_is_given_back(copied, outside):
    start(copied, outside, "borrowed-workspace")

    assert (outside.requests[-1].method, outside.requests[-1].path) == ("DELETE", "/workspaces?id=workspace-1")


def test_an_early_payment_ships_the_order(copied, outside):
    ran = start(copied, outside, "paid-order", "--signal", 'paid={"order": "A1"}')

    assert ran["output"] == {"order": "A1", "state": "shipped", "reminded": False}


def test_a_check_that_fails_reaches_the_error_handler(copied, outside):
    outside.answer("/backups/last", status=403)

    ran = start(copied, outside, "nightly-backup-check", "--trigger", "by_hand")

    assert ran["exit"] == 9
    assert "(permission_denied)" in (copied / "data" / "out" / "backups.log").read_text()


def test_the_demo_ends_well_and_names_the_report():
    environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "HOME": "/nonexistent"}

    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "demo.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )

    assert done.returncode == 0, done.stderr
    assert "out/storm-watch.json" in done.stdout
    assert "attempt 2" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
