"""The table of tests/cases/expressions: each expression with its value, or with a part of its error."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from automata._core.expressions import Scope, compile_expression, standard_functions
from automata.errors import ExpressionFailed, InvalidExpression

FOLDER = Path(__file__).parents[3] / "cases" / "expressions"
TABLES = [json.loads(file.read_text(encoding="utf-8")) | {"name": file.stem} for file in sorted(FOLDER.glob("*.json"))]
ROWS = [
    pytest.param(row, table["scope"], id=f"{table['name']}: {row['expr']}")
    for table in TABLES
    for row in table["cases"]
]


class Recorded:
    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)

    def uuid(self):
        return "00000000-0000-4000-8000-000000000000"

    def random(self):
        return 0.25


def same(one, other):
    """Compare as JSON: 1 and 1.0 are one number, true is none."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True) or (
        type(one) is not bool and type(other) is not bool and one == other
    )


@pytest.mark.parametrize(("row", "scope"), ROWS)
def test_each_row_gives_its_value_or_its_error(row, scope):
    if "value" in row:
        found = compile_expression(row["expr"]).evaluate(Scope(scope, Recorded()))

        assert same(found, row["value"])
        return
    with pytest.raises((ExpressionFailed, InvalidExpression)) as caught:
        compile_expression(row["expr"]).evaluate(Scope(scope, Recorded()))
    assert re.search(row["error"], str(caught.value))


def test_the_table_is_large_enough_to_mean_something():
    assert len(ROWS) >= 300


EXAMPLES = [(f.name, text, result) for f in standard_functions().values() for text, result in f.examples]


@pytest.mark.parametrize(("name", "text", "result"), EXAMPLES, ids=[f"{n}: {t}" for n, t, _ in EXAMPLES])
def test_every_example_of_the_function_table_is_true(name, text, result):
    found = compile_expression(text).evaluate(Scope({}, Recorded()))

    assert same(found, json.loads(result))


def test_every_function_has_an_example():
    assert [f.name for f in standard_functions().values() if not f.examples] == []
