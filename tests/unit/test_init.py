"""The façade: which names are public, and that they cost nothing before they are used."""

import subprocess
import sys

import pytest

import automata

PUBLIC = [
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


def test_the_public_names_are_these():
    assert automata.__all__ == PUBLIC
    assert dir(automata) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there(name):
    assert getattr(automata, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Kernle'"):
        automata.Kernle  # noqa: B018 - the access is the test


def test_importing_the_package_imports_nothing_else():
    code = "import sys; before = set(sys.modules); import automata; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['__future__', 'automata']" or "automata._" not in done.stdout
