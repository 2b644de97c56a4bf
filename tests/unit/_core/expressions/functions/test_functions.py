import pytest

from automata._core.expressions.functions import METERED, PASSING, SHALLOW, VOLATILE, standard_functions


@pytest.mark.parametrize("names", [METERED, PASSING, SHALLOW, VOLATILE])
def test_special_treatment_is_for_functions_there_are(names):
    assert names <= standard_functions().keys()


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        standard_functions()["x"] = None


@pytest.mark.parametrize("name", sorted(VOLATILE))
def test_a_recorded_value_has_no_answer_of_its_own(name):
    with pytest.raises(ValueError, match="Nothing records"):
        standard_functions()[name].call()
