"""Commands of plugins: listed unseen, imported when used, and harmless when broken."""

import click
import pytest

from automata.cli.console import Console
from automata.cli.extension import load_command, plugin_commands

HOOK = """from automata.model import Command
from automata.sdk import hookimpl

@hookimpl
def automata_commands():
    return [
        Command(name="greet", summary="Greet.", load="{package}.cli:greet"),
        Command(name="plain", summary="No command.", load="{package}.cli:plain"),
        Command(name="gloom", summary="Break.", load="{package}.absent:greet"),
    ]
"""
MANIFEST = """{"manifest": 1, "name": "%(name)s", "version": "1.0", "entry_point": "%(name)s",
  "hooks": ["automata_commands"], "commands": [{"name": "greet", "summary": "Greet.", "load": "%(name)s.cli:greet"}]}"""


@pytest.fixture
def install(folder, monkeypatch):
    """Install a plugin whose package has this text; the imported package says so by a file."""
    monkeypatch.syspath_prepend(str(folder / "site"))

    def made(package, text, manifest=""):
        code = folder / "site" / package
        code.mkdir(parents=True)
        (code / "__init__.py").write_text(text)
        (code / "cli.py").write_text("import click\n\n@click.command()\ndef greet():\n    pass\n\nplain = 1\n")
        info = folder / "site" / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[automata]\n{package} = {package}\n")
        if manifest:
            (code / "automata.json").write_text(manifest)

    return made


def test_a_command_is_loaded_by_its_name(install):
    install("extension_good", HOOK.format(package="extension_good"))

    assert isinstance(load_command("greet", Console()), click.Command)
    assert load_command("nobody", Console()) is None


@pytest.mark.parametrize(("name", "warned"), [("gloom", True), ("plain", False)])
def test_what_is_no_command_is_not_offered(install, capsys, name, warned):
    install(f"extension_{name}", HOOK.format(package=f"extension_{name}"))

    assert load_command(name, Console()) is None
    assert (f"cannot load its command '{name}'" in capsys.readouterr().err) == warned


def test_a_plugin_that_cannot_be_imported_costs_a_warning(install, capsys):
    install("extension_broken", "raise RuntimeError('not today')\n")

    assert load_command("greet", Console()) is None
    assert "'extension_broken'" in capsys.readouterr().err


def test_a_setting_that_cannot_be_read_costs_a_warning(folder, monkeypatch, capsys):
    monkeypatch.setenv("AUTOMATA_PLUGIN_TIMEOUT", "soon")

    assert plugin_commands(Console()) == []
    assert "AUTOMATA_PLUGIN_TIMEOUT" in capsys.readouterr().err


def test_the_list_imports_nothing_of_a_described_plugin(install, capsys):
    install("extension_told", "raise RuntimeError('imported')\n", MANIFEST % {"name": "extension_told"})

    assert "greet" in {each.name for each in plugin_commands(Console())}
    assert capsys.readouterr().err == ""
