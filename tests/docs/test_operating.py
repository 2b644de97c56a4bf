"""The pages on operating: their commands work in their order, and print what they show, while a worker is at work."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from pathlib import Path

import pytest

from automata._core.kernel import Kernel
from automata.cli.main import main
from automata.model import RunStatus
from automata.ports import RunQuery

PAGES = ["operate-runs", "run-the-database"]
SERVER = "postgresql://app@db.internal/app"
"""A database the pages name, in whose place stands one of the tests."""
STILL = {RunStatus.WAITING, RunStatus.PAUSED, RunStatus.PARKED}

_ID = re.compile(r"\b[0-9a-f]{16,32}\b")
_VARIES = re.compile(
    r"(?:sqlite|postgresql)[+:]\S+|\b000\d\b|\b[\d.]+ KiB\b|\bjust now\b|"
    r"\b\d+(?:\.\d+)? (?:ms|s|min)(?: ago)?(?= |$)|^\d\d:\d\d:\d\d\.\d{3}",
    re.MULTILINE,
)


class Reader:
    """Does what the page says; its ids become those of this database, in the order they turn up."""

    def __init__(self, capsys):
        self._capsys = capsys
        self._ids = {}

    def run(self, line, shown):
        """Run a command; gives its exit code and what a terminal would show, with the page's ids."""
        self._capsys.readouterr()
        code = main(shlex.split(_ID.sub(lambda found: self._ids.get(found[0], found[0]), line)))
        printed = "".join(self._capsys.readouterr())
        for ours, theirs in zip(_ID.findall(printed), _ID.findall(shown), strict=False):
            self._ids.setdefault(theirs, ours)
        back = {ours: theirs for theirs, ours in self._ids.items()}
        return code, _ID.sub(lambda found: back.get(found[0], found[0]), printed)


@pytest.fixture(params=PAGES)
def text(request, root):
    return (root / "docs" / "howto" / f"{request.param}.md").read_text(encoding="utf-8")


@pytest.fixture
def reader(tmp_path, monkeypatch, capsys, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOMATA_DATABASE", f"sqlite:///{tmp_path / 'runs.db'}")
    Path("orders.yaml").write_text(re.search(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1])
    return Reader(capsys)


async def work():
    """Be the worker of the page, until there is nothing to do."""
    kernel = Kernel(database=os.environ["AUTOMATA_DATABASE"])
    try:
        if await _idle(kernel.store):
            return
        async with kernel.engine(claims=True) as engine:
            while engine.drivers or not await _idle(kernel.store):  # noqa: ASYNC110 - another database session decides
                await asyncio.sleep(0.02)
    finally:
        await kernel.store.close()


async def _idle(store):
    rows = await store.runs(RunQuery())
    busy = [row for row in rows if row.status not in STILL and not row.status.final]
    return not busy and not any([await store.inbox(row.id) for row in rows if not row.status.final])


def commands(text):
    """Each command of the page with the lines shown below it."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\$ automata ", block, flags=re.MULTILINE)[1:]]
    return [(line, shown) for line, _, shown in (part.partition("\n") for part in parts)]


def steady(text):
    return [re.sub(r" {2,}", "  ", _VARIES.sub("#", line)).rstrip() for line in text.strip().splitlines()]


def test_every_command_of_the_page_succeeds_and_prints_what_is_shown(reader, text):
    found = [(line, shown) for line, shown in commands(text) if SERVER not in line]
    pages = []
    for line, shown in found:
        code, printed = reader.run(line, shown)
        if not line.startswith("db "):  # A worker keeps off while the database is looked after.
            asyncio.run(work())
        assert code == 0, f"{line}: {printed}"
        pages.append((line, shown, printed))

    if os.environ.get("AUTOMATA_TEST_UPDATE"):
        Path(os.environ["AUTOMATA_TEST_UPDATE"]).write_text("".join(f"$ automata {a}\n{c}" for a, _, c in pages))
    assert len(found) > 10
    assert [steady(printed) for _, shown, printed in pages if shown] == [
        steady(shown) for _, shown, _ in pages if shown
    ]


@pytest.mark.parametrize("text", ["run-the-database"], indirect=True)
def test_the_commands_of_the_page_for_a_server_do_the_same_there(reader, text, postgres_url):
    found = [(line, shown) for line, shown in commands(text) if SERVER in line]
    for line, shown in found:
        code, printed = reader.run(line.replace(SERVER, postgres_url), shown)
        assert code == 0, f"{line}: {printed}"
        assert not shown or steady(printed) == steady(shown)

    assert len(found) > 2
