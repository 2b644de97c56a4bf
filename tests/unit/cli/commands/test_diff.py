"""Comparing documents."""

import json


def test_a_change_has_level_and_reason(automata, folder):
    text = (folder / "first.yaml").read_text()
    (folder / "second.yaml").write_text(text.replace("name: First", "name: Second"))

    done = automata("diff", "first.yaml", "second.yaml")

    assert done.code == 0
    assert "major" in done.out
    assert automata("diff", "first.yaml", "second.yaml", "--exit-code").code == 7
    assert json.loads(automata("diff", "first.yaml", "second.yaml", "--json").out)["level"] == "major"


def test_no_change_says_so(automata):
    done = automata("diff", "first.yaml", "first.yaml", "--exit-code")

    assert (done.code, done.out) == (0, "No difference in what runs do\n")
