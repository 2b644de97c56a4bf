import pytest

from automata._core.expressions.pattern import Anchor, Characters, Choice, Repeat, Series, negated, read

A = Characters(((97, 97),))
B = Characters(((98, 98),))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", Series(())),
        ("a", Series((A,))),
        ("a|b", Choice((Series((A,)), Series((B,))))),
        ("a*b?", Series((Repeat(A, 0, None), Repeat(B, 0, 1)))),
        ("a{2,}", Series((Repeat(A, 2, None),))),
        ("a{2}?", Series((Repeat(A, 2, 2),))),
        ("a{x", Series((A, Characters(((123, 123),)), Characters(((120, 120),))))),
        ("^a$", Series((Anchor(at_end=False), A, Anchor(at_end=True)))),
        ("(?:a)", Series((Series((A,)),))),
        (r"\.\n", Series((Characters(((46, 46),)), Characters(((10, 10),))))),
        ("[a-c]", Series((Characters(((97, 99),)),))),
        ("[]a-]", Series((Characters(((93, 93), (97, 97), (45, 45))),))),
    ],
)
def test_a_pattern_is_read_into_its_tree(text, tree):
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a" * 1001, "longer than 1000"),
        ("a)", "Unbalanced"),
        ("(a", "never closed"),
        ("[a", "never closed"),
        ("*a", "Nothing to repeat"),
        ("a**", "Nothing to repeat"),
        ("a{3,2}", "is empty"),
        ("a{1000}", "repeats too often"),
        ("(?=a)", "look-around"),
        ("a\\", "lone backslash"),
        (r"\b", "have no"),
        ("[b-a]", "reversed"),
        (r"[\d-z]", "no range"),
        ("[[:alpha:]]", "POSIX"),
        ("(" * 26 + ")" * 26, "nests too deep"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_reason(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        read(text)


def test_a_negated_class_holds_every_other_character():
    assert negated(((97, 99), (98, 100))) == ((0, 96), (101, 0x10FFFF))
    assert negated(((0, 0x10FFFF),)) == ()
    assert read(r"[^\D]").parts[0].ranges == negated(negated(((48, 57),)))
