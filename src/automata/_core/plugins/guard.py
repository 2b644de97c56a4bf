"""The fence round foreign code that runs at start: nothing it raises gets out, and it cannot hold the caller for long.

What a fence in the same process cannot do: stop a thread that hangs (it is left behind), or survive ``os._exit``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

LIMIT_S = 10.0
"""How long an import or a registration hook may take, in seconds."""

T = TypeVar("T")


class Contained(Exception):
    """What happened inside the fence, as one line of text that is safe to show.

    Attributes:
        reason: The line.
        hung: Whether the call did not come back; it must not be tried again in this process.
    """

    def __init__(self, reason: str, *, hung: bool = False) -> None:
        self.reason = reason
        self.hung = hung
        super().__init__(reason)


def contain(call: Callable[[], T], limit_s: float = LIMIT_S) -> T:
    """Call in a thread of its own, and wait at most *limit_s* seconds; blocks.

    Raises:
        Contained: The call raised anything at all (``SystemExit`` included), or did not return in time.
    """
    results: list[T] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - a plugin may raise SystemExit at import; this is the fence
            raised.append(error)

    thread = threading.Thread(target=work, name="automata-plugin", daemon=True)
    thread.start()
    thread.join(limit_s)
    if results:
        return results[0]
    if raised:
        raise Contained(explain(raised[0])) from None
    raise Contained(f"Did not return within {limit_s:g} s", hung=True)


def explain(error: BaseException) -> str:
    """Return class and text of a stranger's exception as one printable line of at most 300 characters."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - even the text of a foreign exception is foreign code
        text = "(its text cannot be read)"
    line = "".join(char if char.isprintable() else " " for char in f"{type(error).__name__}: {text}".rstrip(": "))
    return line[:300]
