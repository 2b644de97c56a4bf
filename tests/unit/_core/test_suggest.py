import pytest

from automata._core.suggest import did_you_mean, nearest

NAMES = ("retry", "timeout", "connection", "http.request", "slack.send_message", "if")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("retyr", "retry"),
        ("retry", "retry"),
        ("Retry", "retry"),
        ("time_out", "timeout"),
        ("conection", "connection"),
        ("http.requets", "http.request"),
        ("fi", "if"),
        ("banana", None),
        ("", None),
        ("x" * 100, None),
        ("re", None),
    ],
)
def test_nearest_name_is_offered_only_when_near(typed, meant):
    assert nearest(typed, NAMES) == meant


def test_first_of_equally_near_names_wins():
    assert nearest("ab", ["ac", "ad"]) == "ac"


def test_hint_continues_a_message():
    assert did_you_mean("retyr", NAMES) == "; did you mean 'retry'?"
    assert did_you_mean("banana", NAMES) == ""
