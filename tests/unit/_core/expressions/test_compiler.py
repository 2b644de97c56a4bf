import pytest

from automata._core.expressions import Scope, compile_expression, parse
from automata._core.expressions.compiler import own_cost
from automata.errors import ExpressionFailed
from automata.model import Function


@pytest.mark.parametrize(("text", "cost"), [("1 + a", 3), ("a.map(x, x + 1)", 2), ("[a, b].size()", 4)])
def test_a_loop_pays_for_its_body_itself(text, cost):
    assert own_cost(parse(text)) == cost


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[?a.?b, 1]", [1]),
        ("{?'k': a.?b, 'l': a.?c}".replace("'l'", "?'l'"), {"l": 2}),
        ("has({'a': 1}.a)", True),
        ("[1].exists(x, has(x))".replace("has(x)", "has(x) && x == 1"), True),
        ("type(1) == int", True),
        ("a.map(k, {'k': k}.k)", ["c"]),
        ("math.abs(-1) + 1", 2),
    ],
)
def test_each_form_compiles_to_its_meaning(text, value):
    assert compile_expression(text).evaluate(Scope({"a": {"c": 2}})) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[?1]", "stands before an optional"),
        ("{1: 2}", "keys of a map are strings"),
        ("{'a': 1, 'a': 2}", "stands twice"),
        ("nope(1)", "Unknown function 'nope'"),
    ],
)
def test_what_has_no_meaning_fails_when_it_is_run(text, complaint):
    program = compile_expression(text)

    with pytest.raises(ExpressionFailed, match=complaint):
        program.evaluate(Scope({}))


def test_constant_parts_are_worked_out_within_one_budget():
    program = compile_expression("+".join(["range(9999)"] * 40) + " == []")

    with pytest.raises(ExpressionFailed, match="more operations"):
        program.evaluate(Scope({}))


def test_a_constant_list_is_made_anew_each_time():
    program = compile_expression("[[1]]")

    assert program.evaluate(Scope({})) is not program.evaluate(Scope({}))


def test_a_function_that_breaks_on_constants_does_so_in_the_run_not_while_compiling():
    def broken(_):
        raise RuntimeError("broken")

    function = Function(name="acme.broken", call=broken, signatures=("(int) -> int",), summary="Breaks")
    program = compile_expression("acme.broken(1)", {"acme.broken": function})

    with pytest.raises(RuntimeError, match="broken"):
        program.evaluate(Scope())
