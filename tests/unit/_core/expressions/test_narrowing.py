import pytest

from automata._core.expressions.narrowing import forget, key_of, proves, reached
from automata._core.expressions.parser import parse

THERE, FILLED = ("present", "a.b"), ("filled", "a.b")
A = {("present", "a"), ("filled", "a")}


@pytest.mark.parametrize(
    ("test", "holds", "facts"),
    [
        ("has(a.b)", True, {THERE, *A}),
        ("has(a.b)", False, set()),
        ("!has(a.b)", False, {THERE, *A}),
        ("a.?b.hasValue()", True, {THERE, *A}),
        ("a.b != null", True, {FILLED, THERE, *A}),
        ("null != a.b", True, {FILLED, THERE, *A}),
        ("a.b == null", False, {FILLED, THERE, *A}),
        ("a.b != null", False, set()),
        ("a.b != 1", True, set()),
        ("f() != null", True, set()),
        ("has(a.b) && c", True, {THERE, *A}),
        ("has(a.b) || c", True, set()),
        ("!has(a.b) || c", False, {THERE, *A}),
        ("a.b", True, set()),
    ],
)
def test_a_condition_proves_what_must_be_there(test, holds, facts):
    assert proves(parse(test), holds=holds) == facts


@pytest.mark.parametrize(
    ("text", "key"),
    [("a.b", "a.b"), ("a.?b", "a.b"), ("a['b']", "a.b"), ("a[i]", "a[i]"), ("f().b", None), ("f()[0]", None)],
)
def test_all_ways_to_write_a_path_have_one_key(text, key):
    assert key_of(parse(text)) == key


def test_what_hangs_on_a_computed_value_proves_nothing():
    assert reached(parse("f().b")) == frozenset()


def test_a_macro_variable_hides_what_was_known_of_its_name():
    facts = proves(parse("has(x.b) && has(x[0].c) && has(xy.b)"), holds=True)

    assert {key for _, key in forget(facts, "x")} == {"xy", "xy.b"}
