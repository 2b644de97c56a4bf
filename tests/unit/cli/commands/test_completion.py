"""Scripts for shells."""

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_names_the_variable(automata, shell):
    assert "_AUTOMATA_COMPLETE" in automata("completion", shell).out
