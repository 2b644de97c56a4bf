import copy

import pytest

from automata._core.patch import apply_patch, escape, join, resolve, split

DOCUMENT = {"list": ["a", "b"], "": 0, "a/b": 1, "m~n": 2, "%": 3, " ": 4, "deep": {"x": {"y": [1, {"z": None}]}}}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/list", ["a", "b"]),
        ("/list/0", "a"),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 2),
        ("/%", 3),
        ("/ ", 4),
        ("/deep/x/y/1/z", None),
    ],
)
def test_pointer_names_a_value(pointer, value):
    assert resolve(DOCUMENT, pointer) == value


@pytest.mark.parametrize(
    "pointer", ["list", "/none", "/list/2", "/list/-", "/list/01", "/list/x", "/list/0/a", "/%/x", "/list/\u0661"]
)
def test_pointer_that_names_nothing_is_refused(pointer):
    with pytest.raises(ValueError, match=r"There is no|names nothing|must be empty"):
        resolve(DOCUMENT, pointer)


def test_joined_pointer_splits_into_its_tokens():
    assert escape("a/b~c") == "a~1b~0c"
    assert join("/x", "a/b", 0, "~1") == "/x/a~1b/0/~01"
    assert split(join("", "a/b", "~1", "")) == ("a/b", "~1", "")


# Each case of RFC 6902, appendix A, in values of our own.
APPLIED = {
    "add a member": ({"a": 1}, [{"op": "add", "path": "/b", "value": 2}], {"a": 1, "b": 2}),
    "add an item": ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
    "remove a member": ({"a": 1, "b": 2}, [{"op": "remove", "path": "/b"}], {"a": 1}),
    "remove an item": ({"a": [1, 2, 3]}, [{"op": "remove", "path": "/a/1"}], {"a": [1, 3]}),
    "replace": ({"a": 1}, [{"op": "replace", "path": "/a", "value": 2}], {"a": 2}),
    "replace an item": ([1, 2], [{"op": "replace", "path": "/1", "value": 3}], [1, 3]),
    "move": ({"a": {"x": 1}, "b": {}}, [{"op": "move", "from": "/a/x", "path": "/b/y"}], {"a": {}, "b": {"y": 1}}),
    "move an item": ([1, 2, 3], [{"op": "move", "from": "/0", "path": "/2"}], [2, 3, 1]),
    "move onto itself": ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    "copy": ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
    "test": ({"a": [1, "x"]}, [{"op": "test", "path": "/a", "value": [1.0, "x"]}], {"a": [1, "x"]}),
    "test an object": (
        {"a": {"b": None}},
        [{"op": "test", "path": "", "value": {"a": {"b": None}}}],
        {"a": {"b": None}},
    ),
    "add an object": ({"a": 1}, [{"op": "add", "path": "/b", "value": {"c": {}}}], {"a": 1, "b": {"c": {}}}),
    "unknown members are ignored": ({}, [{"op": "add", "path": "/a", "value": 1, "why": 0}], {"a": 1}),
    "append": ([1], [{"op": "add", "path": "/-", "value": [2]}], [1, [2]]),
    "append by length": ([1], [{"op": "add", "path": "/1", "value": 2}], [1, 2]),
    "whole document": ({"a": 1}, [{"op": "replace", "path": "", "value": 5}], 5),
    "escaped": ({"/": 1, "~1": 2}, [{"op": "test", "path": "/~01", "value": 2}], {"/": 1, "~1": 2}),
    "null": ({"a": 1}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
}
REFUSED = {
    "add below nothing": ({"a": 1}, {"op": "add", "path": "/b/c", "value": 1}),
    "add beyond the end": ([1], {"op": "add", "path": "/3", "value": 1}),
    "remove nothing": ({}, {"op": "remove", "path": "/a"}),
    "remove all": ({}, {"op": "remove", "path": ""}),
    "replace nothing": ({}, {"op": "replace", "path": "/a", "value": 1}),
    "test another": ({"a": 1}, {"op": "test", "path": "/a", "value": "1"}),
    "test a boolean": ({"a": True}, {"op": "test", "path": "/a", "value": 1}),
    "move into itself": ({"a": {"b": 1}}, {"op": "move", "from": "/a", "path": "/a/b"}),
    "unknown operation": ({}, {"op": "spin", "path": "/a"}),
    "no value": ({}, {"op": "add", "path": "/a"}),
    "no path": ({}, {"op": "add", "value": 1}),
    "no from": ({}, {"op": "copy", "path": "/a"}),
    "into a text": ("abc", {"op": "add", "path": "/0", "value": 1}),
}


@pytest.mark.parametrize("name", APPLIED)
def test_patch_gives_the_new_document_and_leaves_the_old(name):
    document, patch, wanted = APPLIED[name]
    before = copy.deepcopy(document)

    assert apply_patch(document, patch) == wanted
    assert document == before


@pytest.mark.parametrize("name", REFUSED)
def test_patch_that_cannot_be_applied_is_refused(name):
    document, operation = REFUSED[name]

    with pytest.raises(ValueError, match=r"."):
        apply_patch(document, [operation])
