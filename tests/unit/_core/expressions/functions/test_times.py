import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("timestamp(0).getHours('+02:30')", 2),
        ("timestamp(0).getMinutes('-00:30')", 30),
        ("timestamp(0).getHours('Asia/Tokyo')", 9),
        ("duration('90m').getHours()", 1),
        ("duration('-1500ms').getMilliseconds()", -500),
        ("duration('1500ms').getMilliseconds()", 500),
        ("timestamp(0).format(\"yyyy 'at' HH''mm XXX EEE\")", "1970 at 00'00 Z Thu"),
        ("timestamp(0).format('SSS XXX', '+01:30')", "000 +01:30"),
        ("timestamp(0).truncate('week')", "1969-12-29T00:00:00Z"),
        ("timestamp(0).truncate('month', 'Asia/Tokyo')", "1969-12-31T15:00:00Z"),
        ("timestamp(1).getDayOfWeek()", 4),
    ],
)
def test_each_function_gives_its_value(text, value):
    assert compile_expression(text).evaluate(Scope({})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("timestamp(0).getHours('Nope/Nope')", "Unknown time zone"),
        ("timestamp(0).getHours('+99:00')", "Unknown time zone"),
        ("timestamp(0).getHours('../etc')", "Unknown time zone"),
        ("timestamp(0).format('QQ')", "Unknown field"),
        ("timestamp(0).format(''.padStart(300))", "at most 200"),
        ("timestamp(0).truncate('age')", "Unknown unit"),
    ],
)
def test_what_a_function_cannot_do_it_says(text, complaint):
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression(text).evaluate(Scope({}))
    assert complaint in caught.value.message
