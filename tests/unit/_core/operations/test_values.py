"""Values held to schemas."""

import pytest

from automata._core.operations.values import require_fit
from automata.errors import InvalidValue


def test_a_value_that_fits_passes():
    require_fit({"n": 1}, {"type": "object"}, "It")


def test_the_first_places_are_named_and_the_rest_counted():
    with pytest.raises(InvalidValue, match=r"^It does not fit its schema: /0: .*; /1: .*; /2: .*; and 2 more$"):
        require_fit([1, 2, 3, 4, 5], {"items": {"type": "string"}}, "It")


def test_a_value_wrong_as_a_whole_says_so():
    with pytest.raises(InvalidValue, match="the whole: "):
        require_fit(1, {"type": "string"}, "It")
