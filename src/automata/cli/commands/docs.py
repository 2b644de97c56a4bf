"""``automata docs``: what there is to read about a word, offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from automata.cli import complete
from automata.cli.command import Command, console
from automata.cli.exits import MEANINGS, Exit
from automata.cli.failure import Failure


@click.command(
    "docs",
    cls=Command,
    short_help="Read about a command, node type, function or problem code, offline.",
    help="Read about a command, node type, function or problem code, offline. Without TOPIC the topics are listed.",
    examples=("automata docs REF-003", "automata docs http.request", "automata docs run", "automata docs exit-codes"),
)
@click.argument(
    "topic",
    required=False,
    shell_complete=lambda context, _parameter, typed: complete.starting(typed, lambda: known(context)),
)
@click.pass_context
def command(context: click.Context, topic: str | None) -> None:
    """Find the topic among commands, codes, node types and functions, in this order."""
    out = console(context)
    if topic is None:
        names = {"commands": _commands(context), "codes": sorted(_codes()), **_catalog_names()}
        out.emit(names, lambda: _listing(names))
        return
    text = _command_page(context, topic) or _code_page(topic.upper()) or _catalog_page(topic)
    if text is None:
        raise Failure(
            f"Nothing is written about {topic!r}",
            exit=Exit.NOT_FOUND,
            because=_near(context, topic),
            fix="automata docs",
        )
    out.emit({"topic": topic, "text": text}, lambda: text.rstrip().splitlines())


def _commands(context: click.Context) -> list[str]:
    root = context.find_root().command
    names = root.list_commands(context) if isinstance(root, click.Group) else []
    return [*names, "exit-codes"]


def _command_page(context: click.Context, topic: str) -> str | None:
    if topic == "exit-codes":
        return "\n".join(f"{int(code):>3}  {meaning}" for code, meaning in MEANINGS.items())
    root = context.find_root()
    if not isinstance(root.command, click.Group) or topic not in _commands(context):
        return None
    found = root.command.get_command(root, topic)
    return None if found is None else found.get_help(click.Context(found, info_name=topic, parent=root))


def _codes() -> dict[str, str]:
    from automata._core.codec import CODES
    from automata._core.validation.table import RULES

    titles = {code: f"{title}\n\n{text}" for code, (title, text) in CODES.items()}
    return titles | {rule.code: rule.title for rule in RULES}


def _code_page(code: str) -> str | None:
    page = next((folder / f"{code}.md" for folder in _rule_folders() if (folder / f"{code}.md").is_file()), None)
    if page is not None and code.replace("-", "").isalnum():
        return page.read_text(encoding="utf-8")
    text = _codes().get(code)
    return None if text is None else f"{code}: {text}"


def _rule_folders() -> Iterator[Path]:
    """In an installed package the pages lie beside this program; in a checkout, among the documentation."""
    here = Path(__file__).resolve().parents[1]
    yield here / "rules"
    yield here.parents[2] / "docs" / "reference" / "rules"


def _catalog_names() -> dict[str, list[str]]:
    from automata._core.expressions import standard_functions
    from automata.cli import access

    known = access.catalog(access.plugins())
    functions = {*standard_functions(), *known.functions}
    return {"node_types": list(known.names()), "functions": sorted(functions)}


def _catalog_page(topic: str) -> str | None:
    from automata._core.expressions import standard_functions
    from automata.cli import access

    known = access.catalog(access.plugins())
    found = known.get(topic)
    if found is not None:
        ports = ", ".join(port.name for port in found.ports) or "none"
        parts = [
            f"{found.name}: {found.title}",
            found.summary,
            found.docs,
            f"effect: {found.effect}",
            f"ports: {ports}, error",
        ]
        parts += ["with:\n" + json.dumps(found.parameters, indent=2, default=dict, ensure_ascii=False)]
        parts += ["output:\n" + json.dumps(found.output, indent=2, default=dict, ensure_ascii=False)]
        return "\n\n".join(part for part in parts if part)
    functions = {**standard_functions(), **known.functions}
    function = functions.get(topic)
    if function is None:
        return None
    examples = "\n".join(f"  {expression}  ->  {value}" for expression, value in function.examples)
    return "\n\n".join((f"{function.name}: {function.summary}", "\n".join(function.signatures), examples))


def known(context: click.Context) -> list[str]:
    """Every topic there is."""
    return [*_commands(context), *_codes(), *(name for each in _catalog_names().values() for name in each)]


def _near(context: click.Context, topic: str) -> str:
    from automata._core.suggest import nearest

    near = nearest(topic, known(context))
    return f"did you mean {near!r}?" if near else ""


def _listing(names: dict[str, list[str]]) -> Iterator[str]:
    for kind, each in names.items():
        yield kind.replace("_", " ")
        yield "  " + "  ".join(each)
