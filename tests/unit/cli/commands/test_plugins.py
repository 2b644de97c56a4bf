"""What is installed."""

import json

import pytest


@pytest.fixture
def plugin(folder, monkeypatch):
    """A plugin with a working command and a broken one."""
    package = folder / "site" / "greeter"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from automata.model import Command\nfrom automata.sdk import hookimpl\n\n@hookimpl\n"
        "def automata_commands():\n"
        "    return [Command(name='greet', summary='Greet.', load='greeter.cli:greet'),\n"
        "            Command(name='gloom', summary='Break.', load='greeter.cli:nothing')]\n"
    )
    (package / "cli.py").write_text("import click\n\n@click.command()\ndef greet():\n    click.echo('hello')\n")
    info = folder / "site" / "greeter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[automata]\ngreeter = greeter\n")
    monkeypatch.syspath_prepend(str(folder / "site"))


def test_a_command_of_a_plugin_runs_and_a_broken_one_warns_once(automata, plugin):
    assert automata("greet").out == "hello\n"

    broken = automata("gloom")

    assert broken.code == 2
    assert broken.err.count("cannot load its command") == 1


def test_plugins_are_listed_and_described(automata, plugin):
    assert "greeter" in automata("plugins", "list").out
    assert json.loads(automata("plugins", "info", "greeter", "--json").out)["brings"]["commands"] == ["greet", "gloom"]
    assert "greet" in automata("plugins", "info", "greeter").out
    assert automata("plugins", "info", "nothing").code == 4


def test_hooks_are_listed(automata, plugin):
    assert "automata_commands" in automata("plugins", "hooks").out
