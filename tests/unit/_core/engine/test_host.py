"""What a process lends to its runs."""

import pytest
from attrs import evolve

from automata.model import Run


@pytest.mark.parametrize(("chosen", "same"), [(None, False), ("order-7", True)])
def test_a_chosen_key_is_the_same_in_every_run_of_an_organisation(world, chosen, same):
    class Step:
        address = "a"
        key = chosen

    one, two = (Run(id=id_, workflow="t", version="v") for id_ in ("r1", "r2"))
    keys = {world.host().idempotency_key(run, Step) for run in (one, two)}

    assert (len(keys) == 1) is same
    assert world.host().idempotency_key(evolve(one, org="other"), Step) not in keys
