"""Automata: a plugin-based, extensible automation framework.

Embedders start here: `Kernel` validates and runs documents, `load` reads them, `automata.build` makes them in Python,
`automata.sdk` is for authors of plugins, `automata.testing` for everybody's tests. Names are imported at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automata._core.codec import Loaded, dump_json, dump_yaml, load
    from automata._core.dryrun import DryRun
    from automata._core.kernel import Kernel
    from automata._core.results import Report, RunHandle, RunResult
    from automata._core.sync import SyncKernel
    from automata._version import __version__

__all__ = [
    "DryRun",
    "Kernel",
    "Loaded",
    "Report",
    "RunHandle",
    "RunResult",
    "SyncKernel",
    "__version__",
    "dump_json",
    "dump_yaml",
    "load",
]

_HOMES = {
    "DryRun": "automata._core.dryrun",
    "Kernel": "automata._core.kernel",
    "Loaded": "automata._core.codec",
    "Report": "automata._core.results",
    "RunHandle": "automata._core.results",
    "RunResult": "automata._core.results",
    "SyncKernel": "automata._core.sync",
    "__version__": "automata._version",
    "dump_json": "automata._core.codec",
    "dump_yaml": "automata._core.codec",
    "load": "automata._core.codec",
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'automata' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, for people who explore."""
    return sorted(__all__)
