"""Node types whose effects can be counted: every attempt is one line of a ledger that no store can roll back."""

import os

from automata.sdk import Effect, InvalidInput, NodeType, Transient, hookimpl

VARIABLE = "CHAOS_LEDGER"


def enter(ctx, kind):
    """Append ``run step key attempt kind process``, durably, in one write."""
    line = f"{ctx.run_id} {ctx.node} {ctx.idempotency_key} {ctx.attempt} {kind} {os.getpid()}\n"
    ledger = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(ledger, line.encode())
        os.fsync(ledger)
    finally:
        os.close(ledger)


def action(name, effect):
    """A node type that enters itself into the ledger and does as its parameters say."""

    async def run(ctx, parameters):
        enter(ctx, effect.value)
        if parameters.get("linger"):
            await ctx.sleep(parameters["linger"])
        if parameters.get("refuse"):
            raise InvalidInput("on purpose")
        if ctx.attempt <= parameters.get("fail", 0):
            raise Transient("on purpose")
        return parameters.get("value", ctx.node)

    return NodeType(name=name, title=name, summary="Does nothing, and says so", effect=effect, run=run)


@hookimpl
def automata_node_types():
    """One for each kind of effect an action may have."""
    return [
        action("chaos.do_pure", Effect.PURE),
        action("chaos.do_read", Effect.READ),
        action("chaos.do_put", Effect.IDEMPOTENT),
        action("chaos.do_keyed", Effect.KEYED),
        action("chaos.do_unsafe", Effect.UNSAFE),
        action("chaos.do_send", Effect.OUTBOX),
    ]
