"""Everything the kernel raises, sorted by what the caller can do about it.

::

    AutomataError
    ├── FixInput                 the caller's input is wrong: change it
    │   ├── InvalidDocument          a workflow document has problems (carries all of them)
    │   ├── InvalidExpression        an expression does not parse or check
    │   ├── InvalidSetting           one or more settings are wrong
    │   ├── InvalidValue             a value from outside does not fit its schema
    │   ├── TooLarge                 a value has more bytes than any may have (says how many those are)
    │   ├── NotFound                 no workflow, run, node type or plugin of that name
    │   └── Conflict                 it exists already, or changed meanwhile
    │       └── Fenced                   another worker has taken the run over
    ├── StepError                a step of a run failed (its ``error_class`` routes it)
    │   ├── InvalidInput             invalid_input: the far side or the schema refused the parameters
    │   ├── AuthExpired              auth_expired: the credential no longer works
    │   ├── PermissionDenied         permission_denied: the credential works but may not do this
    │   ├── ResourceNotFound         not_found: the thing acted on does not exist
    │   ├── ResourceConflict         conflict: the thing acted on is in another state
    │   ├── RateLimited              rate_limited: wait ``retry_after_s`` and try again
    │   ├── Transient                transient: try again
    │   ├── TimedOut                 timed_out: no answer in time; ``sent`` says whether it may have happened
    │   ├── ProviderBroke            provider_broke: the far side answered nonsense
    │   └── ExpressionFailed         expression: an expression failed while running
    ├── TryLater                 nothing is wrong with the input: wait and retry
    │   ├── StoreUnavailable         the store did not take the write
    │   └── Overloaded               a queue is full (says how long to wait)
    ├── Undone                   a function in the store's transaction raised (carries what): nothing of it has happened
    ├── Damaged                  stored data does not match its checksum (says which, and what to do)
    ├── PluginError              a plugin misbehaved (carries its name); it is contained
    └── KernelBug                an invariant of the kernel broke: report it

A user's mistake inside a workflow is a `Problem` value, not an exception; `InvalidDocument` only carries them
across a call that cannot go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automata.model import Json, Problem


class AutomataError(Exception):
    """The root of the tree; the first line of a subclass's docstring is its default message."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0].rstrip("."))

    @property
    def message(self) -> str:
        """The text without the class name."""
        return str(self.args[0])


class FixInput(AutomataError):
    """The input is wrong; changing it helps, trying again does not."""


class InvalidDocument(FixInput):
    """The workflow document has problems.

    Attributes:
        problems: All of them, in document order; never empty.
    """

    def __init__(self, problems: Sequence[Problem], message: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__(message or "; ".join(p.message for p in self.problems[:3]))


class InvalidExpression(FixInput):
    """The expression does not parse or check."""


class InvalidSetting(FixInput):
    """One or more settings are wrong."""


class InvalidValue(FixInput):
    """The value does not fit its schema."""


class TooLarge(FixInput):
    """A value is larger than any may be.

    Attributes:
        limit_bytes: How many bytes of JSON it may take.
    """

    def __init__(self, message: str = "", *, limit_bytes: int = 0) -> None:
        super().__init__(message)
        self.limit_bytes = limit_bytes


class NotFound(FixInput):
    """Nothing of that name exists."""


class Conflict(FixInput):
    """It exists already, or it changed meanwhile."""


class Fenced(Conflict):
    """Another worker has taken the run over; what this one still does with it is refused."""


class StepError(AutomataError):
    """A step of a run failed.

    An action raises a subclass (or this class with its own ``error_class``); the machine decides by the class whether
    to retry, which ``error`` edge to take, or to fail the run.

    Attributes:
        error_class: One of the classes of the workflow document's error object, or any name a ``fail`` node uses.
        details: JSON facts for the ``error`` object; never secrets.
        retry_after_s: Seconds the far side asked to wait, or None.
        sent: Whether the effect may have happened (only meaningful for timeouts and lost answers).
    """

    error_class: ClassVar[str] = "failed"

    def __init__(
        self,
        message: str = "",
        *,
        error_class: str | None = None,
        details: Mapping[str, Json] | None = None,
        retry_after_s: float | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(message)
        self.kind = error_class or self.error_class
        self.details: Mapping[str, Json] = details or {}
        self.retry_after_s = retry_after_s
        self.sent = sent


class InvalidInput(StepError):
    """The parameters were refused."""

    error_class = "invalid_input"


class AuthExpired(StepError):
    """The credential no longer works."""

    error_class = "auth_expired"


class PermissionDenied(StepError):
    """The credential may not do this."""

    error_class = "permission_denied"


class ResourceNotFound(StepError):
    """The thing acted on does not exist."""

    error_class = "not_found"


class ResourceConflict(StepError):
    """The thing acted on is in another state."""

    error_class = "conflict"


class RateLimited(StepError):
    """The far side asks to slow down."""

    error_class = "rate_limited"


class Transient(StepError):
    """A passing fault; trying again may help."""

    error_class = "transient"


class TimedOut(StepError):
    """No answer came in time."""

    error_class = "timed_out"


class ProviderBroke(StepError):
    """The far side answered nonsense."""

    error_class = "provider_broke"


class ExpressionFailed(StepError):
    """An expression failed while running."""

    error_class = "expression"


class TryLater(AutomataError):
    """Nothing is wrong with the input; wait and try again."""


class StoreUnavailable(TryLater):
    """The store did not take the write."""


class Overloaded(TryLater):
    """A queue is full.

    Attributes:
        retry_after_s: Seconds after which a place may be free.
    """

    def __init__(self, message: str = "", *, retry_after_s: float = 1.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Undone(AutomataError):
    """A function within the store's transaction raised; nothing of it has happened.

    Attributes:
        error: What it raised; what the database refused, as a `StepError`.
    """

    def __init__(self, error: BaseException) -> None:
        self.error = error
        super().__init__(f"{type(error).__name__}: {error}")


class Damaged(AutomataError):
    """Stored data does not match its checksum."""


class PluginError(AutomataError):
    """A plugin misbehaved.

    Attributes:
        plugin: Name of the distribution or entry point to blame.
    """

    def __init__(self, plugin: str, message: str) -> None:
        self.plugin = plugin
        super().__init__(message)


class KernelBug(AutomataError):
    """An invariant of the kernel broke; please report it."""
