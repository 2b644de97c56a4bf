"""How many slips the checker finds before a run: seeded mutations of the examples, and edits that change nothing.

Run this file to print the figures of docs/reference/mutation-study.md.
"""

from __future__ import annotations

import asyncio
import copy
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from attrs import evolve, frozen

from automata._core.catalog import Catalog
from automata._core.codec import decode
from automata._core.kernel import Kernel
from automata._core.validation import validate
from automata.model import Workflow

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
SEED = 20260
QUOTED = re.compile(r"'[^']*'")
FIELD = re.compile(r"(?<=[\w\])])\.\??([a-z_]\w*)\b(?!\()")
ROOT = re.compile(r"(?<![\w.'\"?])([a-z_]\w*)\b(?!\s*[(\w])")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
WORDS = {"true", "false", "null", "in"}
OTHER = {"string": "boolean", "number": "string", "integer": "string", "boolean": "string", "array": "boolean"}


@frozen
class Mutant:
    """One document with one change."""

    example: str
    kind: str
    place: str
    raw: dict
    catalog: Catalog | None = None
    known: bool = True
    """Whether the type of what was changed is stated anywhere: not so for bodies of answers, cells and payloads."""
    turned: Callable[[dict], dict] | None = None
    """For another type: what the example's own tests look like when data of that type really come."""


Place = tuple[str | int, ...]


class Trusting(Kernel):
    """A kernel that runs what it is given, however wrong."""

    def require_valid(self, workflow: Workflow) -> None:
        """Refuse nothing."""


def complete() -> dict[str, dict]:
    """Every example as JSON."""
    return {file.stem: yaml.safe_load(file.read_text()) for file in sorted(EXAMPLES.glob("*.yaml"))}


def documents() -> dict[str, dict]:
    """Every example without its tests: they must not help the checker."""
    return {name: {k: v for k, v in raw.items() if k != "tests"} for name, raw in complete().items()}


# ------------------------------------------------------------------ places in a document


def texts(value: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str) and "${" in value:
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*place, index))


def expressions(text: str) -> Iterator[tuple[int, int]]:
    """Where the expressions of a template stand."""
    at = 0
    while (begin := text.find("${", at)) >= 0:
        end, depth, quote = begin + 2, 1, False
        while depth:
            letter = text[end]
            quote = quote != (letter == "'")
            depth += 0 if quote else {"{": 1, "}": -1}.get(letter, 0)
            end += 1
        yield begin + 2, end - 1
        at = end


def masked(text: str) -> str:
    """The text with everything but the code of its expressions blanked, so that positions stay."""
    out = [" "] * len(text)
    for begin, end in expressions(text):
        out[begin:end] = QUOTED.sub(lambda m: "'" + "#" * (len(m.group()) - 2) + "'", text[begin:end])
    return "".join(out)


def graphs(raw: dict, place: Place = ()) -> Iterator[tuple[Place, dict]]:
    yield place, raw
    for name, node in raw["nodes"].items():
        for key in ("body", "finally"):
            if key in node:
                yield from graphs(node[key], (*place, "nodes", name, key))


def nodes(raw: dict) -> Iterator[tuple[Place, dict]]:
    for place, graph in graphs(raw):
        for name, node in graph["nodes"].items():
            yield (*place, "nodes", name), node


def at(raw: object, place: Place) -> object:
    for key in place:
        raw = raw[key]
    return raw


def put(raw: dict, place: Place, value: object) -> dict:
    changed = copy.deepcopy(raw)
    at(changed, place[:-1])[place[-1]] = value
    return changed


def renamed(raw: dict, place: Place, new: str) -> dict:
    """The key at the end of *place* under another name, in the same position."""
    changed = copy.deepcopy(raw)
    owner = at(changed, place[:-1])
    items = [(new if key == place[-1] else key, value) for key, value in owner.items()]
    owner.clear()
    owner.update(items)
    return changed


def removed(raw: dict, place: Place) -> dict:
    changed = copy.deepcopy(raw)
    del at(changed, place[:-1])[place[-1]]
    return changed


