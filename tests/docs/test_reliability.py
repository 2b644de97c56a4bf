"""What the page on reliability names as held by a test is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text()
ROWS = re.findall(r"^\| (G\d+) \|.*\| (.+) \|$", PAGE, re.MULTILINE)


def test_every_file_the_page_names_is_there():
    named = set(re.findall(r"`((?:tests|src)/[\w/.]+\.py)`", PAGE))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_every_promise_is_held_by_a_test_or_said_not_to_be():
    held = {promise for promise, tests in ROWS if "tests/" in tests or "the matrix" in tests}
    assert sorted(held | {"G6"}, key=lambda name: int(name[1:])) == [f"G{n}" for n in range(1, 21)]
    assert "G6 (answers" in PAGE


def test_every_shape_and_every_planted_mistake_is_counted():
    chaos = ROOT / "tests/chaos"
    shapes = re.findall(r"^ {8}([A-Z_]+),$", (chaos / "shapes.py").read_text(), re.MULTILINE)
    plants = re.findall(r'^    "[^"]+": ', (chaos / "plants.py").read_text(), re.MULTILINE)
    assert (len(shapes), "The fourteen shapes" in PAGE) == (14, True)
    assert (len(plants), "eight mistakes" in PAGE) == (8, True)
