"""JSON as RFC 8259 has it, and nothing beyond."""

import pytest

from automata._core.codec import read_text


def codes(text):
    return [(problem.code, problem.pointer) for problem in read_text(text, format="json")[1]]


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        ('{"a": 1, "a": 2}', "DOC-005", "/a"),
        ('{"a": NaN}', "DOC-006", "/a"),
        ('{"a": [-Infinity]}', "DOC-006", "/a/0"),
        ('{"a": 1e400}', "DOC-006", "/a"),
        ('{"a": 9007199254740992}', "DOC-006", "/a"),
        ('{"a": "\\ud800"}', "DOC-007", "/a"),
        ('{"a": "\\u0000"}', "DOC-007", "/a"),
        ("{'a': 1}", "DOC-003", ""),
        ("[1,]", "DOC-003", ""),
        ("[1] 2", "DOC-003", ""),
        ("[" * 65 + "]" * 65, "DOC-004", ""),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(text, code, pointer):
    assert codes(text) == [(code, pointer)]


@pytest.mark.parametrize("text", ["9007199254740991", "-0", "1e-400", '"\\ud83d\\ude00"', "[" * 64 + "]" * 64])
def test_what_is_json_is_taken(text):
    assert codes(text) == []


def test_brackets_in_texts_do_not_count_as_depth():
    assert codes('["' + "[" * 200 + '\\""]') == []


def test_a_syntax_error_has_line_and_column():
    (problem,) = read_text('{\n "a": x}', format="json")[1]

    assert (problem.position.line, problem.position.column) == (2, 7)
