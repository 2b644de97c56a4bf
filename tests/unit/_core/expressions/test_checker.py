import re
from pathlib import Path

import pytest

from automata._core.expressions import Scope, Typed, check_expression, check_template, compile_expression
from automata._core.expressions.reference import reference
from automata.model import Severity

ORDER = {
    "type": "object",
    "properties": {
        "email": {"type": "string"},
        "total": {"type": "number"},
        "note": {"type": ["string", "null"]},
        "status": {"enum": ["open", "shipped"]},
        "phone": {"type": "string"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}},
                "required": ["sku", "qty"],
            },
        },
    },
    "required": ["email", "total", "note", "status", "items"],
}
ENV = {"order": Typed(ORDER), "price": Typed(ORDER, True), "any": Typed({})}


@pytest.mark.parametrize(
    "text",
    [
        "order.total + 1 > 2",
        "has(order.phone) ? order.phone : ''",
        "has(order.phone) && order.phone > 'a'",
        "!has(order.phone) || order.phone.size() > 1",
        "order.?phone.orValue('')",
        "order.note != null ? order.note + 'x' : ''",
        "order.note == null || order.note.size() > 1",
        "has(price.total) ? price.email : ''",
        "price.?total.orValue(1) + 2",
        "order.status == 'open'",
        "order.items.filter(i, i.qty > 1).map(i, i.sku).join(',')",
        "order.items.sortBy(i, i.qty)[0].qty + 1",
        "any.x.y + 1 == any.z",
        "any.map(x, x.y).sum() > 1",
        "timestamp(order.email) < now()",
        "type(order.total) == double",
        "order.items.map(i, i.qty).sum() % 2 == 0",
        "cel.bind(t, order.total, t * 2)",
    ],
)
def test_what_is_right_raises_no_alarm(text):
    assert check_expression(text, ENV).problems == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 +", "EXP-001"),
        ("foo(1)", "EXP-002"),
        ("order.email.trimm()", "EXP-002"),
        ("math.ab(1)", "EXP-002"),
        ("size(1)", "EXP-003"),
        ("trim('x')", "EXP-003"),
        ("order.email.substring(1, 2, 3)", "EXP-003"),
        ("order.?phone.size()", "EXP-003"),
        ("order.total > 'x'", "EXP-004"),
        ("1 + 'a'", "EXP-004"),
        ("-order.email", "EXP-004"),
        ("'a' in order.email", "EXP-004"),
        ("order.items['a']", "EXP-004"),
        ("order.total.map(x, x)", "EXP-004"),
        ("{1: 2}", "EXP-004"),
        ("[?1]", "EXP-004"),
        ("order.email.optMap(x, x)", "EXP-004"),
        ("!order.total", "EXP-005"),
        ("order.email ? 1 : 2", "EXP-005"),
        ("order.items.filter(i, i.qty)", "EXP-005"),
        ("order.total && true", "EXP-005"),
        ("order.status == 'shiped'", "EXP-007"),
        ("order.total == 'x'", "EXP-007"),
        ("order.total in ['a']", "EXP-007"),
        ("ordr.total", "REF-001"),
        ("order.mail", "REF-002"),
        ("order['emial']", "REF-002"),
        ("has(order.emial)", "REF-002"),
        ("order.email.x", "REF-002"),
        ("order.items.map(i, i.skU)", "REF-002"),
        ("order.phone", "REF-003"),
        ("order.phone.size()", "REF-003"),
        ("price.total", "REF-004"),
        ("price", "REF-004"),
        ("order.note + 'x'", "REF-005"),
        ("order.note.size()", "REF-005"),
    ],
)
def test_what_is_wrong_is_found_once(text, code):
    problems = check_expression(text, ENV).problems

    assert [p.code for p in problems] == [code]
    doubtful = code in {"REF-003", "REF-004", "REF-005"}
    assert problems[0].severity is (Severity.WARNING if doubtful else Severity.ERROR)
    assert problems[0].span[0] <= problems[0].span[1] <= len(text)


@pytest.mark.parametrize(
    "text", ["order.mail", "ordr.total", "order.phone", "price.total", "order.email.trimm()", "order.phone + 'a'"]
)
def test_applying_the_offered_fix_leaves_no_problem(text):
    (problem,) = check_expression(text, ENV).problems

    for fix in problem.fixes:
        assert check_expression(fix.patch[0]["value"], ENV).problems == ()
    assert problem.fixes


def test_problems_of_a_template_point_at_their_string():
    found = check_template({"a/b": ["x ${order.items}"], "c": "${", "d": "${order.total}"}, ENV, None, "/with")

    assert [(p.code, p.pointer) for p in found.problems] == [("EXP-006", "/with/a~1b/0"), ("EXP-001", "/with/c")]
    assert found.type.fields["d"].type.kind == "number"


def test_every_example_on_the_language_page_is_true():
    import json

    page = (Path(__file__).parents[4] / "docs" / "reference" / "expressions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^(.+?)  →  (.+)$", page, re.MULTILINE)

    assert len(rows) >= 7
    for text, result in rows:
        assert compile_expression(text).evaluate(Scope({})) == json.loads(result)


def test_the_reference_page_names_every_function():
    assert reference().count("\n### `") == 95


def record(**fields):
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


INTEGER = {"type": "integer"}
LOOSE = {
    "maybe": Typed({"anyOf": [record(x=INTEGER), {"type": "null"}]}),
    "either": Typed({"anyOf": [record(a=INTEGER), record(b=INTEGER)]}),
    "flag": Typed({"type": ["boolean", "null"]}),
    "list": Typed({"type": ["array", "null"], "items": INTEGER}),
    "bag": Typed({"type": "object", "additionalProperties": INTEGER}),
    "key": Typed({"type": "string"}),
    "late": Typed(record(x=INTEGER), maybe_missing=True),
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("maybe.x", "REF-005"),
        ("either.a", "REF-003"),
        ("flag ? 1 : 2", "REF-005"),
        ("list.map(i, i)", "REF-005"),
        ("bag.?n[key]", "EXP-004"),
        ("key.?a ? 1 : 2", "EXP-005"),
    ],
)
def test_a_value_of_several_kinds_is_doubted_where_one_does_not_fit(text, code):
    assert code in [p.code for p in check_expression(text, LOOSE).problems]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("maybe != null ? maybe.x : 0", "int"),
        ("maybe.?x.orValue(1)", "int"),
        ("has(either.a) ? either.a : 0", "int"),
        ("bag[key]", "int"),
        ("bag.?any.orValue(1)", "int"),
        ("has(late) ? late.x : 0", "int"),
        ("[?bag.?a]", "list"),
        ("{key: 1}", "map"),
        ("{?'a': bag.?a}", "map"),
        ("bag.?a.optMap(n, n + 1).orValue(2)", "int"),
        ("[1, 2].map(i, i > 1, i * 2)", "list"),
        ("[1, 2].all(i, i > 1)", "bool"),
    ],
)
def test_what_is_guarded_has_the_type_it_is_guarded_for(text, kind):
    checked = check_expression(text, LOOSE)

    assert [p.code for p in checked.problems] == []
    assert checked.type.kind == kind
