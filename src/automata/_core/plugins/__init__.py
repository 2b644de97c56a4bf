"""Plugins: found by metadata, described by manifests, imported late, and contained when they fail."""

from automata._core.plugins.discovery import BUILTINS, FIRST_PARTY, KERNEL, discover
from automata._core.plugins.guard import LIMIT_S
from automata._core.plugins.index import Found, cache_file, read_index
from automata._core.plugins.proxy import PluginInfo, Proxy, Report, Status
from automata._core.plugins.registry import Plugins

__all__ = [
    "BUILTINS",
    "FIRST_PARTY",
    "KERNEL",
    "LIMIT_S",
    "Found",
    "PluginInfo",
    "Plugins",
    "Proxy",
    "Report",
    "Status",
    "cache_file",
    "discover",
    "read_index",
]
