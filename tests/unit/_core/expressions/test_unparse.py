import pytest

from automata._core.expressions.parser import parse
from automata._core.expressions.unparse import literal, unparse
from automata._core.expressions.values import Uint


@pytest.mark.parametrize(
    "text",
    [
        "a + b * c",
        "(a + b) * c",
        "a - (b - c)",
        "-(1)",
        "-a",
        "!(a && b)",
        "a || b && c",
        "(a || b) && c",
        "(a ? b : c) ? d : e",
        "a.?b[?0].c",
        "(a + b).c",
        "has(a.b)",
        "f(1u, b'x')",
        "a.map(x, x, x)",
        "cel.bind(a, 1, a)",
        "[?a, b]",
        "{?'a': b, 'c': d}",
        "'it\\'s'",
        "null",
        "true",
        "1.5",
    ],
)
def test_no_more_brackets_are_written_than_needed(text):
    assert unparse(parse(text)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(Uint(1), "1u"), (b"a'\x00", "b'a\\x27\\x00'"), ("\n", "'\\U0000000a'"), (False, "false")]
)
def test_a_literal_is_written_so_that_it_reads_back(value, text):
    assert literal(value) == text
    assert parse(text).value == value
