import pytest

from automata._core.expressions import Limits, Scope, compile_expression, compile_template
from automata.errors import ExpressionFailed, InvalidExpression

SCOPE = Scope({"order": {"id": "A1", "total": 12.5, "count": 3, "note": None, "tags": ["a"], "paid": True}})


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("plain", "plain"),
        ("${order.total}", 12.5),
        ("${order.tags}", ["a"]),
        ("n=${order.count} t=${order.total} p=${order.paid} x=${order.note}", "n=3 t=12.5 p=true x=null"),
        ("$${order.id}", "${order.id}"),
        ("$${a} ${order.id}", "${a} A1"),
        ("cost $5 and $ {x}", "cost $5 and $ {x}"),
        ("${'}'}", "}"),
        ("${{'a': {'b': 1}}.a.b}", 1),
        ("${'${x}'}", "${x}"),
        ("${order.id}${order.id}", "A1A1"),
        ("t ${timestamp(0)}", "t 1970-01-01T00:00:00Z"),
        ({"a": ["${order.id}", 1, None], "b": {"c": "x${order.count}"}}, {"a": ["A1", 1, None], "b": {"c": "x3"}}),
        (1, 1),
        (None, None),
        ("", ""),
    ],
)
def test_each_template_is_filled(written, filled):
    assert compile_template(written).evaluate(SCOPE) == filled


def test_a_constant_template_gives_the_very_value_back():
    value = {"a": [1, "x"]}

    template = compile_template(value)

    assert template.constant
    assert template.evaluate(SCOPE) is value


def test_names_are_the_free_roots_only():
    template = compile_template({"a": "${x.map(i, i + y)}", "b": "${math.abs(z)}", "c": "${type(w) == int}"})

    assert template.names == {"x", "y", "z", "w"}


@pytest.mark.parametrize("text", ["${", "${}", "a ${1 +} b", "${'a}", "${a b}"])
def test_a_malformed_template_is_refused_with_a_span_inside_it(text):
    with pytest.raises(InvalidExpression) as caught:
        compile_template(text)

    start, end = caught.value.span
    assert 0 <= start <= end <= len(text)


@pytest.mark.parametrize("text", ["x ${order.tags}", "x ${order}", "x ${order.?nope}", "x ${1.0 / 0.0}", "x ${absent}"])
def test_what_cannot_stand_in_a_text_fails(text):
    with pytest.raises(ExpressionFailed) as caught:
        compile_template(text).evaluate(SCOPE)

    details = caught.value.details
    assert set(details) == {"expression", "start", "end", "hint"}
    assert text[details["start"] : details["end"]]


def test_a_result_too_large_or_too_deep_fails():
    big = Scope({"t": "x" * 200_000})
    for value in ("${t}${t}", {"a": "${t}", "b": "${t}"}, "${[t, t]}"):
        with pytest.raises(ExpressionFailed, match="256 KiB"):
            compile_template(value).evaluate(big)
    deep = []
    for _ in range(40):
        deep = [deep]
    with pytest.raises(ExpressionFailed, match="levels deep"):
        compile_expression("d").evaluate(Scope({"d": deep}))


def test_fuel_is_a_limit_of_each_evaluation():
    program = compile_expression("range(100).map(x, x + 1)")

    assert len(program.evaluate(SCOPE)) == 100
    with pytest.raises(ExpressionFailed, match="more operations"):
        program.evaluate(SCOPE, limits=Limits(fuel=50))


def test_recorded_values_need_someone_who_records():
    with pytest.raises(ExpressionFailed, match="no recorded answer"):
        compile_expression("now()").evaluate(SCOPE)


@pytest.mark.parametrize("part", [0, True, None, "text", 0.5, [1]], ids=repr)
def test_an_object_is_as_large_as_its_json_whatever_it_holds(part):
    template = compile_template({"a": "${order.id}", "b": part})
    size = next(n for n in range(200) if fits(template, Limits(output_bytes=n)))

    assert len(template.evaluate(SCOPE)) == 2
    assert 10 < size < 60


def fits(template, limits):
    try:
        template.evaluate(SCOPE, limits=limits)
    except ExpressionFailed:
        return False
    return True


def test_two_fillings_share_no_object():
    template = compile_template({"a": "${order.id}", "b": 1})

    first = template.evaluate(SCOPE)
    first["a"] = "changed"

    assert template.evaluate(SCOPE) == {"a": "A1", "b": 1}
