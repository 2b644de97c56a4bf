"""An exception is the same on the other side of the line."""

from __future__ import annotations

import json
import math

import pytest

from automata import errors
from automata._core.pool.failure import pack_failure, unpack_failure
from automata.errors import StepError


def sent_over(error):
    return unpack_failure(json.loads(json.dumps(pack_failure(error))))


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, StepError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_step_error_keeps_its_class_and_its_facts(kind):
    error = sent_over(kind("Because", details={"a": [1]}, retry_after_s=2.5, sent=False))

    assert type(error) is kind
    assert (error.message, error.details, error.retry_after_s, error.sent) == ("Because", {"a": [1]}, 2.5, False)


def test_a_class_of_its_own_is_kept():
    assert sent_over(StepError("No stock", error_class="out_of_stock")).kind == "out_of_stock"


def test_everything_else_is_a_bug():
    error = sent_over(ZeroDivisionError("division by zero"))

    assert (error.kind, error.message) == ("bug", "ZeroDivisionError: division by zero")


def test_odd_facts_of_a_step_error_are_left_out():
    odd = StepError("Odd", details={"file": object()}, retry_after_s=math.inf)
    odd.sent = "perhaps"

    error = sent_over(odd)

    assert "is not JSON" in error.details["details_left_out"]
    assert (error.retry_after_s, error.sent) == (None, True)


def test_a_stranger_may_write_anything():
    error = unpack_failure({"class": 5, "message": None, "details": [], "retry_after_s": "soon", "sent": 0})

    assert (error.kind, error.details, error.retry_after_s, error.sent) == ("bug", {}, None, True)
