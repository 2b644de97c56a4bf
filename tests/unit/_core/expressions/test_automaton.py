import pytest

from automata._core.expressions.automaton import MAX_STATES, Automaton, Search


class Meter:
    def __init__(self):
        self.paid = 0

    def __call__(self, amount):
        self.paid += amount


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("", "", True),
        ("^$", "", True),
        ("^$", "a", False),
        ("b", "abc", True),
        ("^b", "abc", False),
        ("c$", "abc", True),
        ("^a.c$", "abc", True),
        ("^a.c$", "a\nc", False),
        ("^(ab|cd)+$", "abcdab", True),
        ("^a{2,3}$", "aaaa", False),
        ("^a{2,}$", "aaaa", True),
        ("^a{0}$", "", True),
        ("^a{0}$", "a", False),
        ("^a{3}$", "aaa", True),
        ("^(a|)*b$", "aab", True),
        ("a*?b", "b", True),
    ],
)
def test_a_pattern_matches_what_its_syntax_says(pattern, text, found):
    assert Search(pattern, Meter()).finds(text) is found


def test_an_automaton_has_a_bounded_number_of_states():
    with pytest.raises(ValueError, match="too large"):
        Automaton("((a{99}){99}){99}")
    assert Automaton("a{900}").size < MAX_STATES


def test_a_search_pays_the_same_whether_its_pattern_was_built_before_or_not():
    paid = []
    for _ in range(2):
        meter = Meter()
        Search("[a-z]{7}never-built-elsewhere", meter).finds("abcdefgh")
        paid.append(meter.paid)

    assert paid[0] == paid[1] > 0


def test_a_pattern_that_is_refused_is_paid_for_too():
    meter = Meter()
    with pytest.raises(ValueError, match="too large"):
        Search("(a{999}){999}", meter)

    assert meter.paid >= MAX_STATES >> 2


def test_many_different_sets_of_states_do_not_fill_the_memory():
    text = "".join(chr(0x4E00 + i) for i in range(4_100))

    assert not Search("[^a]b", Meter()).finds(text)
