import pytest

from automata._core.expressions import Scope, compile_expression
from automata.errors import ExpressionFailed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, [2, [3, [4]]]].flatten(3)", [1, 2, 3, 4]),
        ("[].sum()", 0),
        ("[duration('1s'), duration('2s')].sum()", "3s"),
        ("['a', 'b'].max()", "b"),
        ("{'a': 1, 'b': 2}.omit(['a'])", {"b": 2}),
        ("[1, 1.0, [1], [1.0], true].distinct()", [1, [1], True]),
        ("[optional.of([1]), optional.of([1])].distinct().size()", 1),
        ("{'a': 1}.merge({'b': 2}).keys()", ["a", "b"]),
        ("[[1, 2], [3]].flatten()", [1, 2, 3]),
    ],
)
def test_each_function_gives_its_value(text, value):
    assert compile_expression(text).evaluate(Scope({})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[1].flatten(33)", "number of levels"),
        ("[1, 2].slice(1, 5)", "not inside a list"),
        ("[1].chunk(0)", "at least 1"),
        ("[1, 'a'].sum()", "adds numbers"),
        ("[].min()", "list is empty"),
        ("[].avg()", "list is empty"),
        ("['a'].avg()", "list of numbers"),
        ("[{'key': 1, 'value': 2}].fromEntries()", "takes maps"),
        ("{'a': 1}.pick([1])", "keys must be strings"),
        ("range(-1)", "between 0 and 10000"),
        ("[1, 'a'].sort()", "Cannot compare"),
    ],
)
def test_what_a_function_cannot_do_it_says(text, complaint):
    with pytest.raises(ExpressionFailed) as caught:
        compile_expression(text).evaluate(Scope({}))
    assert complaint in caught.value.message
