"""Fixtures that give the checkout's own scripts as modules."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def dev(root):
    """The entry script; it starts nothing when imported."""
    return _module("dev", root / "dev")


@pytest.fixture(scope="session")
def generator(root):
    """The maker of reference pages."""
    return _module("generate", root / "docs" / "_ext" / "generate.py")


@pytest.fixture
def linter(root, monkeypatch):
    """Load a house linter by name."""
    monkeypatch.syspath_prepend(str(root / "tools"))
    return lambda name: _module(name, root / "tools" / f"{name}.py")


def _module(name, path):
    spec = spec_from_loader(name, SourceFileLoader(name, str(path)))
    module = module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = writes
    return module
