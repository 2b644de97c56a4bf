"""How much one evaluation may use, and what it runs in: limits, the fuel frame, the scope.

Fuel is counted, never time, so that the same text on the same data stops at the same place everywhere
(docs/decisions/0010-expression-fuel.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from attrs import field, frozen

from automata._core.expressions.values import Failure, Value
from automata.model import Json

if TYPE_CHECKING:
    from automata._core.expressions.automaton import Search

MAX_SOURCE: Final = 64 * 1024
"""Characters an expression may have."""
MAX_NESTING: Final = 32
"""How deep brackets, conditionals and macros nest in a text, and values in a result."""
MAX_TREE: Final = 100
"""How deep the syntax tree may be; long chains of ``a + b + c`` lean to the left."""


@frozen(kw_only=True)
class Limits:
    """What one evaluation may use."""

    fuel: int = 10_000
    """Operations without any data: each node of the expression and each element touched is one."""
    fuel_per_item: int = 20
    """Operations granted for each element of a list or map of the scope that is walked at the outermost level."""
    fuel_ceiling: int = 500_000
    """Operations in all, grants included."""
    output_bytes: int = 256 * 1024
    """Size of the result as JSON, and of any one text on the way there."""
    depth: int = MAX_NESTING
    """Nesting of the result."""


DEFAULT_LIMITS: Final = Limits()


class Volatile(Protocol):
    """Where ``now()``, ``uuid()`` and ``random()`` come from; the engine records the answers and replays them."""

    def now(self) -> datetime:
        """The instant of the evaluation, aware; the same however often it is asked."""

    def uuid(self) -> str:
        """A fresh UUID in its canonical text form, another one each time."""

    def random(self) -> float:
        """A float in [0, 1), another one each time."""


@frozen
class Scope:
    """What the names of an expression stand for.

    A node that did not run is simply absent from *roots*.
    """

    roots: Mapping[str, Json] = field(factory=dict)
    volatile: Volatile | None = None


class Frame:
    """One evaluation under way: the roots, the macro variables and the fuel that is left."""

    __slots__ = ("fuel", "limits", "reserve", "roots", "searches", "slots", "volatile")

    def __init__(self, scope: Scope, limits: Limits, slots: int = 0, cost: int = 0) -> None:
        self.roots: Mapping[str, Value] = scope.roots
        self.volatile = scope.volatile
        self.slots: list[Value] = [None] * slots
        self.limits = limits
        self.fuel = limits.fuel - cost
        self.reserve = limits.fuel_ceiling - limits.fuel
        self.searches: dict[str, Search] = {}

    def spend(self, amount: int, span: tuple[int, int] | None = None) -> None:
        """Use up *amount* operations, or stop the evaluation."""
        self.fuel -= amount
        if self.fuel < 0:
            raise exhausted(span)

    def grant(self, items: int) -> None:
        """Add the operations that walking *items* elements of the scope's own data earns."""
        amount = min(items * self.limits.fuel_per_item, self.reserve)
        self.reserve -= amount
        self.fuel += amount


def exhausted(span: tuple[int, int] | None) -> Failure:
    """Make the failure of an evaluation that used all its fuel."""
    hint = "do less in one expression: split it over several nodes, or use a 'foreach' node"
    return Failure("The expression needs more operations than it may use", span, hint, fatal=True)


class TooLong(Failure):
    """A text or result outgrew the limit."""


def too_long(span: tuple[int, int] | None = None) -> TooLong:
    """Make the failure of a text or result that outgrew the limit."""
    hint = "pass a large value on as a whole, as ${step.field} alone, and have an action work on it"
    return TooLong("The result is larger than 256 KiB", span, hint, fatal=True)
