import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a,b,c'.split(',', 0)", []),
        ("'abc'.split('')", ["a", "b", "c"]),
        ("'abc'.split('', 2)", ["a", "bc"]),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'aXbX'.replace('X', '', 1)", "abX"),
        ("'abc'.charAt(3)", ""),
        ("'ÄBz'.lowerAscii()", "Äbz"),
        ("'äbZ'.upperAscii()", "äBZ"),
        ("'straße'.upper()", "STRASSE"),
        ("'a'.padStart(9999, 'ß').upper().size()", 19997),
        ("' a '.trim()", "a"),
    ],
)
def test_each_function_gives_its_value(text, value):
    assert compile_expression(text).evaluate(Scope({})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[1].join()", "list of strings"),
        ("'abc'.substring(2, 1)", "not inside a text"),
        ("'abc'.indexOf('c', 9)", "not inside a text"),
        ("'abc'.charAt(4)", "not inside a text"),
        ("'7'.padStart(3, '00')", "one character"),
        ("'7'.padEnd(20000)", "between 0 and 10000"),
        ("'x'.padStart(9999).replace(' ', 'yyyyyyyyyyyyyyyyyyyyyyyyyyy')", "256 KiB"),
    ],
)
def test_what_a_function_cannot_do_it_says(text, complaint):
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression(text).evaluate(Scope({}))
    assert complaint in caught.value.message
