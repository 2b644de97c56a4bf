import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int(1.9)", 1),
        ("int(timestamp(5))", 5),
        ("string(true)", "true"),
        ("bool('f')", False),
        ("timestamp('2026-01-01T00:00:00.5+01:30') == timestamp('2025-12-31T22:30:00.5Z')", True),
        ("timestamp(timestamp(0))", "1970-01-01T00:00:00Z"),
        ("timestamp('2026-01-01T02:00:00-02:00')", "2026-01-01T04:00:00Z"),
        ("duration('0')", "0s"),
        ("duration('-1h')", "-3600s"),
        ("duration('PT5M')", "300s"),
        ("duration(duration('1s'))", "1s"),
        ("optional.ofNonZeroValue(timestamp(0)).hasValue()", True),
        ("bytes(b'a') == b'a'", True),
        ("bool(true)", True),
    ],
)
def test_each_function_gives_its_value(text, value):
    assert compile_expression(text).evaluate(Scope({})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("double(' 1')", "is no number"),
        ("int('x')", "no whole number"),
        ("int(1e30)", "64-bit"),
        ("int(double('1e400'))", "infinite"),
        ("uint('x')", "no whole number"),
        ("uint(-1)", "unsigned"),
        ("uint(double('1e400'))", "infinite"),
        ("string(b'\\xff')", "not UTF-8"),
        ("bool('no')", "no bool"),
        ("timestamp('2026-13-01T00:00:00Z')", "no timestamp"),
        ("timestamp('2026-01-01T00:00:00+25:00')", "no timestamp"),
        ("duration('soon')", "no duration"),
        ("optional.none().value()", "optional is empty"),
    ],
)
def test_what_a_function_cannot_do_it_says(text, complaint):
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression(text).evaluate(Scope({}))
    assert complaint in caught.value.message
