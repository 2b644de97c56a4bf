import pytest

from automata._core.expressions.functions.entry import count, entry


def test_signatures_are_separated_by_semicolons():
    found = entry("f", len, "(string) -> int; string.f() -> int", "Counts.", ("f('a')", "1"))

    assert found.signatures == ("(string) -> int", "string.f() -> int")
    assert found.examples == (("f('a')", "1"),)


@pytest.mark.parametrize("value", [-1, 11])
def test_a_count_out_of_bounds_is_refused(value):
    with pytest.raises(ValueError, match="between 0 and 10"):
        count(value, "width", highest=10)
    assert count(10.0, "width", highest=10) == 10
