"""Each rule has a page, and its examples show what it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from automata._core.catalog import build_catalog
from automata._core.codec import load
from automata._core.plugins import discover
from automata._core.validation import RULES, validate
from automata._core.validation.calls import CODES
from automata.model import Severity

ROOT = Path(__file__).resolve().parents[2]
PAGES = {page.stem: page for page in (ROOT / "docs/reference/rules").glob("*.md") if page.stem != "index"}
SHOWN = {code: page for code, page in PAGES.items() if "```yaml" in page.read_text(encoding="utf-8")}


@pytest.fixture(scope="module")
def catalog():
    return build_catalog(discover())


def codes_of_the_expression_checker():
    found = set()
    for path in (ROOT / "src/automata/_core/expressions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"^(?:EXP|REF)-\d{3}$", node.value))
    return found


def problems(text, catalog):
    loaded = load(text)
    assert loaded.workflow is not None, loaded.problems
    return validate(loaded.workflow, catalog, raw=loaded.source.raw)


def examples(page):
    return re.findall(r"## (Wrong|Right)\n\n```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_every_code_has_a_page_and_every_page_a_code():
    codes = {rule.code for rule in RULES if rule.code} | set(CODES) | {"PLG-001"} | codes_of_the_expression_checker()

    assert set(PAGES) == codes


def test_the_index_lists_every_page():
    index = (ROOT / "docs/reference/rules/index.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^[A-Z]+-\d{3}$", index, re.MULTILINE)) == set(PAGES)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.code], ids=lambda rule: rule.code)
def test_a_page_has_the_title_and_the_severity_of_its_rule(rule):
    text = PAGES[rule.code].read_text(encoding="utf-8")

    assert text.startswith(f"# {rule.code}: {rule.title}\n\nSeverity: {rule.severity}.\n")


@pytest.mark.parametrize("code", sorted(SHOWN))
def test_the_wrong_example_breaks_the_rule_and_the_right_one_has_no_error(code, catalog):
    (_, wrong), (_, right) = examples(SHOWN[code])

    assert code in {p.code for p in problems(wrong, catalog)}
    assert not [p for p in problems(right, catalog) if p.code == code or p.severity is Severity.ERROR]


@pytest.mark.parametrize("code", sorted(SHOWN))
def test_an_offered_fix_removes_its_problem_and_adds_none(code, catalog):
    from collections import Counter

    from automata._core.codec import decode
    from automata._core.patch import apply_patch

    loaded = load(examples(SHOWN[code])[0][1])
    before = validate(loaded.workflow, catalog, raw=loaded.source.raw)
    for problem in before:
        for fix in problem.fixes:
            workflow, faults = decode(apply_patch(loaded.source.raw, fix.patch))
            assert not faults
            after = Counter((p.code, p.node, p.message) for p in validate(workflow, catalog))
            assert after < Counter((p.code, p.node, p.message) for p in before), fix.title
