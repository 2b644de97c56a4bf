"""Write the reference pages that come from the code: node types, functions, problems, commands, settings, the schema.

Each page is made by a pure function from records the kernel gives; nothing here knows a fact about Automata of its own.
The pages land in docs/reference/generated, which git does not keep. Runs as a Sphinx extension and as a script.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent.parent
TARGET = DOCS / "reference" / "generated"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx: the pages are written before it looks for sources."""
    app.connect("config-inited", lambda *_: generate())
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def generate(target: Path = TARGET) -> list[Path]:
    """Write every page and return their paths; pages of a former build that no longer belong are removed."""
    target.mkdir(parents=True, exist_ok=True)
    written = [write(target / name, make()) for name, make in PAGES.items()]
    written += [write(target / "examples" / f"{file.stem}.md", example(file)) for file in examples()]
    for stale in {*target.rglob("*.md")} - set(written):
        stale.unlink()
    return written


def write(path: Path, text: str) -> Path:
    """Write *text* unless the file holds it already, so that Sphinx rebuilds only what changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def node_types() -> str:
    """One section a node type: parameters, ports, output, effect."""
    types = sorted(installed_types(), key=lambda t: ("." in t.name, t.name))
    lines = ["# Node types", "", "What a node's `use` may name. Made from the catalog of this installation.", ""]
    for type_ in types:
        lines += section_of(type_)
    return "\n".join(lines) + "\n"


def installed_types() -> Iterable[Any]:
    """Every node type of the kernel and of the connectors installed beside it."""
    for module in suppliers():
        yield from supplied(module, "automata_node_types")


def suppliers() -> list[Any]:
    """The kernel's own plugin, then what is announced in the entry-point group, by name."""
    found = sorted(entry_points(group="automata"), key=lambda entry: entry.name)
    return [importlib.import_module("automata._core.controls"), *(entry.load() for entry in found)]


def supplied(module: Any, hook: str) -> Iterable[Any]:
    """What a plugin returns from a hook; nothing when it does not implement it."""
    return getattr(module, hook, tuple)()


def section_of(type_: Any) -> Iterator[str]:
    """Describe one node type."""
    yield f"## `{type_.name}`\n"
    yield f"{sentence(type_.summary)}\n"
    facts = {
        "Kind": f"`{getattr(type_.kind, 'value', type_.kind)}`",
        "Effect": f"`{getattr(type_.effect, 'value', type_.effect)}`",
        "Ports": ", ".join(f"`{port.name}`" for port in type_.ports) or "none of its own",
    }
    yield "\n".join(f"- {name}: {value}" for name, value in facts.items()) + "\n"
    if (docs := getattr(type_, "docs", "")) and docs.strip():
        yield f"{docs.strip()}\n"
    properties = (type_.parameters or {}).get("properties", {})
    if properties:
        required = set(type_.parameters.get("required", ()))
        yield table(
            ("Parameter", "Type", "Required", "Meaning"),
            [(f"`{k}`", kind(v), "yes" if k in required else "", meaning(v)) for k, v in properties.items()],
        )
    if type_.output:
        yield f"Output: {kind(type_.output)}\n"


def functions() -> str:
    """One section a function of the expression language."""
    lines = ["# Functions", "", "What an expression can call. Every example is executed by the tests.", ""]
    reference = load("automata._core.expressions.reference", "reference")
    standard = load("automata._core.expressions", "standard_functions")
    made = reference() if reference else standard() if standard else ()
    if isinstance(made, str):
        return made if made.startswith("# ") else "\n".join([*lines, made]) + "\n"
    records = made.values() if hasattr(made, "values") else made
    return "\n".join([*lines, *(function(record) for record in sorted(records, key=named))])


def function(record: Any) -> str:
    """Describe one function."""
    signatures = "\n".join(record.signatures)
    examples = "\n".join(f"{text}    // {value}" for text, value in record.examples)
    parts = [f"## `{record.name}`", sentence(record.summary), f"```text\n{signatures}\n```"]
    return "\n\n".join([*parts, *([f"```text\n{examples}\n```"] if examples else [])]) + "\n"


def commands() -> str:
    """One section a command of the program, with its options."""
    lines = ["# Command line", "", "Made from the program itself; `automata COMMAND --help` says the same.", ""]
    root = load("automata.cli.program", "program")
    if root is not None:
        lines += list(command_sections(root, ("automata",)))
    return "\n".join(lines) + "\n"