def typo(word: str, chance: random.Random) -> str:
    """A slip of the fingers: a letter doubled, dropped, or two swapped."""
    at_ = chance.randrange(max(1, len(word) - 1))
    slips = [word[:at_] + word[at_] + word[at_:], word[:at_] + word[at_ + 1 :] if len(word) > 3 else word + "s"]
    slips += [word[:at_] + word[at_ + 1] + word[at_] + word[at_ + 2 :]] if at_ + 1 < len(word) else []
    good = [slip for slip in slips if slip != word and re.fullmatch(r"[a-z_]\w*", slip)]
    return chance.choice(good or [word + "x"])


def used(raw: dict, place: Place = ("nowhere",)) -> set[str]:
    """The names read as fields of something whose type is stated, anywhere but below *place*."""
    codes = [masked(text) for here, text in texts(raw) if here[: len(place)] != place]
    return {found.group(1) for code in codes for found in FIELD.finditer(code) if stated(code[: found.start(1)])}


def reads(raw: dict, node: str, key: str) -> bool:
    """Whether some expression reads *key* of *node*."""
    return any(re.search(rf"(?<![\w.]){node}\.\??{key}\b", masked(text)) for _, text in texts(raw))


TURNED = {"boolean": True, "string": "text"}


def turned(value: object, place: Place, kind: object) -> object:
    """The start input with what stands at *place* of its schema replaced by a value of another kind."""
    if not place:
        return kind
    if place[0] == "items":
        return [turned(item, place[1:], kind) for item in value]
    return {**value, place[1]: turned(value[place[1]], place[2:], kind)} if place[1] in value else value


def breaks(mutant: Mutant, cases: list[dict], kernel: Kernel) -> bool:
    """Whether one of the example's own tests ends with another status when nothing is checked before."""
    changed = [mutant.turned(case) for case in cases] if mutant.turned is not None else cases
    workflow, _ = decode({**mutant.raw, "tests": changed})
    if workflow is None or mutant.place == "patience":
        return True  # a wait for what is no duration never ends, which is a breach of its own
    return any("Expected status" in line for r in asyncio.run(kernel.test(workflow)) for line in r.failures)


# ------------------------------------------------------------------ slips


def schema_slips(name: str, raw: dict, chance: random.Random) -> Iterator[Mutant]:
    """The start input's schema: a property somebody reads is renamed, removed or gets another type."""

    def walk(schema: dict, place: Place) -> Iterator[tuple[Place, dict]]:
        for key, inner in schema.get("properties", {}).items():
            yield (*place, "properties", key), inner
            yield from walk(inner, (*place, "properties", key))
        if "items" in schema:
            yield from walk(schema["items"], (*place, "items"))

    names = used(raw)
    for place, inner in walk(raw.get("input", {}), ("input",)):
        key = place[-1]
        if key not in names:
            continue
        owner = place[:-2]
        required = at(raw, owner)["required"]
        new = typo(key, chance)
        changed = put(renamed(raw, place, new), (*owner, "required"), [new if r == key else r for r in required])
        yield Mutant(name, "rename in a schema", key, changed)
        yield Mutant(
            name,
            "remove from a schema",
            key,
            put(removed(raw, place), (*owner, "required"), [r for r in required if r != key]),
        )
        other = OTHER.get(inner["type"], "boolean")
        turn = partial(turn_event, place=place[1:], value=TURNED[other])
        yield Mutant(name, "retype in a schema", key, put(raw, place, {"type": other}), turned=turn)


def turn_event(case: dict, place: Place, value: object) -> dict:
    """A test whose start input has another type at *place*."""
    return {**case, "event": turned(case["event"], place, value)} if "event" in case else case


def turn_mock(case: dict, address: str, key: str) -> dict:
    """A test in which a connector gives another type at *key*."""
    mock = case.get("mocks", {}).get(address, {})
    if "output" not in mock:
        return case
    return {**case, "mocks": {**case["mocks"], address: {"output": {**mock["output"], key: [True]}}}}


