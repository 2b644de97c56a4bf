import pytest

from automata._core.soundness.diagram import FALSE, TRUE, BudgetSpent, Diagrams


@pytest.fixture
def diagrams():
    return Diagrams(budget=1_000)


def test_equal_functions_have_equal_numbers(diagrams):
    a, b = diagrams.choice(1, (TRUE, FALSE)), diagrams.choice(2, (TRUE, FALSE))

    assert diagrams.apply("and", a, b) == diagrams.apply("and", b, a)
    assert diagrams.choice(3, (a, a)) == a
    assert diagrams.apply("less", a, a) == FALSE
    assert diagrams.either([a, diagrams.choice(1, (FALSE, TRUE))]) == TRUE


@pytest.mark.parametrize(("count", "result"), [(0, TRUE), (4, FALSE)])
def test_no_function_and_more_than_there_are(diagrams, count, result):
    assert diagrams.at_least(count, [diagrams.choice(i, (TRUE, FALSE)) for i in range(3)]) == result


def test_the_cheapest_values_make_a_function_true(diagrams):
    a, b = diagrams.choice(1, (TRUE, FALSE)), diagrams.choice(2, (TRUE, FALSE))
    known = {}

    assert diagrams.cheapest(diagrams.apply("or", a, b), {1: (9, 1), 2: (1, 1)}, known) == {2: 0}
    assert diagrams.cheapest(FALSE, {}, known) is None
    assert diagrams.cheapest(TRUE, {}, known) == {}


def test_what_rests_on_a_guess_is_known(diagrams):
    diagrams.guesses.add(1)
    guess, certain = diagrams.choice(1, (TRUE, FALSE)), diagrams.choice(2, (TRUE, FALSE))

    assert diagrams.is_guessed(diagrams.apply("and", guess, certain))
    assert not diagrams.is_guessed(certain)


def test_a_budget_that_is_spent_is_said():
    diagrams = Diagrams(budget=0)

    with pytest.raises(BudgetSpent):
        diagrams.apply("and", diagrams.choice(1, (TRUE, FALSE)), diagrams.choice(2, (TRUE, FALSE)))
