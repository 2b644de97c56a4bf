"""The one door from commands to the kernel: every call below `automata._core` that a command makes stands here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automata._core.catalog import Catalog
    from automata._core.codec import Loaded
    from automata._core.kernel import Kernel
    from automata._core.plugins import Plugins
    from automata._core.settings import Configuration
    from automata.model import Workflow


def kernel(folder: Path | None = None, database: str | None = None) -> Kernel:
    """Make a kernel with the settings of this environment and of ``automata.toml`` in *folder* (default: here).

    Its runs live in memory, or in the database of that URL.
    """
    from automata._core.kernel import Kernel

    return Kernel(folder=folder or Path.cwd(), database=database)


def plugins() -> Plugins:
    """Find the installed plugins without importing one, and without the parts of the kernel that run workflows."""
    from automata._core.plugins import LIMIT_S, cache_file, discover
    from automata._core.settings import cache_folder, load_settings

    first = load_settings(folder=Path.cwd(), partial=True)
    limit = first.duration("AUTOMATA_PLUGIN_TIMEOUT")
    folder = cache_folder(first)
    return discover(
        disabled=first.names("AUTOMATA_DISABLED_PLUGINS"),
        safe_mode=first.flag("AUTOMATA_SAFE_MODE"),
        cache=cache_file(folder),
        limit_s=limit.total_seconds() if limit else LIMIT_S,
    )


def cache_folder() -> Path | None:
    """Where caches are kept; None when there is no place for them."""
    from automata._core.settings import cache_folder as place
    from automata._core.settings import load_settings

    return place(load_settings(folder=Path.cwd(), partial=True))


def settings(found: Plugins) -> Configuration:
    """Read every setting, those of plugins included; raises `InvalidSetting` naming all faults."""
    from automata._core.settings import load_settings

    return load_settings(found.settings(), folder=Path.cwd())


def catalog(found: Plugins) -> Catalog:
    """Collect the node types, functions and kinds of connections there are."""
    from automata._core.catalog import build_catalog

    return build_catalog(found)


def load(text: bytes | str, file: str) -> Loaded:
    """Read a document's structure, without the catalog and its rules."""
    from automata._core.codec import load as read

    return read(text, file=file)


def version(workflow: Workflow) -> str:
    """Give the version of a document."""
    from automata._core.codec import version as digest

    return digest(workflow)
