import pytest

from automata._core.expressions import Scope, compile_expression, standard_functions
from automata._core.expressions.calls import namespace, resolve
from automata._core.expressions.parser import parse
from automata._core.expressions.values import Maybe
from automata.errors import ExpressionFailed
from automata.model import Function


def evaluate(text, returned, scope=None):
    own = Function(name="own", call=lambda *_: returned, signatures=("() -> any", "(any) -> any"), summary="")
    return compile_expression(text, {**standard_functions(), "own": own}).evaluate(Scope(scope or {}))


@pytest.mark.parametrize("value", [None, 1, "a", [1, {"a": 2.5}], {"a": [True]}])
def test_what_a_plugin_returns_is_a_value_like_any_other(value):
    assert evaluate("own()", value) == value


@pytest.mark.parametrize("value", [object(), (1,), [object()], {"a": {1}}, Maybe(object()), type("L", (list,), {})()])
def test_what_is_no_value_is_refused_wherever_it_hides(value):
    with pytest.raises(ExpressionFailed, match="no value of an expression"):
        evaluate("own()", value)


def test_a_map_a_plugin_returns_has_strings_for_keys():
    with pytest.raises(ExpressionFailed, match="keys are not all strings"):
        evaluate("own()", {1: 2})


def test_what_a_plugin_returns_is_bounded():
    ring = []
    ring.append(ring)

    for value, complaint in ((ring, "more operations"), ("x" * 300_000, "256 KiB"), ([0] * 20_000, "more operations")):
        with pytest.raises(ExpressionFailed, match=complaint):
            evaluate("own() == 1", value)


def test_a_call_no_overload_fits_names_what_was_given_and_what_is_taken():
    with pytest.raises(ExpressionFailed, match=r"size\(\) cannot take int 1; it is \(string\) -> int"):
        compile_expression("size(x)").evaluate(Scope({"x": 1}))


def test_a_namespace_is_a_chain_of_plain_names():
    assert namespace(parse("a.b.c")) == "a.b.c"
    assert namespace(parse("a.?b")) is None
    assert namespace(parse("a[0]")) is None


def test_a_local_name_hides_a_namespace():
    node = parse("math.abs(1)")

    assert resolve(node, standard_functions(), frozenset())[0].name == "math.abs"
    assert resolve(node, standard_functions(), frozenset({"math"})) == (None, True)


def test_a_call_that_fails_is_paid_for():
    text = "range(700).exists(i, timestamp('no' + string(i)) == timestamp(0))"

    with pytest.raises(ExpressionFailed, match="more operations"):
        compile_expression(text).evaluate(Scope({}))
