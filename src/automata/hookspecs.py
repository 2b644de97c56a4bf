"""Every hook of the kernel: signature, when it is called, failure policy, a runnable example. No code.

Hooks return frozen records (or None); the kernel collects them once, stamps each with the distribution it came from and
refuses two of the same name. A plugin is an installed distribution with an entry point in the group ``automata`` whose
value is a module (or object) with functions marked ``automata.sdk.hookimpl``.

Failure policy *contained*: a plugin that raises, hangs or returns something else is reported, in the end switched off,
and the others go on.
Failure policy *observer*: called off the hot path; an exception is counted, and never reaches the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automata.model import Command, CredentialKind, Function, NodeType, Rule, Setting

GROUP = "automata"
"""Entry-point group, and the project name pluggy marks hooks with."""

hookspec = pluggy.HookspecMarker(GROUP)


@hookspec
def automata_node_types() -> Iterable[NodeType]:
    """Supply triggers, actions and control nodes.

    Called once, when the catalog is built. Contained.

    Example::

        @hookimpl
        def automata_node_types():
            return [
                NodeType(name="greet.say_hello", title="Say hello", summary="Greets", effect=Effect.PURE, run=hello)
            ]
    """


@hookspec
def automata_settings() -> Iterable[Setting]:
    """Supply what an operator can set.

    Called once, when settings are first read. Contained.

    Example::

        @hookimpl
        def automata_settings():
            return [Setting(name="AUTOMATA_GREET_NAME", summary="Whom to greet", default="world")]
    """


@hookspec
def automata_credential_kinds() -> Iterable[CredentialKind]:
    """Supply kinds of connections.

    Called once, when the catalog is built. Contained.

    Example::

        @hookimpl
        def automata_credential_kinds():
            return [CredentialKind(name="greet.key", title="Key", fields={"type": "object"})]
    """


@hookspec
def automata_functions() -> Iterable[Function]:
    """Supply functions for expressions; their names need a namespace of the plugin's own.

    Called once, when the catalog is built. Contained.

    Example::

        @hookimpl
        def automata_functions():
            return [
                Function(name="greet.shout", call=str.upper, signatures=("(string) -> string",), summary="Upper case")
            ]
    """


@hookspec
def automata_graph_rules() -> Iterable[Rule]:
    """Supply validation rules beyond the kernel's own.

    Called once, when the catalog is built; each rule then sees every document that is validated. Contained.

    Example::

        @hookimpl
        def automata_graph_rules():
            return [Rule(code="GREET-001", title="Greets nobody", check=check_names)]
    """


@hookspec
def automata_commands() -> Iterable[Command]:
    """Supply commands of the ``automata`` program, each under a name of the plugin's own.

    Called when a command is not one of the kernel's, and for ``automata --help``. Contained.

    Example::

        @hookimpl
        def automata_commands():
            return [Command(name="greet", summary="Greet someone", load="automata_greet.cli:greet")]
    """
