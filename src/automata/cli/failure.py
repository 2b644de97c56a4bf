"""What a command raises when it cannot go on, and how every exception becomes a message and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automata.cli.exits import Exit

if TYPE_CHECKING:
    from automata.errors import AutomataError


class Failure(Exception):
    """A command cannot do what was asked.

    Attributes:
        code: Stable word or problem code shown in brackets.
        message: One sentence, no full stop.
        because: Why, when that is not plain from the message.
        fix: The exact command or place that helps.
        docs: Topic for ``automata docs``.
        exit: The exit code of the program.
    """

    def __init__(
        self,
        message: str,
        *,
        exit: Exit,  # noqa: A002 - the word every shell uses
        code: str = "",
        because: str = "",
        fix: str = "",
        docs: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code or exit.name.lower().replace("_", "-")
        self.message = message
        self.because = because
        self.fix = fix
        self.docs = docs
        self.exit = exit

    def payload(self) -> dict[str, object]:
        """The failure as the JSON object printed with ``--json``."""
        told = {"code": self.code, "message": self.message, "because": self.because, "fix": self.fix}
        return {"error": {key: text or None for key, text in told.items()}, "exit": int(self.exit)}


class ReportedError(Exception):
    """Ends a command whose output already says what is wrong."""

    def __init__(self, exit: Exit) -> None:  # noqa: A002 - as above
        super().__init__(exit.name)
        self.exit = exit


def from_error(error: AutomataError) -> Failure:
    """Word an error of the kernel for the command line."""
    from automata import errors

    table: tuple[tuple[type[Exception], Exit], ...] = (
        (errors.InvalidDocument, Exit.INVALID),
        (errors.InvalidExpression, Exit.INVALID),
        (errors.InvalidValue, Exit.INVALID),
        (errors.Damaged, Exit.INVALID),
        (errors.InvalidSetting, Exit.USAGE),
        (errors.NotFound, Exit.NOT_FOUND),
        (errors.ResourceNotFound, Exit.NOT_FOUND),
        (errors.Conflict, Exit.CONFLICT),
        (errors.TooLarge, Exit.LIMIT),
        (errors.FixInput, Exit.USAGE),
        (errors.AuthExpired, Exit.DENIED),
        (errors.PermissionDenied, Exit.DENIED),
        (errors.StepError, Exit.FAILED),
        (errors.TryLater, Exit.UNAVAILABLE),
    )
    for kind, exit_code in table:
        if isinstance(error, kind):
            return Failure(error.message, exit=exit_code)
    return Failure(error.message, exit=Exit.UNEXPECTED)


def from_os_error(error: OSError) -> Failure:
    """Word what the file system refused."""
    kinds: tuple[tuple[type[OSError], Exit], ...] = (
        (FileNotFoundError, Exit.NOT_FOUND),
        (PermissionError, Exit.DENIED),
        (FileExistsError, Exit.CONFLICT),
        (IsADirectoryError, Exit.USAGE),
        (NotADirectoryError, Exit.USAGE),
        (TimeoutError, Exit.UNAVAILABLE),
        (ConnectionError, Exit.UNAVAILABLE),
    )
    exit_code = next((code for kind, code in kinds if isinstance(error, kind)), Exit.UNEXPECTED)
    reason = error.strerror or type(error).__name__
    place = f" {str(error.filename)!r}" if error.filename is not None else ""
    return Failure(f"Cannot use{place}: {reason.lower()}", exit=exit_code)
