import pytest

from automata._core.expressions.limits import Frame, Limits, Scope
from automata._core.expressions.values import Failure


def test_fuel_runs_out_once_it_is_spent():
    frame = Frame(Scope(), Limits(fuel=10), cost=4)
    frame.spend(6)

    with pytest.raises(Failure) as caught:
        frame.spend(1, (2, 3))
    assert caught.value.fatal
    assert caught.value.span == (2, 3)


def test_grants_end_at_the_ceiling():
    frame = Frame(Scope(), Limits(fuel=10, fuel_per_item=20, fuel_ceiling=100))
    frame.grant(3)
    frame.grant(1_000)

    assert frame.fuel == 100
