"""References are passed on as they are, and opened exactly where an expression looks inside."""

from __future__ import annotations

import pytest

from automata._core.expressions import Scope, compile_template, evaluate_large, is_too_long
from automata._core.large import INLINE_BYTES, Large
from automata.errors import ExpressionFailed

TEXT = Large("aa" * 32, 300_000)
LIST = Large("bb" * 32, 400_000)
BOX = Large("cc" * 32, 500_000)
VALUES = {TEXT: "long text", LIST: [{"n": 1}, {"n": 2}], BOX: {"inner": TEXT, "n": 5}}
ROOTS = {"a": {"text": TEXT, "list": LIST, "n": 3, "deep": {"text": TEXT}}, "b": BOX, "c": [TEXT, 1]}


@pytest.fixture
def opened():
    return []


@pytest.fixture
def evaluate(opened):
    def run(template, roots=ROOTS):
        def open_(large):
            opened.append(large)
            return VALUES[large]

        return evaluate_large(compile_template(template), Scope(roots), open_)

    return run


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("${a.text}", TEXT),
        ("${b}", BOX),
        ("${a}", ROOTS["a"]),
        ("${c[0]}", TEXT),
        ({"x": {"y": ["${a.text}", "${a.n}"]}}, {"x": {"y": [TEXT, 3]}}),
        ("${a.n + 1}", 4),
        ("${has(a.text)}", True),
        ({"own": {"$blob": "x"}}, {"own": {"$blob": "x"}}),
    ],
)
def test_what_is_passed_on_is_not_opened(evaluate, opened, template, value):
    assert evaluate(template) == value
    assert opened == []


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("${a.text == 'long text'}", True),
        ("${a.text.startsWith('long')}", True),
        ("say: ${a.text}", "say: long text"),
        ("${a.list[1].n}", 2),
        ("${a.list.map(x, x.n)}", [1, 2]),
        ("${b.n}", 5),
        ("${b.n + a.n}", 8),
        ("${a['text'] + '!'}", "long text!"),
        ("${a.?text.orValue('')}", "long text"),
        ("${c.map(x, x)}", ["long text", 1]),
        ("${json.encode(a.deep)}", '{"text":"long text"}'),
        ("${[a.text]}", ["long text"]),
        ("${[1, 2].map(x, a.list[0].n + x)}", [2, 3]),
    ],
)
def test_who_looks_inside_sees_the_value(evaluate, opened, template, value):
    assert evaluate(template) == value
    assert opened


def test_a_path_through_a_large_object_may_end_at_another(evaluate):
    assert evaluate("${b.inner}") == TEXT


def test_only_what_an_expression_can_reach_is_opened(evaluate, opened):
    evaluate("${a.list.size() + a.n}")

    assert opened == [LIST]


def test_a_variable_of_a_macro_is_no_root(evaluate, opened):
    evaluate("${[1].map(a, a + 1)}")

    assert opened == []


@pytest.mark.parametrize("template", ["${a.missing}", "${c[7]}", "${nobody.x}"])
def test_what_is_missing_is_worded_as_ever(evaluate, template):
    with pytest.raises(ExpressionFailed) as ours:
        evaluate(template)
    with pytest.raises(ExpressionFailed) as theirs:
        compile_template(template).evaluate(Scope(ROOTS))

    assert str(ours.value) == str(theirs.value)


def test_a_value_that_will_go_out_is_passed_on_though_no_reference_yet(evaluate):
    big = ["x" * 1000] * 300

    assert evaluate({"all": "${each}"}, {"each": big})["all"] is big


def test_small_values_count_together(evaluate):
    part = "x" * (INLINE_BYTES // 2)

    with pytest.raises(ExpressionFailed, match=r"larger than 256 KiB.*pass a large value on as a whole"):
        evaluate(["${p.x}"] * 3, {"p": {"x": part}})


def test_an_evaluation_that_fails_for_its_size_alone_is_told_from_others():
    with pytest.raises(ExpressionFailed) as large:
        compile_template("${a}").evaluate(Scope({"a": ["x" * 1000] * 300}))
    with pytest.raises(ExpressionFailed) as other:
        compile_template("${a.b}").evaluate(Scope({"a": 1}))

    assert (is_too_long(large.value), is_too_long(other.value)) == (True, False)
