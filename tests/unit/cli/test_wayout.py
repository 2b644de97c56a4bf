"""What a person can do."""

import pytest

from automata._core.operations import Detail, Wait
from automata.cli.wayout import fix_of, next_of
from automata.model import Answered, ErrorInfo, Message, Run, RunStatus

ID = "0123456789abcdef"


def detail(status, *, kind=None, waits=(), messages=()):
    error = None if kind is None else ErrorInfo(kind, "No")
    run = Run(id=ID, workflow="w", version="v", status=status, error=error)
    return Detail(run=run, input=None, trigger=None, origin=None, steps=(), waits=waits, journal=(), messages=messages)


def wait(kind, step="a"):
    return Wait(kind=kind, step=step, about="paid")


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.SUCCEEDED])
def test_a_run_that_needs_nothing_gets_no_advice(status):
    assert fix_of(detail(status)) == ()


@pytest.mark.parametrize(
    ("kind", "said"),
    [("auth_expired", "Renew the connection"), ("bug", "update its plugin"), ("odd", "Put its cause right")],
)
def test_a_failed_run_is_retried_once_its_cause_is_gone(kind, said):
    first, second = fix_of(detail(RunStatus.FAILED, kind=kind))

    assert said in first
    assert second.startswith(f"automata runs retry {ID}")


def test_a_wrong_expression_needs_a_new_version():
    [only] = fix_of(detail(RunStatus.FAILED, kind="expression"))

    assert "new version" in only


def test_one_of_several_parked_steps_is_named():
    advice = fix_of(detail(RunStatus.PARKED, kind="poison", waits=(wait("choice"), wait("choice", "b"))))

    assert advice[0] == "Choose how it goes on:"
    assert all(f"automata runs resolve {ID} a --" in line for line in advice[1:])


@pytest.mark.parametrize(("kind", "said"), [("blocked", "Install"), ("damaged", "backup"), ("odd", "Put its cause")])
def test_a_run_no_worker_can_drive_is_tried_again(kind, said):
    first, second = fix_of(detail(RunStatus.PARKED, kind=kind))

    assert said in first
    assert second == f"automata runs resume {ID}"


@pytest.mark.parametrize(
    ("given", "first"),
    [
        (detail(RunStatus.SUCCEEDED), f"automata runs logs {ID}"),
        (detail(RunStatus.QUEUED), "automata worker"),
        (detail(RunStatus.PAUSED), f"automata runs resume {ID}"),
        (detail(RunStatus.WAITING, waits=(wait("approval"),)), f"automata runs approve {ID} a"),
        (detail(RunStatus.WAITING, waits=(wait("signal"),)), f"automata events send 'paid' --run {ID}"),
        (
            detail(RunStatus.WAITING, waits=(wait("approval"),), messages=(Message(id="m", body=Answered("a", {})),)),
            f"automata runs tail {ID}",
        ),
    ],
    ids=["over", "queued", "paused", "approval", "signal", "answered"],
)
def test_the_next_command_fits_how_the_run_stands(given, first):
    assert next_of(given)[0] == first
