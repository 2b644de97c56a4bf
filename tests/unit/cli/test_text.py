"""What documents say is shown and never obeyed."""

import pytest

from automata.cli.text import columns, counted, listed, pad, safe, shorten, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31m", "a\\x1b[31m"), ("a\nb", "a\\nb"), ("\u202eab", "\\u202eab"), ("\ud800", "\\ud800"), ("é", "é")],
)
def test_control_characters_become_escapes(text, shown):
    assert safe(text) == shown


def test_line_breaks_stay_where_they_are_wanted():
    assert safe("a\n\tb", lines=True) == "a\n\tb"


@pytest.mark.parametrize(("text", "size"), [("abc", 3), ("日本", 4), ("e\u0301", 1)])
def test_width_counts_terminal_columns(text, size):
    assert width(text) == size
    assert width(pad(text, 6)) == 6


@pytest.mark.parametrize(("text", "shown"), [("abc", "abc"), ("abcdef", "abc…"), ("日本語", "日…")])
def test_a_cut_text_says_so(text, shown):
    assert shorten(text, 4) == shown


def test_columns_are_aligned_and_nothing_gives_nothing():
    assert columns([("a", "b"), ("long", "c")], header=("X", "Y")) == ["  X     Y", "  a     b", "  long  c"]
    assert columns([]) == []


@pytest.mark.parametrize(("names", "text"), [(["a"], "'a'"), (["a", "b", "c"], "'a', 'b' and 'c'"), ([], "")])
def test_names_are_listed_as_in_a_sentence(names, text):
    assert listed(names) == text


def test_one_is_singular():
    assert (counted(1, "file"), counted(2, "file")) == ("1 file", "2 files")
