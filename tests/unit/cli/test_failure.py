"""Every exception has a message and an exit code."""

import pytest

from automata import errors
from automata.cli.exits import MEANINGS, Exit
from automata.cli.failure import Failure, from_error, from_os_error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFound("x"), Exit.NOT_FOUND),
        (errors.Conflict("x"), Exit.CONFLICT),
        (errors.InvalidSetting("x"), Exit.USAGE),
        (errors.AuthExpired("x"), Exit.DENIED),
        (errors.Transient("x"), Exit.FAILED),
        (errors.TryLater("x"), Exit.UNAVAILABLE),
        (errors.KernelBug("x"), Exit.UNEXPECTED),
    ],
)
def test_an_error_of_the_kernel_has_an_exit_code(error, code):
    assert from_error(error).exit is code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileNotFoundError(2, "No such file", "f"), Exit.NOT_FOUND),
        (PermissionError(13, "Permission denied", "f"), Exit.DENIED),
        (TimeoutError(), Exit.UNAVAILABLE),
        (OSError(28, "No space left"), Exit.UNEXPECTED),
    ],
)
def test_an_error_of_the_system_has_an_exit_code(error, code):
    assert from_os_error(error).exit is code


def test_a_failure_says_what_is_known_and_null_for_the_rest():
    failure = Failure("Gone", exit=Exit.NOT_FOUND, fix="look")

    assert failure.payload() == {
        "error": {"code": "not-found", "message": "Gone", "because": None, "fix": "look"},
        "exit": 4,
    }


def test_every_exit_code_is_explained():
    assert set(MEANINGS) == set(Exit)
