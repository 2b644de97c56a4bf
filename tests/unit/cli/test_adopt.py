"""What a case observed is written where it belongs, and comments stay."""

import json

import pytest
import yaml

from automata.cli.adopt import adopt

SEEN = {"path": ["a"], "output": {"x": "1"}, "status": "succeeded"}
FAILED = {"path": ["a"], "error": {"class": "broken"}}


def document(expect):
    return f"# top\ntests:\n  - name: n # name\n{expect}  - name: m\n    expect: {{path: [z]}} # last\n"


@pytest.mark.parametrize(
    ("expect", "seen", "result"),
    [
        ("", SEEN, {"path": ["a"], "output": {"x": "1"}}),
        ("    expect: {} # c\n", SEEN, {"path": ["a"], "output": {"x": "1"}}),
        ("    expect: {path: [b, c]} # c\n", SEEN, {"path": ["a"]}),
        ("    expect: # c\n      path:\n        - b\n      # c\n      output:\n        k: v # c\n", SEEN, None),
        ("    expect: {path: [a], output: 1} # c\n", FAILED, FAILED),
        ("    expect: {path: [b]} # c\n", FAILED, FAILED),
        ("    expect:\n      path: [b] # c\n", FAILED, FAILED),
        ("    expect: {error: {class: x}} # c\n", SEEN, {"path": ["a"], "output": {"x": "1"}}),
        ("    expect: {status: failed} # c\n", SEEN, {"status": "succeeded"}),
        (
            "    expect: {path: [b]}\n",
            {"path": [], "output": None, "status": "cancelled"},
            {"path": [], "status": "cancelled"},
        ),
    ],
)
def test_a_yaml_expect_becomes_what_was_seen(expect, seen, result):
    text = document(expect)

    changed = adopt(text, 0, seen, form="yaml")

    read = yaml.safe_load(changed)["tests"]
    assert read[0]["expect"] == (result or {"path": ["a"], "output": {"x": "1"}})
    assert read[1] == {"name": "m", "expect": {"path": ["z"]}}
    assert all(part in changed for part in ("# top", "# name", "# last"))
    assert changed.count("# c") == expect.count("# c")


def test_a_json_expect_stays_json():
    text = '{\n  "tests": [{"name": "n", "expect": {"output": 1}}, {"name": "m"}]\n}\n'

    changed = adopt(adopt(text, 0, SEEN, form="json"), 1, SEEN, form="json")

    first, second = json.loads(changed)["tests"]
    assert first["expect"] == {"output": {"x": "1"}}
    assert second["expect"] == {"path": ["a"], "output": {"x": "1"}}
