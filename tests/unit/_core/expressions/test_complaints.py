import pytest

from automata._core.expressions import Typed, check_expression

ENV = {
    "o": Typed(
        {
            "properties": {
                "s": {"type": "string"},
                "n": {"type": ["integer", "null"]},
                "m": {"type": ["string", "integer"]},
            },
            "required": ["s", "n", "m"],
        }
    ),
    "e": Typed({"enum": ["open", "shut"]}),
    "maybe": Typed({"type": "object"}, maybe_missing=True),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("o.s + 1", "Cannot use '+' on string and int", "write string(1)"),
        ("o.n > 1", "'o.n' may be null", "guard it with o.n != null"),
        ("o.m > 1", "Cannot always use '>' on", None),
        ("e == 'opne'", "This is never 'opne'; did you mean 'open'?", None),
        ("e == 'zzzzzz'", "This is never 'zzzzzz'; it is one of open, shut", None),
        ("'a' in o.s", "'in' looks into a list or a map, found string", "write text.contains(part) for strings"),
        ("1 in ['a']", "never", None),
        ("o.zzz", "No field 'zzz' in 'o'", "it has s, n, m"),
        ("o.s.x", "'o.s' is string: it has no field 'x'", None),
        ("maybe", "Node 'maybe' may not have run", "guard it with has(maybe) ? ... : ..."),
        ("o.m[0]", "Cannot look up", None),
    ],
)
def test_each_complaint_says_what_is_wrong_and_the_way_out(text, message, hint):
    (problem,) = check_expression(text, ENV).problems

    assert message in problem.message
    assert hint is None or problem.hint == hint


def test_the_offered_fix_of_a_doubtful_chain_makes_the_doubtful_step_optional():
    env = {
        "a": Typed(
            {"properties": {"b": {"type": "object", "properties": {"c": {"type": "integer"}}, "required": ["c"]}}}
        )
    }
    (problem,) = check_expression("1 + a.b.c", env).problems

    assert problem.fixes[0].patch[0]["value"] == "1 + a.?b.c.orValue(0)"
