import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed

SCOPE = Scope({"a": {"b": {"c": {"d": 1}}, "n": None, "list": [10, 20]}})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b.c.d", 1),
        ("a.?b.c.d.orValue(0)", 1),
        ("a.?x.c.d.orValue(0)", 0),
        ("a.?n.?x.orValue(0)", 0),
        ("a.?b[?'x'].orValue(0)", 0),
        ("a.n[?0].orValue(0)", 0),
        ("a.list[1.0]", 20),
        ("nope.?x.orValue(7)", 7),
        ("a.?list[0].orValue(1)", 10),
        ("has(a.?b.c)", True),
        ("has(a.n.x)", False),
        ("has(a.x.y.z)", False),
        ("has(nope)", False),
        ("has(a.list[0])", True),
        ("[a].map(v, v.b.c.d)", [1]),
        ("{'x': 1}.x", 1),
        ("{'x': 1}.?y.orValue(2)", 2),
    ],
)
def test_a_path_gives_what_stands_there(text, value):
    assert compile_expression(text).evaluate(SCOPE) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nope", "did not run"),
        ("nope.x.y.z", "did not run"),
        ("a.bb", "No field 'bb' in 'a'; did you mean 'b'"),
        ("a.b.c.e", "No field 'e'"),
        ("a.b.c.d.e", "it has no field"),
        ("a.n.x", "may be null"),
        ("a.list[2]", "No item 2 in a list of 2"),
        ("a.list['x']", "whole number"),
        ("a['lst']", "did you mean 'list'"),
        ("a[1]", "keys of a map are strings"),
        ("a.b.c.d[0]", "Only a list or a map"),
        ("[a].map(v, v.x)", "No field 'x'"),
        ("[1].map(v, v.x)", "it has no field"),
        ("has(a.list.x)", "it has no fields"),
    ],
)
def test_what_is_missing_is_an_error_that_says_what_is_there(text, complaint):
    with pytest.raises(ExpressionFailed, match=complaint):
        compile_expression(text).evaluate(SCOPE)