def output_slips(name: str, raw: dict, chance: random.Random) -> Iterator[Mutant]:
    """What a `set` node or a body gives: a member somebody reads is renamed, removed or gets another type."""
    places = [((*p, "with"), {k for k in node["with"] if reads(raw, p[-1], k)}) for p, node in nodes(raw)
              if node["use"] == "set"]  # fmt: skip
    places += [((*p, "output"), set(g["output"]) & used(raw, p)) for p, g in graphs(raw)
               if p and isinstance(g.get("output"), dict)]  # fmt: skip
    for place, members in places:
        for key in sorted(members):
            here = (*place, key)
            yield Mutant(name, "rename in an output", str(here), renamed(raw, here, typo(key, chance)))
            yield Mutant(name, "remove from an output", str(here), removed(raw, here))
            yield Mutant(name, "retype in an output", str(here), put(raw, here, [True]))


def parameter_slips(name: str, raw: dict, chance: random.Random, catalog: Catalog) -> Iterator[Mutant]:
    """Parameters of a node: one is renamed, a required one removed, one gets a value of another type."""
    for place, node in nodes(raw):
        schema = catalog.get(node["use"]).parameters
        if node["use"] == "set":
            continue
        for key in node.get("with", {}):
            here = (*place, "with", key)
            yield Mutant(name, "rename a parameter", str(here), renamed(raw, here, typo(key, chance)))
            if key in schema.get("required", ()):
                yield Mutant(name, "remove a parameter", str(here), removed(raw, here))
            kind = schema["properties"][key].get("type")
            if isinstance(kind, str):
                wrong = {"string": 7, "object": "text", "array": "text", "boolean": "text"}.get(kind, "text")
                yield Mutant(name, "retype a parameter", str(here), put(raw, here, wrong))


def expression_slips(name: str, raw: dict, chance: random.Random) -> Iterator[Mutant]:
    """Expressions: a field or a name is misspelt, a field is left out, a number becomes a text."""
    for place, text in texts(raw):
        code = masked(text)
        for found in FIELD.finditer(code):
            begin, end = found.span(1)
            new = text[:begin] + typo(found.group(1), chance) + text[end:]
            yield Mutant(name, "misspell a field", new, put(raw, place, new), known=stated(code[:begin]))
        for found in ROOT.finditer(code):
            if found.group(1) not in WORDS:
                begin, end = found.span(1)
                new = text[:begin] + typo(found.group(1), chance) + text[end:]
                yield Mutant(name, "misspell a name", new, put(raw, place, new))
        for found in NUMBER.finditer(code):
            begin, end = found.span()
            before, after = code[:begin].rstrip(), code[end:].lstrip()
            if before.endswith(("<", ">", "<=", ">=", "*", "/", "-", "+", "==")) or after.startswith(("<", ">", "*")):
                new = f"{text[:begin]}'{found.group()}'{text[end:]}"
                yield Mutant(name, "retype a literal", new, put(raw, place, new))


def stated(before: str) -> bool:
    """Whether the type of what stands before a field is stated: not so for what comes from outside."""
    return not re.search(r"(\.body|\brow|\bsignal)\.\??$", before)


def connector_slips(name: str, raw: dict, chance: random.Random, catalog: Catalog) -> Iterator[Mutant]:
    """A connector gives something else than it did: a member of its output is renamed, removed or retyped."""
    for place, node in nodes(raw):
        type_ = catalog.get(node["use"])
        for key, inner in (type_.output or {}).get("properties", {}).items() if "." in node["use"] else ():
            if not reads(raw, place[-1], key):
                continue
            for kind, new in (
                ("rename in a connector's output", {typo(key, chance): inner}),
                ("remove from a connector's output", {}),
                ("retype in a connector's output", {key: {"type": "array", "items": {"type": "boolean"}}}),
            ):
                rest = {k: v for k, v in type_.output["properties"].items() if k != key}
                required = [r for r in type_.output["required"] if r != key]
                output = {
                    **type_.output,
                    "properties": {**rest, **new},
                    "required": [*required, *new],
                    "additionalProperties": False,
                }
                changed = evolve(catalog, types={**catalog.types, type_.name: evolve(type_, output=output)})
                address = "/".join(part for part in place if part not in {"nodes", "body", "finally"})
                turn = partial(turn_mock, address=address, key=key) if kind.startswith("retype") else None
                yield Mutant(name, kind, f"{place[-1]}.{key}", raw, catalog=changed, turned=turn)


