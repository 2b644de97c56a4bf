"""How values reach a run from the command line."""

import io
import sys

import pytest

from automata.cli.exits import Exit
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


def test_an_input_may_be_larger_than_a_document(folder):
    (folder / "in.json").write_text('{"data": "' + "x" * 2_000_000 + '"}')

    assert len(read_input(["@in.json"])["data"]) == 2_000_000


@pytest.mark.parametrize(
    ("end", "because"),
    [("]", "Unterminated"), (", 1e999]", "not a finite number"), (f", {2**60}]", "beyond 2"), ('", "\\u0000"]', "NUL")],
)
def test_a_mistake_in_a_large_input_is_said(folder, end, because):
    (folder / "in.json").write_text('["' + "x" * 2_000_000 + ('"' if end.startswith(",") else "") + end)

    with pytest.raises(Failure, match=r"Cannot read 'in.json' as JSON") as failure:
        read_input(["@in.json"])

    assert failure.value.exit is Exit.USAGE
    assert because in failure.value.because


def test_an_input_above_the_limit_of_values_is_refused(folder):
    (folder / "in.json").write_text('"' + "x" * (129 * 2**20) + '"')

    with pytest.raises(Failure, match=r"'in\.json' has 129\.0 MiB; an input may have 128\.0 MiB") as failure:
        read_input(["@in.json"])

    assert failure.value.exit is Exit.LIMIT


def test_a_file_that_cannot_hold_an_input_is_not_read(folder):
    with (folder / "in.json").open("wb") as file:
        file.truncate(2**33)

    with pytest.raises(Failure) as failure:
        read_input(["@in.json"])

    assert failure.value.exit is Exit.LIMIT
