import pytest

from automata._core.expressions.lexer import Malformed
from automata._core.expressions.parser import parse
from automata._core.expressions.syntax import Binary, Conditional, Literal, Logic, Macro, Name, Unary

A, B, C = Name("a"), Name("b"), Name("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a || b && c", Logic("||", (A, Logic("&&", (B, C))))),
        ("a ? b : c ? a : b", Conditional(A, B, Conditional(C, A, B))),
        ("-1", Literal(-1)),
        ("- a", Unary("-", A)),
        ("!-a", Unary("!", Unary("-", A))),
        ("a.existsOne(b, c)", Macro("exists_one", A, "b", (C,))),
        ("cel.bind(a, b, c)", Macro("bind", B, "a", (C,))),
    ],
)
def test_operators_bind_as_in_cel(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a b", "Expected the end, found 'b'"),
        ("a and b", "found 'and'"),
        ("(a", r"Expected '\)'"),
        ("a.", "field name"),
        ("a.?1", "field name"),
        ("", "a value"),
        ("a + )", "a value"),
        ("a 1", "the number 1"),
        ("a 'x'", "a literal"),
        ("{a b}", "Expected ':'"),
        ("has(1)", r"has\(\) takes one field"),
        ("cel.bind(1, 2, 3)", r"cel.bind\(\) takes"),
        ("a.map(1, 2)", "names the variable"),
        ("9223372036854775808", "64 bits"),
        ("[" * 33 + "]" * 33, "nests more than 32"),
        ("a" + ".b" * 101, "more than 100 levels"),
    ],
)
def test_what_does_not_parse_is_told_with_its_place(text, complaint):
    with pytest.raises(Malformed, match=complaint) as caught:
        parse(text)

    assert 0 <= caught.value.span[0] <= caught.value.span[1] <= len(text)


def test_the_smallest_whole_number_can_be_written():
    assert parse("-9223372036854775808") == Literal(-(2**63))


def test_optional_entries_and_trailing_commas_are_read():
    assert parse("[?a, b,]").optional == (True, False)
    assert parse("{?'k': a,}").optional == (True,)
