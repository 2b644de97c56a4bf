"""The door to the kernel."""

from automata.cli import access


def test_settings_and_cache_are_found(folder):
    assert access.settings(access.plugins()).by_name
    assert access.cache_folder() is not None
