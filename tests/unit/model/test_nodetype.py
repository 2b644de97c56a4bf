"""What a node type says of itself when its author says nothing."""

import pytest

from automata.model import Effect, NodeType, Outcome


@pytest.mark.parametrize("effect", Effect)
def test_a_rehearsal_performs_nothing_that_changes_the_world(effect):
    assert effect.writes is (effect not in {Effect.PURE, Effect.READ, Effect.WAIT})


def test_what_says_nothing_is_an_unsafe_action_with_one_port():
    kind = NodeType(name="acme.send", title="Send", summary="Sends.")

    assert (kind.kind, kind.effect, [port.name for port in kind.ports]) == ("action", Effect.UNSAFE, ["out"])
    assert (kind.parameters, kind.output, kind.bodies, kind.run) == ({}, {}, (), None)


def test_a_result_and_an_edge_leave_by_the_port_out_unless_they_say_otherwise():
    assert Outcome(3).port == "out"
    assert NodeType(name="acme.send", title="Send", summary="Sends.").default_port == "out"
