"""The ``files.*`` actions on a real folder."""

import asyncio
import os

import pytest
from jsonschema import Draft202012Validator

from automata.sdk import (
    InvalidInput,
    PermissionDenied,
    ProviderBroke,
    ResourceConflict,
    ResourceNotFound,
    StepError,
)
from automata.testing.context import FakeContext
from automata_files.hooks import automata_node_types, automata_settings
from automata_files.store import Store

TYPES = {t.name.removeprefix("files."): t for t in automata_node_types()}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    return folder


@pytest.fixture
def call(root):
    def run(action, **parameters):
        context = FakeContext(settings={"AUTOMATA_FILES_ROOT": str(root)})
        output = asyncio.run(TYPES[action].run(context, parameters))
        Draft202012Validator(TYPES[action].output).validate(output)
        return output

    return run


def test_the_plugin_brings_eight_actions_and_a_setting():
    assert sorted(TYPES) == [
        "append_text", "list_files", "read_csv", "read_json", "read_text", "write_csv", "write_json", "write_text",
    ]  # fmt: skip
    assert [s.name for s in automata_settings()] == ["AUTOMATA_FILES_ROOT"]


@pytest.mark.parametrize("name", sorted(TYPES))
def test_schemas_and_examples_are_valid(name):
    Draft202012Validator.check_schema(TYPES[name].parameters)
    Draft202012Validator.check_schema(TYPES[name].output)
    for example in TYPES[name].examples:
        Draft202012Validator(TYPES[name].parameters).validate(example["with"])


@pytest.mark.parametrize("root_set", [None, "", "/no/such/folder"])
def test_without_a_folder_the_error_says_how_to_set_one(root_set):
    context = FakeContext(settings={} if root_set is None else {"AUTOMATA_FILES_ROOT": root_set})

    with pytest.raises(InvalidInput, match="AUTOMATA_FILES_ROOT"):
        asyncio.run(TYPES["read_text"].run(context, {"path": "a"}))


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../outside.txt", "a/../../outside.txt", "a//b", "a/.", ".", "a\\b", "a\0", "a/" * 40 + "b",
     "x" * 300, "\ud800"],
)  # fmt: skip
@pytest.mark.parametrize("action", ["read_text", "write_text", "append_text"])
def test_a_name_that_is_no_plain_relative_path_is_refused(call, action, path):
    with pytest.raises(InvalidInput):
        call(action, path=path, **({} if action == "read_text" else {"text": "x"}))


@pytest.mark.parametrize("path", ["link", "folder_link/outside.txt", "dangling", "loop", "fifo"])
@pytest.mark.parametrize("action", ["read_text", "write_text", "append_text"])
def test_nothing_is_reached_through_links_or_special_files(call, root, action, path):
    outside = root.parent / "outside.txt"
    (root / "link").symlink_to(outside)
    (root / "folder_link").symlink_to(root.parent)
    (root / "dangling").symlink_to(root.parent / "new.txt")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "fifo")

    with pytest.raises(PermissionDenied):
        call(action, path=path, **({} if action == "read_text" else {"text": "x"}))

    assert outside.read_text() == "secret"
    assert not (root.parent / "new.txt").exists()


def test_a_hard_name_is_only_a_label(call, root):
    for name in ("..x", "-rf", "a b", "ü", "$HOME", "x\n"):
        call("write_text", path=f"deep/{name}", text=name)
        assert (root / "deep" / name).read_text() == name


def test_folders_and_missing_files_have_their_own_errors(call, root):
    (root / "folder").mkdir()

    with pytest.raises(ResourceNotFound, match="File 'no/such' does not exist"):
        call("read_text", path="no/such")
    for action in ("read_text", "write_text", "append_text"):
        with pytest.raises(ResourceConflict, match="is a folder"):
            call(action, path="folder", **({} if action == "read_text" else {"text": "x"}))


def test_text_goes_round(call, root):
    assert call("write_text", path="a/b.txt", text="ü\r\n") == {"path": "a/b.txt", "size": 4}
    assert call("append_text", path="a/b.txt", text="x") == {"path": "a/b.txt", "size": 5}
    assert call("read_text", path="./a/b.txt") == "ü\r\nx"
    assert [p.name for p in (root / "a").iterdir()] == ["b.txt"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(call, root, monkeypatch):
    call("write_text", path="a", text="old")

    def fail(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StepError, match="the disk is full") as caught:
        call("write_text", path="a", text="new")

    assert caught.value.kind == "transient"
    assert {p.name: p.read_text() for p in root.iterdir()} == {"a": "old"}


def test_sizes_are_bounded(call, root):
    (root / "big").write_bytes(b"x" * 101)

    with pytest.raises(ProviderBroke, match="larger than 100 bytes"):
        call("read_text", path="big", max_bytes=100)
    for action in ("write_text", "append_text"):
        with pytest.raises(InvalidInput, match="100 are allowed"):
            call(action, path="new", text="x" * 101, max_bytes=100)
    assert call("read_text", path="big", max_bytes=101) == "x" * 101


def test_bytes_that_are_not_utf8_are_named(call, root):
    (root / "latin").write_bytes(b"abc\xfc")
    (root / "bom").write_bytes(b"\xef\xbb\xbfabc")

    with pytest.raises(ProviderBroke, match="byte 3 is 0xfc"):
        call("read_text", path="latin")
    assert call("read_text", path="bom") == "abc"
    with pytest.raises(InvalidInput, match="lone surrogate at character 1"):
        call("write_text", path="x", text="a\ud800")


def test_json_goes_round(call, root):
    value = {"b": [1, 2.5, None, True, "ü"], "a": {}}

    call("write_json", path="v.json", value=value)
    call("write_json", path="null.json", value=None, indent=0)

    assert call("read_json", path="v.json") == value
    assert (root / "null.json").read_text() == "null\n"
    with pytest.raises(InvalidInput, match="'value' is missing"):
        call("write_json", path="v.json")


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"a":1,"a":2}', "1e400", '"\\ud800"', "[" * 100_000, "9" * 5000])
def test_json_is_read_strictly(call, root, text):
    (root / "v.json").write_text(text)

    with pytest.raises(ProviderBroke, match="is not JSON"):
        call("read_json", path="v.json")


