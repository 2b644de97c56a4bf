"""What the commands that look after a database share."""

import pytest

from automata.cli.failure import Failure
from automata.cli.upkeep import sized, trouble, url_of
from automata.errors import Damaged


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 B"), (12_345, "12 KiB"), (3_565_158, "3.4 MiB"), (1 << 41, "2.0 TiB")]
)
def test_sizes_are_told_in_three_digits(size, text):
    assert sized(size) == text


def test_what_is_no_database_is_a_mistake_of_the_caller_and_damage_is_worded():
    with pytest.raises(Failure, match="not supported"):
        url_of("http://")
    with pytest.raises(Failure, match="torn"), trouble():
        raise Damaged("The page is torn")
