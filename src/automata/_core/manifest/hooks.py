"""One plugin's hooks, called through a plugin manager of its own so that pluggy's rules hold. No fence here."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 10_000
"""How many records one hook call may return."""


@cache
def hook_specs() -> Mapping[str, Callable[..., Any]]:
    """Every hook of the kernel: name to the function that specifies it, in the order of `automata.hookspecs`."""
    from automata import hookspecs

    return {name: spec for name, spec in vars(hookspecs).items() if hasattr(spec, f"{hookspecs.GROUP}_spec")}


def manager_of(plugin: object, name: str = "plugin") -> pluggy.PluginManager:
    """Return a manager that knows the kernel's hooks and this one plugin.

    Raises:
        pluggy.PluginValidationError: A hook asks for an argument its specification does not have.
    """
    from automata import hookspecs

    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name)
    return manager


def implemented(plugin: object) -> frozenset[str]:
    """Names of the hooks *plugin* implements, those the kernel does not know included."""
    manager = manager_of(plugin)
    return frozenset(caller.name for caller in manager.get_hookcallers(plugin) or ())


def supplied(plugin: object, hook: str, arguments: Mapping[str, object] | None = None) -> tuple[Any, ...]:
    """Everything the plugin's implementations of *hook* return, flattened.

    Raises:
        TypeError: A result is not an iterable of records.
    """
    return answers(manager_of(plugin), hook, arguments or {})


def answers(manager: pluggy.PluginManager, hook: str, arguments: Mapping[str, object]) -> tuple[Any, ...]:
    """Call *hook* on the manager and flatten what comes back.

    Raises:
        TypeError: A result is not an iterable of records.
        ValueError: There are more records than anybody needs.
    """
    found: list[Any] = []
    for result in getattr(manager.hook, hook)(**arguments):
        found.extend(islice(_iterate(result), LIMIT + 1 - len(found)))
    if len(found) > LIMIT:
        raise ValueError(f"More than {LIMIT} records")
    return tuple(found)


def _iterate(result: object) -> Iterable[Any]:
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError("The hook is async, and has to be a plain function")
    if isinstance(result, str | bytes | Mapping | ModuleType) or not isinstance(result, Iterable):
        raise TypeError(f"The hook returned {type(result).__name__}, not a list of records")
    return result
