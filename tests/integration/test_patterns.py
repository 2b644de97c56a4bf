"""Van der Aalst's control-flow patterns: every example runs and shows what it says, and the table tells the truth."""

import asyncio
import re
from pathlib import Path

import pytest

from automata._core.kernel import Kernel
from automata._core.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "control-flow-patterns.md"
FILES = sorted((ROOT / "docs" / "examples" / "patterns").glob("*.yaml"))
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| (directly|partly|not) \| (.+) \| (.*) \|$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\(\.\./examples/patterns/([a-z0-9-]+\.yaml)\)")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    return Kernel(settings=load_settings(folder=tmp_path_factory.mktemp("empty"), partial=True))


@pytest.fixture(scope="module")
def rows():
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_a_document_without_a_problem(kernel, file):
    report = kernel.validate_text(file.read_text(encoding="utf-8"), file=file.name)

    assert [f"{p.code} {p.pointer}: {p.message}" for p in report.problems] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_of_an_example_passes(kernel, file):
    workflow = kernel.validate_text(file.read_text(encoding="utf-8")).workflow

    results = asyncio.run(kernel.test(workflow, workflows=(workflow,)))

    assert results != ()
    assert {r.name: r.failures for r in results if not r.passed} == {}


def test_the_table_has_every_pattern_once(rows):
    assert [int(number) for number, *_ in rows] == list(range(1, 44))


def test_a_pattern_is_supported_exactly_when_an_example_runs(rows):
    linked = {int(number): LINK.findall(link) for number, _, support, _, link in rows if support == "directly"}
    unlinked = [number for number, _, support, _, link in rows if support != "directly" and LINK.search(link)]

    assert unlinked == []
    assert {number: names for number, names in linked.items() if len(names) != 1} == {}
    assert sorted(name for names in linked.values() for name in names) == [file.name for file in FILES]
    assert {number: int(names[0][:2]) for number, names in linked.items()} == {number: number for number in linked}


def test_what_is_not_supported_is_explained(rows):
    missing = {number for number, _, support, _, _ in rows if support != "directly"}
    explained = set(re.findall(r"^### (\d+)\. ", PAGE.read_text(encoding="utf-8"), re.MULTILINE))

    assert explained == missing


def test_at_least_thirty_five_patterns_are_supported(rows):
    assert sum(support == "directly" for _, _, support, _, _ in rows) >= 35
