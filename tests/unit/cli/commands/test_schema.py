"""Published schemas."""

import json

import pytest


@pytest.mark.parametrize("arguments", [["workflow"], ["manifest"], ["nodetype", "http.request"]])
def test_a_schema_is_json(automata, arguments):
    assert json.loads(automata("schema", *arguments).out)


@pytest.mark.parametrize(("arguments", "code"), [(["nodetype"], 2), (["workflow", "x"], 2), (["nodetype", "x.y"], 4)])
def test_misuse_is_told(automata, arguments, code):
    assert automata("schema", *arguments).code == code
