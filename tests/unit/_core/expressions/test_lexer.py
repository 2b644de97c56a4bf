import pytest

from automata._core.expressions.lexer import Malformed, tokenize
from automata._core.expressions.values import Uint


def words(text):
    return [token.value if token.value is not None else token.kind for token in tokenize(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a // note\n b", ["a", "b"]),
        ("0x1F 12u 1e3 .5", [31, 12, 1000.0, 0.5]),
        (r"'a\n\x41\u00e9\U0001F600\101'", ["a\nAé\U0001f600A"]),
        (r"r'\n' b'\x41é' rb'\x'", [r"\n", b"A\xc3\xa9", rb"\x"]),
        ("'''a\n'b'''", ["a\n'b"]),
        ("a.?b[?0]", ["a", ".?", "b", "[?", 0, "]"]),
        ("true in null", [True, "in", "literal"]),
    ],
)
def test_a_text_is_split_into_its_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("'a", "never closed"),
        ("'a\nb'", "never closed"),
        ("@", "Unexpected character"),
        ("1a", "Malformed number"),
        ("1" * 401, "too many digits"),
        ("1e999", "too large"),
        ("1.5u", "unsigned"),
        ("18446744073709551616u", "unsigned"),
        ("9223372036854775809", "64 bits"),
        (r"'\q'", "Unknown escape"),
        (r"'\ud800'", "no character"),
        (r"b'\u0041'", r"no \\u escapes"),
        (" " * 70_000, "64 KiB"),
    ],
)
def test_what_starts_no_word_is_refused_with_its_place(text, complaint):
    with pytest.raises(Malformed, match=complaint) as caught:
        tokenize(text)

    assert 0 <= caught.value.span[0] <= caught.value.span[1] <= len(text)


def test_an_unsigned_number_is_of_its_own_kind():
    assert type(tokenize("7u")[0].value) is Uint


def test_reading_stops_at_the_brace_that_closes_the_expression():
    tokens = tokenize("x ${ {'a': {}} } y", 4, braces=True)

    assert tokens[-1].start == 15
    with pytest.raises(Malformed, match="never closed"):
        tokenize("${a", 2, braces=True)
