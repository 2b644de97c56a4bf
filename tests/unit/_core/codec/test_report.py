"""Problems are collected with the node they lie in, up to a bound."""

import pytest

from automata._core.codec.limits import PROBLEMS
from automata._core.codec.report import Report, node_at


@pytest.mark.parametrize(
    ("pointer", "node"),
    [
        ("", None),
        ("/name", None),
        ("/nodes", None),
        ("/nodes/a", "a"),
        ("/nodes/a/with/x", "a"),
        ("/nodes/a/body/nodes/b/use", "a/b"),
        ("/nodes/a/finally/nodes/b", "a/b"),
        ("/nodes/a/body/edges/0", "a"),
    ],
)
def test_a_pointer_names_the_address_of_its_node(pointer, node):
    assert node_at(pointer) == node


def test_what_is_beyond_the_bound_is_only_counted():
    report = Report()
    for i in range(PROBLEMS + 5):
        report.add("DOC-020", "No", f"/x/{i}")

    assert report.full
    assert report.count == PROBLEMS + 5
    assert len(report.problems) == PROBLEMS + 1
    assert (report.problems[-1].code, report.problems[-1].message) == ("DOC-034", "5 more problems are not listed")
