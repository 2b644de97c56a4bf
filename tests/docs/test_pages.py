"""Pages written by hand keep the forms the house agreed on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
FRAGMENTS = sorted(p for p in (ROOT / "changelog.d").glob("*.md") if p.name not in {"README.md", "template.md"})
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {*(ROOT / "docs/reference/generated").rglob("*")})
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Check that enforces it"]
WRITTEN = [path for folder in ("src", "connectors", "plugins") for path in (ROOT / folder).rglob("*.py")]

FOR_TESTS = {"AUTOMATA_FAULTS"}
"""Read by the fault points alone, and of use to tests alone."""


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem[:4])
def test_a_decision_has_its_five_sections_in_order(page):
    assert re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE) == SECTIONS


def test_numbers_of_decisions_are_used_once():
    numbers = [page.stem[:4] for page in DECISIONS]

    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: fragment.stem)
def test_a_changelog_fragment_has_a_type_and_says_a_sentence(fragment):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    types = {entry["directory"] for entry in settings["tool"]["towncrier"]["type"]}

    assert fragment.suffixes[-2].lstrip(".") in types
    assert fragment.read_text(encoding="utf-8").strip().endswith((".", "`"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_knows_no_path_of_one_machine(page):
    text = page.read_text(encoding="utf-8")

    assert re.findall(r"(?<![\w./])/(?:home|root|Users|work)/\w+", text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_begins_with_one_title(page):
    text = re.sub(r"^(`{3,}|:{3,}).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)

    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1


def test_every_setting_the_code_names_is_declared(generator):
    page = generator.settings()

    named = {name for path in WRITTEN for name in re.findall(r"\bAUTOMATA_[A-Z_]+[A-Z]\b", path.read_text("utf-8"))}

    assert (
        sorted(name for name in named if f"`{name}`" not in page and name not in FOR_TESTS and "GREET" not in name)
        == []
    )
