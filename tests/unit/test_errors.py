"""The tree of errors: sorted by what a caller can do, with facts as attributes."""

import inspect
import pickle

import pytest

from automata import errors
from automata.model import Problem

TREE = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)}
STEPS = [kind for kind in TREE.values() if issubclass(kind, errors.StepError)]
PLAIN = [kind for kind in TREE.values() if kind not in {errors.InvalidDocument, errors.PluginError, errors.Undone}]


@pytest.mark.parametrize("kind", TREE.values(), ids=TREE)
def test_every_error_has_the_one_root_and_stands_in_the_picture(kind):
    assert issubclass(kind, errors.AutomataError)
    assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_without_a_message_the_docstring_is_one(kind):
    assert kind().message == kind.__doc__.partition("\n")[0].rstrip(".")
    assert kind("No").message == "No"


def test_every_failing_step_has_a_class_of_its_own():
    classes = [kind.error_class for kind in STEPS]

    assert len(set(classes)) == len(classes)


def test_a_failing_step_may_name_its_class():
    error = errors.StepError("No", error_class="too_dear", details={"price": 3}, retry_after_s=1.5, sent=False)

    assert (error.kind, error.details, error.retry_after_s, error.sent) == ("too_dear", {"price": 3}, 1.5, False)
    assert (errors.RateLimited().kind, errors.RateLimited().details) == ("rate_limited", {})


def test_an_invalid_document_carries_all_its_problems_and_says_the_first_three():
    problems = [Problem(code="DOC-003", message=f"No {place}") for place in range(5)]

    error = errors.InvalidDocument(problems)

    assert error.problems == tuple(problems)
    assert error.message == "No 0; No 1; No 2"
    assert errors.InvalidDocument(problems, "Refused").message == "Refused"


def test_a_plugin_error_names_the_plugin():
    error = errors.PluginError("acme", "It hangs")

    assert (error.plugin, error.message) == ("acme", "It hangs")


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_errors_go_between_processes(kind):
    assert pickle.loads(pickle.dumps(kind("No"))).message == "No"
