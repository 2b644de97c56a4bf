"""Every hook of the kernel is described as it is, shown by an example that works, and called by somebody."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace

import pytest

from automata._core.manifest import KINDS, shapes
from automata._core.manifest.hooks import hook_specs, supplied
from automata._core.plugins import Plugins

HOOKS = hook_specs()


@pytest.fixture(scope="module")
def sections(root):
    """Heading to the text below it."""
    page = (root / "docs" / "reference" / "hooks.md").read_text()
    parts = re.split(r"^## `(.+)`$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def section(sections, hook):
    return next(text for heading, text in sections.items() if heading.startswith(f"{hook}("))


def test_the_page_names_the_hooks_there_are_with_their_exact_signatures(sections):
    signatures = [f"{name}{inspect.signature(spec)}".replace("'", "") for name, spec in HOOKS.items()]

    assert list(sections) == signatures


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_of_a_hook_supplies_a_sound_record(sections, hook):
    (code,) = re.findall(r"```python\n(.*?)```", section(sections, hook), flags=re.DOTALL)
    plugin = SimpleNamespace()
    exec(code, vars(plugin))

    records = supplied(plugin, hook)

    shape = shapes()[KINDS[hook]]
    assert len(records) == 1
    assert shape.faults(records[0]) == []


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_typed_method_and_somebody_calls_it(root, hook):
    method = hook.removeprefix("automata_")
    assert callable(getattr(Plugins, method))

    files = [path for path in (root / "src" / "automata").rglob("*.py") if path.name != "registry.py"]
    callers = [path for path in files if re.search(rf"\.{method}\(\)", path.read_text())]

    assert callers
