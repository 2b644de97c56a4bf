"""The way in: ./dev, tox.ini, .ci/run and the README say the same and need no more than they claim."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def environments(root):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(root / "tox.ini")
    return {name.removeprefix("testenv:"): parser[name] for name in parser.sections() if name.startswith("testenv:")}


def test_the_entry_script_imports_nothing_but_the_standard_library(root):
    tree = ast.parse((root / "dev").read_text())

    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_the_entry_script_parses_on_pythons_it_refuses(root):
    ast.parse((root / "dev").read_text(), feature_version=(3, 7))


def test_every_environment_is_described(environments):
    assert [name for name, section in environments.items() if not section.get("description")] == []


def test_the_gate_and_the_commands_name_environments_that_exist(dev, environments):
    assert {*dev.GATE, *dev.ENVIRONMENTS} <= set(environments)


def test_the_gate_ends_with_the_tests_so_that_their_closing_line_is_last(dev):
    assert dev.GATE[-1] == "py"


def test_the_readme_has_exactly_two_commands_and_both_exist(dev, root):
    section = (root / "README.md").read_text().partition("## Two commands")[2].partition("## ")[0]

    commands = re.findall(r"^\$ \./dev (\w+)$", section, re.MULTILINE)

    assert commands == ["demo", "test"]
    assert set(commands) <= set(dev.COMMANDS)


def test_continuous_integration_runs_the_readmes_test_command(root):
    last = (root / ".ci" / "run").read_text().strip().splitlines()[-1]

    assert last.endswith("./dev test")


def test_the_help_names_every_command(dev):
    commands = {name for name in {*dev.COMMANDS, *dev.ENVIRONMENTS} if not name.startswith("-")}

    assert [name for name in commands if not re.search(rf"^  {name}\b", dev.HELP, re.MULTILINE)] == []


def test_an_unknown_command_is_a_usage_error(root):
    done = subprocess.run([sys.executable, root / "dev", "dmeo"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "Unknown command 'dmeo'" in done.stderr


def test_a_pin_is_a_name_and_a_version_and_no_address(root):
    lines = (root / "constraints" / "constraints.txt").read_text().splitlines()

    assert [x for x in lines if not x.startswith("#") and not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.!+]+", x)] == []


def test_the_lock_file_with_addresses_is_ignored(root):
    assert "uv.lock" in (root / ".gitignore").read_text().split()


def test_uv_hears_what_pip_is_set_up_for(dev):
    pip = {"index-url": "file:///a", "extra-index-url": "file:///b file:///c", "find-links": "/w /x", "cert": "/c.pem"}

    assert dev.forwarded(pip) == {
        "UV_DEFAULT_INDEX": "file:///a",
        "UV_INDEX": "file:///b file:///c",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/w,/x",
        "SSL_CERT_FILE": "/c.pem",
    }


def test_uv_hears_nothing_when_pip_is_not_set_up(dev):
    assert dev.forwarded({}) == {}


def test_our_own_distributions_come_from_the_checkout(dev):
    assert [name for name in dev.group("dev") if name.startswith("automata")] == []
    assert "." not in dev.wanted("tools")
    assert ".[cli,http]" in dev.wanted("demo")


def test_every_member_of_the_workspace_is_installed_by_tox(dev, root):
    text = (root / "tox.ini").read_text()

    assert [str(member) for member in dev.members() if f"-e {{tox_root}}/{member}\n" not in text] == []


@pytest.mark.parametrize(
    "line",
    [
        "===== 3 passed in 0.12s =====\n",
        "= 1 failed, 3 passed, 2 skipped, 1 warning in 61.20s (0:01:01) =\n",
        "3 passed in 0.12s\n",
    ],
)
def test_the_closing_line_of_pytest_is_recognised(dev, line):
    assert dev.CLOSING.match(line)


@pytest.mark.parametrize("line", ["tests/unit/test_x.py ....  [100%]\n", "py: commands succeeded\n"])
def test_other_lines_are_no_closing_line(dev, line):
    assert not dev.CLOSING.match(line)
