"""The house linters find what they are for, and leave good code alone."""

from __future__ import annotations

import ast

import pytest

HOOKS = "from automata.sdk import hookimpl\n\n"


@pytest.fixture
def house(linter):
    return linter("check_house")


def test_a_module_over_the_limit_is_found(house, root):
    assert [f.message for f in house.check_length(root / "x.py", "x\n" * 501)] == [
        "Module has 501 lines, 500 are allowed; which second noun is in it?"
    ]


def test_a_module_at_the_limit_is_fine(house, root):
    assert list(house.check_length(root / "x.py", "x\n" * 500)) == []


@pytest.mark.parametrize("name", ["utils.py", "helpers.py", "common/x.py", "manager.py", "base.py"])
def test_a_vague_name_is_found(house, root, name):
    assert list(house.check_name(root / "src" / "automata" / name))


def test_a_noun_is_fine(house, root):
    assert list(house.check_name(root / "src" / "automata" / "_core" / "retry.py")) == []


@pytest.mark.parametrize(
    "text",
    [
        HOOKS + "LIMIT = 3\n",
        HOOKS + "def automata_settings():\n    return []\n",
        HOOKS + "@hookimpl\ndef automata_settings():\n" + "    print()\n" * 9,
    ],
    ids=["constant", "unmarked function", "nine lines"],
)
def test_hooks_py_holds_short_hooks_and_nothing_else(house, root, text):
    assert list(house.check_hooks(root / "hooks.py", ast.parse(text)))


def test_a_delegating_hook_is_fine(house, root):
    text = HOOKS + '@hookimpl\ndef automata_settings():\n    """Supply them."""\n    return SETTINGS\n'

    assert list(house.check_hooks(root / "hooks.py", ast.parse(text))) == []


@pytest.mark.parametrize("name", ["triggers/message_post.py", "actions/SendMessage.py", "actions/send-message.py"])
def test_a_file_that_is_not_named_by_the_rule_is_found(house, root, name):
    assert list(house.check_verb(root / name))


@pytest.mark.parametrize("name", ["triggers/message_posted.py", "triggers/mail_sent.py", "actions/send_message.py"])
def test_a_file_named_by_the_rule_is_fine(house, root, name):
    assert list(house.check_verb(root / name)) == []


def test_a_module_without_a_test_file_is_found(linter, root, tmp_path, monkeypatch):
    mirror = linter("check_mirror")
    monkeypatch.setattr(mirror, "SOURCE", root / "tools")
    monkeypatch.setattr(mirror, "TESTS", root / "tests" / "nowhere")

    assert "check_house.py" in {finding.path.name for finding in mirror.missing()}


def test_a_test_file_without_a_module_is_found(linter, root, monkeypatch):
    mirror = linter("check_mirror")
    monkeypatch.setattr(mirror, "TESTS", root / "tests" / "docs")

    assert "test_house.py" in {finding.path.name for finding in mirror.orphans()}