def test_csv_goes_round(call):
    rows = [{"id": 1, "note": 'a "b",\nc', "ok": True}, {"id": 2.5, "more": "x"}]

    call("write_csv", path="r.csv", rows=rows, delimiter=";")

    assert call("read_csv", path="r.csv", delimiter=";", typed=True) == [
        {"id": 1, "note": 'a "b",\nc', "ok": True, "more": None},
        {"id": 2.5, "note": None, "ok": None, "more": "x"},
    ]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("\ufeffa,b\r\n1,2\r\n\r\n", {}, [{"a": "1", "b": "2"}]),
        ("1,x\n2,y", {"header": False}, [["1", "x"], ["2", "y"]]),
        ("a\n007\n1e3\nNaN\nnull\n-4\n", {"typed": True}, [{"a": v} for v in ("007", 1000.0, "NaN", "null", -4)]),
        ("a,b\ntrue,\n1e999,false\n", {"typed": True}, [{"a": True, "b": None}, {"a": "1e999", "b": False}]),
        ("", {}, []),
    ],
)
def test_csv_is_read_as_written(call, root, text, options, expected):
    (root / "r.csv").write_bytes(text.encode())

    assert call("read_csv", path="r.csv", **options) == expected


@pytest.mark.parametrize(
    ("text", "match"),
    [("a,b\n1\n", "line 2: row has 1 cells, the header 2"), ('a\n"x', "is not CSV"), ("a,a\n1,2", "column twice")],
)
def test_broken_csv_names_the_line(call, root, text, match):
    (root / "r.csv").write_text(text)

    with pytest.raises(ProviderBroke, match=match):
        call("read_csv", path="r.csv")


def test_formulas_are_defused_unless_asked_not_to(call, root):
    rows = [["=1+1", "+x", "-x", "@x", "\tx", "ok", -5]]

    call("write_csv", path="safe.csv", rows=rows)
    call("write_csv", path="raw.csv", rows=rows, escape_formulas=False)

    assert (root / "safe.csv").read_text() == "'=1+1,'+x,'-x,'@x,'\tx,ok,-5\n"
    assert (root / "raw.csv").read_text().startswith("=1+1,+x")


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"rows": "x"}, "'rows' must be a list"),
        ({"rows": [{"a": 1}, [2]]}, "Row 1 must be an object"),
        ({"rows": ["x"]}, "Row 0 must be a list"),
        ({"rows": [], "delimiter": ",,"}, "one character"),
        ({"rows": [], "delimiter": '"'}, "one character"),
        ({"rows": [], "header": "yes"}, "must be of type boolean"),
    ],
)
def test_wrong_rows_name_themselves(call, parameters, match):
    with pytest.raises(InvalidInput, match=match):
        call("write_csv", path="r.csv", **parameters)


def test_files_are_listed_by_pattern(call, root):
    for name in ("b.csv", "a.csv", "a.txt", "in/c.csv", "in/deep/d.csv"):
        call("write_text", path=name, text="x")
    (root / "link.csv").symlink_to(root.parent / "outside.txt")
    (root / "linked").symlink_to(root.parent)

    assert [f["path"] for f in call("list_files", pattern="*.csv")] == ["a.csv", "b.csv"]
    assert [f["path"] for f in call("list_files", pattern="*.csv", recursive=True)] == [
        "a.csv", "b.csv", "in/c.csv", "in/deep/d.csv",
    ]  # fmt: skip
    assert [f["name"] for f in call("list_files", path="in/deep")] == ["d.csv"]
    with pytest.raises(InvalidInput, match="More than 1 files"):
        call("list_files", limit=1)
    with pytest.raises(PermissionDenied):
        call("list_files", path="linked")
    with pytest.raises(ResourceNotFound):
        call("list_files", path="nowhere")


def test_a_folder_that_changes_into_a_link_meanwhile_is_not_followed(root):
    (root / "in").mkdir()
    (root / "in" / "a").write_text("x")
    store = Store(str(root))

    with store._folder(("in",), "in/a", make=False) as handle:
        (root / "in" / "a").unlink()
        (root / "in").rmdir()
        (root / "in").symlink_to(root.parent)

        assert os.listdir(handle) == []  # noqa: PTH208 - an open folder
    with pytest.raises(PermissionDenied):
        store.read("in/outside.txt")


@pytest.mark.parametrize(
    ("parameters", "row"),
    [
        ({}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ({"typed": True}, {"type": "object", "additionalProperties": {}}),
        ({"header": False}, {"type": "array", "items": {"type": "string"}}),
        ({"header": "${vars.header}"}, {}),
    ],
)
def test_the_type_of_rows_follows_the_options(parameters, row):
    assert TYPES["read_csv"].compute_output(parameters, {}) == {"type": "array", "items": row}
