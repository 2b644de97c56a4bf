"""The manifest: read strictly, written from code, found stale when the code moves on."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from attrs import evolve

from automata._core.manifest import build_manifest, dump_manifest, find_stale, manifest_schema, read_manifest
from automata._core.schema import check_schema, validator
from automata.errors import FixInput
from automata.model import Command, CredentialKind, Effect, Function, Kind, NodeType, Port, Rule, Setting
from automata.sdk import hookimpl


async def run(context, parameters):
    return None


NODE = NodeType(
    name="a.do_it",
    title="Do it",
    summary="Does it",
    kind=Kind.ACTION,
    effect=Effect.KEYED,
    parameters={"type": "object", "properties": {"x": {"enum": (1, 2)}}},
    output={"type": "null"},
    ports=(Port("out"), Port("empty", "Nothing there")),
    compute_ports=lambda parameters: (),
    lazy=frozenset({"x"}),
    run=run,
    network=True,
    credential="a.key",
    docs="Text",
    examples=({"use": "a.do_it"},),
)
RECORDS = {
    "automata_node_types": [NODE],
    "automata_settings": [Setting(name="AUTOMATA_A_B", summary="S", default="1", kind="integer", secret=True)],
    "automata_credential_kinds": [CredentialKind(name="a.key", title="Key", fields={"type": "object"})],
    "automata_functions": [
        Function(name="a.f", call=str, signatures=("(int) -> string",), summary="S", examples=(("a.f(1)", '"1"'),))
    ],
    "automata_graph_rules": [Rule(code="A-001", title="T", check=list)],
    "automata_commands": [Command(name="a", summary="S", load="a.cli:main")],
}
HEAD = {"manifest": 1, "name": "a", "version": "1", "entry_point": "a", "hooks": []}


def build(records):
    namespace = SimpleNamespace()
    for hook, given in records.items():
        exec(f"def {hook}(): return given", {"given": given}, vars(namespace))
        vars(namespace)[hook] = hookimpl(vars(namespace)[hook])
    return build_manifest(namespace, name="a", version="1", entry_point="a", kernel=">=0.1")


def test_what_is_written_is_read_back_as_the_same_records():
    manifest = read_manifest(dump_manifest(build(RECORDS)))

    marker = object()
    for hook, (record,) in RECORDS.items():
        (read,) = manifest.records(hook, lambda *_: marker)
        code = {
            name: marker for name in ("run", "compute_ports", "call", "check") if getattr(read, name, None) is marker
        }
        plain = {"parameters": {"type": "object", "properties": {"x": {"enum": [1, 2]}}}} if record is NODE else {}
        assert read == evolve(record, **code, **plain)
    assert manifest.names("automata_graph_rules") == ("A-001",)
    assert manifest.kernel == ">=0.1"


def test_a_written_manifest_fits_the_published_schema():
    assert check_schema(manifest_schema()) == ()
    assert validator(manifest_schema())(json.loads(dump_manifest(build(RECORDS)))) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"manifest": 2}, "Unknown manifest format 2"),
        ({"manifest": True}, "'manifest' is not of type integer"),
        ({"name": ""}, "'name' is empty"),
        ({"other": 1}, "Unknown member 'other'"),
        ({"hooks": ["x"]}, "Not a hook: 'x'"),
        ({"hooks": ["automata_commands"] * 2}, "stands twice"),
        ({"hooks": 3}, "'hooks' is not of type array"),
        ({"commands": [{"name": "a", "summary": "s", "load": "x"}]}, "does not name 'automata_commands'"),
        ({"commands": 3}, "'commands' is not of type array"),
        ({"commands": [3]}, "/commands/0: Not an object"),
        ({"commands": [{"name": "a"}]}, "/commands/0: Missing member 'summary'"),
        ({"node_types": [{"name": 3}]}, "/node_types/0: Member 'name' has the wrong type"),
        ({"node_types": [{"run": False}]}, "Member 'run' has the wrong type"),
        ({"node_types": [{"plugin": "x"}]}, "Unknown member 'plugin'"),
        ({"settings": [{"kind": "colour"}]}, "Member 'kind' has the wrong type"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_place(change, reason):
    schema = validator(manifest_schema())
    raw = HEAD | change

    with pytest.raises(ValueError, match=reason):
        read_manifest(json.dumps(raw))
    assert schema(raw) or "does not name" in reason or "empty" in reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "not a JSON object"),
        ("{", "Expecting"),
        ('{"name": NaN}', "NaN is not JSON"),
        ('{"name": 1, "name": 2}', "'name' stands twice"),
        ("[" * 100_000, "nested too deeply"),
        (" " * 2_000_000, "larger than"),
        ("{}", "Missing member 'name'"),
    ],
)
def test_a_text_that_is_no_manifest_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        read_manifest(text)


def test_a_fresh_manifest_is_not_stale():
    manifest = build(RECORDS)

    assert find_stale(dump_manifest(manifest), manifest) == ()


def test_what_is_stale_is_named():
    written = dump_manifest(build(RECORDS))
    other = evolve(NODE, name="a.new")
    changed = evolve(NODE, title="Other")

    assert find_stale(written, build(RECORDS | {"automata_node_types": [changed]})) == (
        "node_types: 'a.do_it' has changed",
    )
    assert find_stale(written, build(RECORDS | {"automata_node_types": [other]})) == (
        "node_types: 'a.do_it' is no longer in the code",
        "node_types: 'a.new' is missing",
    )
    assert "Member 'version'" in find_stale(written, build(RECORDS) | {"version": "2"})[0]
    two = build(RECORDS | {"automata_node_types": [NODE, other]})
    swapped = build(RECORDS | {"automata_node_types": [other, NODE]})
    assert find_stale(dump_manifest(two), swapped) == ("node_types: the order has changed",)
    assert "cannot be read" in find_stale("{", two)[0]


@pytest.mark.parametrize("given", [[NODE], [evolve(RECORDS["automata_commands"][0], name=5)]])
def test_a_plugin_whose_records_are_wrong_gets_no_manifest(given):
    with pytest.raises(FixInput):
        build({"automata_commands": [*given, object()]})