def slips(catalog: Catalog) -> list[Mutant]:
    """Every slip of every example; the seed decides only how a word is misspelt."""
    chance = random.Random(SEED)
    found: list[Mutant] = []
    for name, raw in documents().items():
        found += schema_slips(name, raw, chance)
        found += output_slips(name, raw, chance)
        found += parameter_slips(name, raw, chance, catalog)
        found += expression_slips(name, raw, chance)
        found += connector_slips(name, raw, chance, catalog)
    return found


# ------------------------------------------------------------------ edits that change nothing


def each_text(edit: Callable[[str, int, int], str | None]) -> Callable[[dict], Iterator[dict]]:
    """An edit of one expression, at every expression."""

    def edits(raw: dict) -> Iterator[dict]:
        for place, text in texts(raw):
            for begin, end in expressions(text):
                new = edit(text, begin, end)
                if new is not None:
                    yield put(raw, place, new)

    return edits


def by_index(text: str, begin: int, end: int) -> str | None:
    """``a.b`` as ``a['b']``, the first one."""
    code = masked(text)
    found = next((f for f in FIELD.finditer(code, begin, end) if code[f.start() + 1] != "?"), None)
    if found is None or "has(" in code[begin:end]:
        return None
    return f"{text[: found.start()]}['{found.group(1)}']{text[found.end() :]}"


def alpha(raw: dict) -> Iterator[dict]:
    """A node of the main graph gets another name, everywhere."""
    for name in raw["nodes"]:
        new = f"{name}_renamed"
        changed = copy.deepcopy(raw)
        changed["nodes"] = {new if k == name else k: v for k, v in changed["nodes"].items()}
        changed["edges"] = [re.sub(rf"(?<![\w.]){name}(?!\w)", new, edge) for edge in changed.get("edges", [])]
        if changed.get("errors") == name:
            changed["errors"] = new
        if any(k == name for place, g in graphs(raw) if place for k in g["nodes"]):
            continue  # the name means something else inside a body
        for place, text in list(texts(changed)):
            code = masked(text)
            spots = [f.span(1) for f in ROOT.finditer(code) if f.group(1) == name]
            for begin, end in reversed(spots):
                text = text[:begin] + new + text[end:]  # noqa: PLW2901 - built from the end
            at(changed, place[:-1])[place[-1]] = text
        yield changed


def shuffled(raw: dict) -> Iterator[dict]:
    """Nodes, edges, properties and parameters in another order."""
    for seed in range(5):
        chance = random.Random(seed)
        changed = copy.deepcopy(raw)
        for _, graph in graphs(changed):
            items = list(graph["nodes"].items())
            chance.shuffle(items)
            graph["nodes"] = dict(items)
            chance.shuffle(graph.get("edges", []))
        yield changed
    yield json.loads(json.dumps(raw, sort_keys=True))


def additions(raw: dict) -> Iterator[dict]:
    """A remark, a constant, an optional property nobody uses yet."""
    yield put(raw, ("description",), "Something else")
    yield {**raw, "vars": {**raw.get("vars", {}), "spare": 1}}
    yield {**raw, "layout": {next(iter(raw["nodes"])): [0, 0]}}
    if "input" in raw:
        properties = {**raw["input"]["properties"], "spare": {"type": "string"}}
        yield put(raw, ("input", "properties"), properties)
    for place, _ in nodes(raw):
        yield put(raw, (*place, "note"), "Somebody should look at this")
    for key, value in raw.get("vars", {}).items():
        if isinstance(value, (int, float)):
            yield put(raw, ("vars", key), value + 1)


