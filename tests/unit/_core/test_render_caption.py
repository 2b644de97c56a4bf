"""What a box says below its id."""

import pytest

from automata._core.codec import decode
from automata._core.render import to_svg, to_text

NODES = {
    "nap": {"use": "wait", "with": {"for": "5m"}},
    "ask": {"use": "approval", "with": {"message": "Really?"}},
    "pay": {"use": "signal", "with": {"name": "paid"}},
    "sub": {"use": "call", "with": {"workflow": "Other"}},
    "boom": {"use": "fail", "with": {"class": "broken", "message": "No"}},
    "get": {"use": "http.request", "with": {"url": "https://a.example/" + "x" * 200}, "timeout": "5s"},
    "none": {"use": "set", "with": {}},
    "race": {"use": "race", "body": {"nodes": {"one": {"use": "set", "with": {}}}}},
}


@pytest.mark.parametrize("draw", [to_text, to_svg])
def test_every_kind_of_node_is_drawn_with_what_matters(draw):
    workflow, problems = decode({"automata": 1, "name": "All", "nodes": NODES})
    assert workflow is not None, problems

    picture = draw(workflow)

    assert all(name in picture for name in NODES)
    assert "x" * 100 not in picture
