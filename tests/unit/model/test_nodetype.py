"""What a node type says of itself when its author says nothing."""

import functools

import pytest

from automata.model import Blocking, Effect, NodeType, Outcome


def shrink(context, parameters):
    return parameters


async def fetch(context, parameters):
    return parameters


@functools.wraps(fetch)
def decorated(context, parameters):
    return fetch(context, parameters)


class Caller:
    def __call__(self, context, parameters):
        return fetch(context, parameters)


def made(run):
    return NodeType(name="acme.send", title="Send", summary="Sends.", run=run).run


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


def test_a_plain_function_is_performed_in_a_child_process():
    assert made(shrink) == Blocking(shrink, "process")


def test_a_plain_function_may_say_where_it_is_performed():
    assert made(Blocking(shrink, isolation="inproc")) == Blocking(shrink, "inproc")


@pytest.mark.parametrize("run", [fetch, decorated, Caller(), functools.partial(fetch), print, None])
def test_whatever_may_be_awaitable_is_left_as_it_is(run):
    assert made(run) is run


def test_a_blocking_action_does_not_pretend_to_be_awaitable():
    with pytest.raises(TypeError, match="child process"):
        made(shrink)(None, {}).send(None)
