"""The name of an action, by which a child process finds it again: ``module:attribute.path``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from automata.errors import StepError
from automata.model import Blocking, NodeType


def name_of(function: Callable[..., Any]) -> str:
    """Name a function.

    Raises:
        StepError: ``bug``: a child process would not find it, because it is a lambda, stands inside another function,
            or belongs to the script itself.
    """
    module, path = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(path, str) or "<" in path:
        raise _unreachable(function, "it has no name at the top of a module")
    if module == "__main__":
        raise _unreachable(function, "it stands in the program itself; move it to a module")
    if _found(sys.modules.get(module), path) is not function:
        raise _unreachable(function, f"{module}.{path} is something else")
    return f"{module}:{path}"


def function_of(name: str) -> Callable[..., Any]:
    """Import the function of that name.

    Raises:
        StepError: ``bug``: there is none.
    """
    module, _, path = name.partition(":")
    found: object = _found(import_module(module), path)
    if not callable(found):
        raise StepError(f"There is no function {path!r} in the module {module!r}", error_class="bug")
    return found


def _found(module: ModuleType | None, path: str) -> Any:
    """What stands at *path*; a node type or a wrapper found there stands for its function."""
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    if isinstance(found, NodeType):
        found = found.run
    return found.function if isinstance(found, Blocking) else found


def _unreachable(function: Callable[..., Any], why: str) -> StepError:
    return StepError(
        f"{function!r} cannot be performed in a child process: {why}. Blocking(..., isolation='inproc') spares it one",
        error_class="bug",
    )