NEUTRAL: dict[str, Callable[[dict], Iterator[dict]]] = {
    "brackets round an expression": each_text(lambda t, b, e: f"{t[:b]}({t[b:e]}){t[e:]}"),
    "spaces in an expression": each_text(lambda t, b, e: f"{t[:b]}  {t[b:e]} {t[e:]}"),
    "index instead of member": each_text(by_index),
    "both ways of a condition the same": each_text(lambda t, b, e: f"{t[:b]}true ? ({t[b:e]}) : ({t[b:e]}){t[e:]}"),
    "a node under another name": alpha,
    "another order": shuffled,
    "additions": additions,
}


# ------------------------------------------------------------------ the study


@frozen
class Study:
    """What was found."""

    caught: Counter
    tried: Counter
    missed: list[Mutant]
    alarms: list[tuple[str, str, str]]
    neutral: Counter
    harmless: int
    """Changes of a type that break nothing, as of a value that is only put into a text; they do not count."""

    @property
    def rate(self) -> float:
        """Part of all slips that were found."""
        return self.caught.total() / self.tried.total()

    @property
    def false_alarms(self) -> float:
        """Part of the neutral edits that were complained about."""
        return len(self.alarms) / self.neutral.total()


def problems(raw: dict, catalog: Catalog) -> list[str]:
    """Everything said against a document, errors and warnings."""
    workflow, found = decode(raw)
    if workflow is not None:
        found = (*found, *validate(workflow, catalog, raw=raw))
    return [f"{p.severity} {p.code} {p.message}" for p in found]


def study() -> Study:
    """Try every slip and every neutral edit."""
    catalog = Kernel().catalog
    caught, tried, neutral = Counter(), Counter(), Counter()
    missed, alarms, harmless = [], [], 0
    kernel, cases = Trusting(), {name: raw["tests"] for name, raw in complete().items()}
    for mutant in slips(catalog):
        if mutant.kind.startswith("retype in") and not breaks(mutant, cases[mutant.example], kernel):
            harmless += 1
            continue
        tried[mutant.kind] += 1
        if problems(mutant.raw, mutant.catalog or catalog):
            caught[mutant.kind] += 1
        else:
            missed.append(mutant)
    for name, raw in documents().items():
        for kind, edit in NEUTRAL.items():
            for changed in edit(raw):
                neutral[kind] += 1
                alarms += [(name, kind, said) for said in problems(changed, catalog)[:1]]
    return Study(caught, tried, missed, alarms, neutral, harmless)


@pytest.fixture(scope="module")
def result():
    return study()


@pytest.mark.timeout(240)
def test_at_least_95_percent_of_the_slips_are_caught_before_a_run(result):
    assert result.tried.total() >= 500
    assert result.rate >= 0.95, [(m.example, m.kind, m.place) for m in result.missed]


def test_at_most_2_percent_of_the_neutral_edits_raise_an_alarm(result):
    assert result.neutral.total() >= 500
    assert result.false_alarms <= 0.02, result.alarms


def test_every_misspelt_field_of_a_stated_type_is_caught(result):
    missed = [m for m in result.missed if m.known and m.kind.startswith(("misspell", "rename"))]

    assert len(missed) <= 0.01 * result.tried.total(), [(m.example, m.kind, m.place) for m in missed]


if __name__ == "__main__":
    done = study()
    for kind in done.tried:
        sys.stdout.write(f"{kind:34} {done.caught[kind]:4} of {done.tried[kind]:4}\n")
    sys.stdout.write(f"{'all slips':34} {done.caught.total():4} of {done.tried.total():4}  {done.rate:.1%}\n")
    sys.stdout.write(f"not counted: {done.harmless} changes of a type that break nothing\n\n")
    for kind, count in done.neutral.items():
        sys.stdout.write(f"{kind:34} {sum(a[1] == kind for a in done.alarms):4} of {count:4}\n")
    sys.stdout.write(
        f"{'false alarms':34} {len(done.alarms):4} of {done.neutral.total():4}  {done.false_alarms:.1%}\n\n"
    )
    for one in done.missed:
        sys.stdout.write(f"missed  {one.example}: {one.kind}: {one.place}{'' if one.known else '  (from outside)'}\n")
    for one in done.alarms:
        sys.stdout.write(f"alarm  {one}\n")
