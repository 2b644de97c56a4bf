"""Reading offline."""

import pytest


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("run", "Usage"),
        ("snd-001", "SND-001"),
        ("DOC-001", "DOC-001"),
        ("foreach", "ports"),
        ("exit-codes", "130"),
    ],
)
def test_a_topic_is_explained(automata, topic, text):
    done = automata("docs", topic)

    assert done.code == 0
    assert text in done.out


def test_topics_are_listed(automata):
    assert "foreach" in automata("docs").out


def test_a_function_has_its_signatures(automata):
    assert "range" in automata("docs", "range").out


def test_an_unknown_topic_names_the_nearest(automata):
    done = automata("docs", "foreahc")

    assert done.code == 4
    assert "foreach" in done.err
