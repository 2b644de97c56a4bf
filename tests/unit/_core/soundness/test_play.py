import pytest

from automata._core.soundness.play import SAMPLES, at_least, at_random


@pytest.mark.parametrize(("count", "bits"), [(0, -1), (1, 0b111), (2, 0b011), (3, 0b001)])
def test_bits_set_often_enough_are_counted(count, bits):
    assert at_least(count, [0b111, 0b011, 0b001]) == bits


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_play_leaves_by_exactly_one_way_and_every_way_is_taken(count):
    shares = at_random("node", count)

    assert sum(shares) == (1 << SAMPLES) - 1
    assert len(shares) == count
    assert all(shares)
    assert all(not one & other for i, one in enumerate(shares) for other in shares[:i])


def test_samples_are_the_same_every_time():
    assert at_random("n", 3) == at_random("n", 3)
    assert at_random("n", 3) != at_random("m", 3)
