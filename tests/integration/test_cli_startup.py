"""Starting the program imports no plugin and nothing heavy, however many plugins are installed."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = ("networkx", "sqlalchemy", "jsonschema", "rich", "yaml", "asyncio", "httpx2", "alembic")
MANIFEST = {"format": 1, "kernel": ">=0.1"}


@pytest.fixture
def crowd(tmp_path):
    """Two hundred installed plugins whose modules say so when they are imported."""
    for number in range(200):
        name = f"dummy_{number}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('a plugin was imported')\n")
        manifest = {"format": 1, "name": f"dummy-{number}", "version": "1.0", "kernel": ">=0.1,<1", "hooks": []}
        (tmp_path / name / "automata.json").write_text(json.dumps(manifest))
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dummy-{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[automata]\n{name} = {name}\n")
    return tmp_path


def start(crowd, *arguments):
    program = (
        "import sys, json\n"
        "from automata.cli.main import main\n"
        f"code = main({list(arguments)!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(crowd), "HOME": str(crowd)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=50, check=False
    )
    return done.stdout, *json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["plugins", "list"]], ids=" ".join)
def test_no_plugin_is_imported(crowd, arguments):
    _, code, modules = start(crowd, *arguments)

    assert code == 0
    assert not [name for name in modules if name.startswith("dummy_")]
    assert not set(HEAVY) & set(modules)


def test_version_needs_not_even_click(crowd):
    assert "click" not in start(crowd, "--version")[2]


def test_all_plugins_are_listed(crowd):
    assert start(crowd, "plugins", "list")[0].count("dummy-") == 200


def test_a_run_into_a_pipe_never_imports_rich(crowd):
    document = crowd / "one.yaml"
    document.write_text("automata: 1\nname: One\nnodes: {a: {use: set, with: {x: 1}}}\n")

    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "automata", "run", str(document), "--json", "-v"],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(crowd)},
        timeout=50,
        check=False,
    )

    assert done.returncode == 0
    assert "| rich" not in done.stderr.replace(" ", "").replace("|rich", "| rich")