def command_sections(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Describe a command and those below it."""
    import click

    from automata.cli.console import Console

    context = click.Context(command, info_name=" ".join(path), obj=Console(), terminal_width=88, color=False)
    yield f"{'#' * min(len(path) + 1, 4)} `{' '.join(path)}`\n"
    yield f"```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from command_sections(below, (*path, name))


def problems() -> str:
    """A table of every code, its title and severity."""
    rules = load("automata._core.validation.rules", "RULES") or load("automata._core.validation", "RULES") or ()
    records = rules.values() if hasattr(rules, "values") else rules
    rows = [(f"`{rule.code}`", severity(rule), sentence(rule.title)) for rule in records]
    lines = ["# Problem codes", "", "What validation can find; `automata docs CODE` explains each.", ""]
    return "\n".join([*lines, table(("Code", "Severity", "Title"), sorted(set(rows)))]) + "\n"


def severity(rule: Any) -> str:
    """Word how bad it is."""
    found = getattr(rule, "severity", "error")
    return str(getattr(found, "value", found))


def settings() -> str:
    """A table of every setting."""
    found = [*(load("automata._core.settings", "KERNEL_SETTINGS") or ())]
    for module in suppliers():
        found += supplied(module, "automata_settings")
    rows = [(f"`{s.name}`", f"`{s.default}`" if s.default else "", s.summary) for s in sorted(found, key=named)]
    lines = ["# Settings", "", "What an operator can set: environment variables, or keys of `automata.toml`.", ""]
    return "\n".join([*lines, table(("Variable", "Default", "Meaning"), rows)]) + "\n"


def named(record: Any) -> str:
    """Give a record's name, to sort by."""
    return str(record.name)


def schema() -> str:
    """The JSON Schema of the workflow document."""
    make = load("automata._core.codec", "document_schema")
    lines = ["# Schema of the workflow document", "", "JSON Schema 2020-12; `automata schema workflow` prints it.", ""]
    if make is not None:
        lines.append(f"```json\n{json.dumps(make(), indent=2, ensure_ascii=False)}\n```")
    return "\n".join(lines) + "\n"


def examples() -> list[Path]:
    """List the example workflows."""
    return sorted(file for file in (DOCS / "examples").glob("*.yaml") if "nodes:" in file.read_text(encoding="utf-8"))


def gallery() -> str:
    """The page that lists the examples."""
    lines = [
        "# The examples in full",
        "",
        "Workflows that do something a person would want. They stand in `docs/examples`, carry their",
    ]
    lines += ["own tests, and run in the project's test suite. How to run them: [](../../examples/index.md).", ""]
    if names := [f"examples/{file.stem}" for file in examples()]:
        lines += ["```{toctree}", ":maxdepth: 1", "", *names, "```"]
    return "\n".join(lines) + "\n"


def example(file: Path) -> str:
    """Show one example workflow."""
    import yaml

    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    head = f"# {document.get('name', file.stem)}\n\n{sentence(str(document.get('description', '')))}\n\n"
    return f"{head}```{{literalinclude}} ../../../examples/{file.name}\n:language: yaml\n```\n"


PAGES: dict[str, Callable[[], str]] = {
    "node-types.md": node_types,
    "functions.md": functions,
    "problem-codes.md": problems,
    "command-line.md": commands,
    "settings.md": settings,
    "document-schema.md": schema,
    "examples.md": gallery,
}


def load(module: str, name: str) -> Any:
    """Return an attribute of a module, or None when this installation lacks one of them."""
    try:
        if importlib.util.find_spec(module) is None:
            return None
    except ModuleNotFoundError:
        return None
    return getattr(importlib.import_module(module), name, None)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a Markdown table without its empty columns, or nothing when it has no rows."""
    body = [tuple(cell.replace("|", r"\|").replace("\n", " ") for cell in row) for row in rows]
    kept = [column for column in range(len(head)) if any(row[column] for row in body)]
    lines = [[row[column] for column in kept] for row in (head, ("---",) * len(head), *body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n" if body else ""


def kind(schema_: Any) -> str:
    """Name the type a schema describes, shortly."""
    if not isinstance(schema_, dict):
        return "any"
    if "enum" in schema_:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema_["enum"])
    named = schema_.get("type", "any")
    named = " or ".join(named) if isinstance(named, list) else named
    return f"list of {kind(schema_['items'])}" if named == "array" and "items" in schema_ else str(named)


def meaning(schema_: Any) -> str:
    """Give the description a schema carries, with its default."""
    if not isinstance(schema_, dict):
        return ""
    text = sentence(str(schema_.get("description", "")))
    return f"{text} Default: `{json.dumps(schema_['default'])}`.".strip() if "default" in schema_ else text


def sentence(text: str) -> str:
    """End a text with a full stop."""
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


if __name__ == "__main__":
    shutil.rmtree(TARGET, ignore_errors=True)
    for page in generate():
        print(page.relative_to(DOCS))
