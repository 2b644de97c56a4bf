"""A child process finds an action by its name."""

from __future__ import annotations

import functools

import pytest

from automata._core.pool.reference import function_of, name_of
from automata.errors import StepError
from automata.model import Blocking


@pytest.fixture
def actions(site):
    import blocking_actions

    return blocking_actions


class Group:
    @staticmethod
    def inside(*_):
        return None


def test_a_function_is_found_by_its_name(actions):
    assert name_of(actions.echo) == "blocking_actions:echo"
    assert function_of("blocking_actions:echo") is actions.echo


def test_a_name_may_stand_for_a_record(actions):
    assert function_of("blocking_actions:node_type") is actions.echo
    assert isinstance(actions.wrapped, Blocking)
    assert name_of(actions.wrapped.function) == "blocking_actions:wrapped"


def test_a_function_of_a_class_has_a_name(actions, monkeypatch):
    Group.__module__ = Group.inside.__module__ = "blocking_actions"
    monkeypatch.setattr(actions, "Group", Group, raising=False)

    assert name_of(Group.inside) == "blocking_actions:Group.inside"


@pytest.mark.parametrize("name", ["blocking_actions:missing", "blocking_actions:CALLS", "blocking_actions:echo.deep"])
def test_what_is_no_function_is_refused(site, name):
    with pytest.raises(StepError, match="There is no function") as caught:
        function_of(name)

    assert caught.value.kind == "bug"


def test_what_a_child_would_not_find_is_refused(actions):
    def local(context, parameters):
        return None

    def another(context, parameters):
        return None

    another.__module__, another.__qualname__ = "blocking_actions", "echo"
    own = functools.partial(another)
    script = type(local)(local.__code__, globals())
    script.__module__, script.__qualname__ = "__main__", "script"

    for function, why in (
        (local, "no name"),
        (lambda c, p: 1, "no name"),
        (own, "no name"),
        (another, "something else"),
        (script, "move it to a module"),
    ):
        with pytest.raises(StepError, match=why):
            name_of(function)
