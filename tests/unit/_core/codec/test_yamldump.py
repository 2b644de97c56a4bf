"""YAML as a person would write it, which reads back as the same value."""

import pytest

from automata._core.codec import read_text
from automata._core.codec.yamldump import dump


@pytest.mark.parametrize(
    "text",
    ["yes", "null", "1", "0x1f", "1e3", "", " a ", "a: b", "# a", "a\nb", "a\nb\n", "é😀", "-", "~", "${a.b}", "\t"],
)
def test_a_text_stays_a_text(text):
    value = {"a": text, "b": [text, {text or "k": text}]}

    assert read_text(dump(value), format="yaml")[0].raw == value


def test_equal_parts_are_written_out():
    part = {"x": [1, 2]}

    assert "&" not in dump({"a": part, "b": part})


def test_keys_keep_their_order():
    assert dump({"b": 1, "a": 2}).index("b") < dump({"b": 1, "a": 2}).index("a")


def test_texts_of_several_lines_are_blocks():
    assert dump({"a": "one\ntwo\n"}) == "a: |\n  one\n  two\n"
