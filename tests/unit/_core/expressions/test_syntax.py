import pytest

from automata._core.expressions.parser import parse
from automata._core.expressions.syntax import Literal, children, size


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("a.b", 2),
        ("a[1]", 3),
        ("f(1, 2)", 3),
        ("a.f(1)", 3),
        ("has(a.b)", 3),
        ("a.map(x, x)", 3),
        ("-a", 2),
        ("a + b", 3),
        ("a && b && c", 4),
        ("a ? b : c", 4),
        ("[1, 2]", 3),
        ("{'a': 1}", 3),
    ],
)
def test_every_part_of_a_tree_is_counted(text, count):
    assert size(parse(text)) == count


def test_children_stand_in_the_order_of_the_text():
    assert [part.value for part in children(parse("{'a': 1, 'b': 2}"))] == ["a", "b", 1, 2]


def test_places_do_not_count_for_equality():
    assert Literal(1, span=(0, 1)) == Literal(1, span=(5, 6))
