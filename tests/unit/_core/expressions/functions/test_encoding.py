import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("json.encode({'a': timestamp(0)})", '{"a":"1970-01-01T00:00:00Z"}'),
        ('json.decode(\'[1, "a\\\\"[", {}]\')', [1, 'a"[', {}]),
        ("base64.decode('a-_v') == base64.decode('a+/v')", True),
        ("hex.encode(b'\\x0f')", "0f"),
        ("url.decode(url.encode('é/ &')) == 'é/ &'", True),
    ],
)
def test_each_function_gives_its_value(text, value):
    assert compile_expression(text).evaluate(Scope({})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('json.decode(\'{"a": 1, "a": 2}\')', "key twice"),
        ("json.decode('NaN')", "no number"),
        ("json.decode('[')", "no JSON"),
        ("json.decode('9007199254740993')", "beyond"),
        ("json.decode('1e999')", "too large"),
        ("json.decode('[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]')", "nests more"),
        ("base64.decode('!')", "no Base64"),
        ("hex.decode('6 8')", "pairs of hex"),
        ("hex.decode('6')", "pairs of hex"),
    ],
)
def test_what_a_function_cannot_do_it_says(text, complaint):
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression(text).evaluate(Scope({}))
    assert complaint in caught.value.message
