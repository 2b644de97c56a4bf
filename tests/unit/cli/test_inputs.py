"""How values reach a run from the command line."""

import io
import sys

import pytest

from automata.cli.failure import Failure
from automata.cli.inputs import read_input, read_pairs


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ([], None),
        (["a=1"], {"a": "1"}),
        (["a:=1", "b:=[true]"], {"a": 1, "b": [True]}),
        (['{"a": 1}', "b=x=y"], {"a": 1, "b": "x=y"}),
        (["[1]"], [1]),
        (["@in.json"], {"k": 1}),
        (["a=@text.txt"], {"a": "hello"}),
        (["-"], "piped"),
    ],
)
def test_an_input_is_read(folder, monkeypatch, values, result):
    (folder / "in.json").write_text('{"k": 1}')
    (folder / "text.txt").write_text("hello")
    monkeypatch.setattr(sys, "stdin", io.StringIO('"piped"'))

    assert read_input(values) == result


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["a"], "is not NAME=VALUE"),
        (["=x"], "is not NAME=VALUE"),
        ([":=1"], "is not NAME=VALUE"),
        (["a:={"], "the value of 'a'"),
        (["[1]", "a=1"], "not an object"),
        (["@bin"], "not UTF-8"),
    ],
)
def test_a_wrong_input_is_refused_with_a_reason(folder, values, text):
    (folder / "bin").write_bytes(b"\xff")

    with pytest.raises(Failure, match=text):
        read_input(values)


def test_pairs_need_a_name_and_a_value():
    assert read_pairs(["a=b=c"], "--x") == {"a": "b=c"}
    with pytest.raises(Failure, match="--x 'a' is not NAME=VALUE"):
        read_pairs(["a"], "--x")
