"""The smaller records a plugin supplies through hooks: settings, functions, rules, commands, credential kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from automata.model.values import JsonSchema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automata.model.document import Workflow
    from automata.model.problem import Problem


@frozen(kw_only=True)
class Setting:
    """One thing an operator can set, through the environment or ``automata.toml``."""

    name: str
    """The environment variable: ``AUTOMATA_FILES_ROOT``."""
    summary: str
    default: str | None = None
    kind: Literal["text", "flag", "integer", "duration", "list", "path"] = "text"
    """How the text is read; checked at start. A list is comma-separated."""
    secret: bool = False
    plugin: str = ""


@frozen(kw_only=True)
class Command:
    """A command of the ``automata`` program, loaded when it is used."""

    name: str
    summary: str
    """One line for ``automata --help``."""
    load: str
    """Where the click command is: ``package.module:attribute``."""
    plugin: str = ""


@frozen(kw_only=True)
class CredentialKind:
    """A kind of connection: the fields a person fills in, secret ones marked ``writeOnly``."""

    name: str
    title: str
    fields: JsonSchema
    plugin: str = ""


@frozen(kw_only=True)
class Function:
    """A function expressions can call."""

    name: str
    """``size``, or ``namespace.name`` like ``math.round``."""
    call: Callable[..., Any]
    """Pure, total over its declared types, raising ValueError with a sentence for a bad argument."""
    signatures: tuple[str, ...]
    """Overloads as text: ``(list<T>) -> int``; a leading ``T.`` marks a method: ``string.trim() -> string``."""
    summary: str
    examples: tuple[tuple[str, str], ...] = ()
    """Pairs of expression and the JSON of its value; executed in CI."""
    plugin: str = ""


@frozen(kw_only=True)
class Rule:
    """A validation rule beyond the kernel's own."""

    code: str
    title: str
    check: Callable[[Workflow], Iterable[Problem]]
    plugin: str = ""
