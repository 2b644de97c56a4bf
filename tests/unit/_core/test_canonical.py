import math
import struct

import pytest

from automata._core.canonical import canonical, digest, format_number

# RFC 8785, appendix B: IEEE 754 bits and the text ECMAScript writes.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize("bits", NUMBERS)
def test_number_is_written_as_in_the_appendix_of_the_rfc(bits):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert format_number(number) == NUMBERS[bits]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400, 2**53 + 1])
def test_number_that_would_change_is_refused(number):
    with pytest.raises(ValueError, match=r"must be finite|cannot be kept exactly"):
        canonical([number])


def test_large_integer_that_a_double_holds_is_written_like_it():
    assert canonical([10**20, 10**21, 2**53 - 1]) == b"[100000000000000000000,1e+21,9007199254740991]"


def test_keys_are_sorted_by_utf_16_units():
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]

    written = canonical(dict.fromkeys(keys)).decode()

    order = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert [written.index(key if key != "\r" else "\\r") for key in order] == sorted(
        written.index(key if key != "\r" else "\\r") for key in order
    )


def test_texts_escape_only_what_they_must():
    text = '\u20ac$\u000f\nA\'B"\\\\"/\x7f'

    assert canonical(text).decode() == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'


def test_containers_have_no_space():
    assert canonical({"b": [True, False, None], "a": {}, "c": ()}) == b'{"a":{},"b":[true,false,null],"c":[]}'


@pytest.mark.parametrize("value", [{1: 2}, [b"x"], {"a": {1, 2}}])
def test_what_is_not_json_is_refused(value):
    with pytest.raises(TypeError, match=r"not a JSON value|is a string"):
        canonical(value)


def test_lone_surrogate_is_refused():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        canonical("\ud800")


def test_digest_is_sha_256_of_the_canonical_form():
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
