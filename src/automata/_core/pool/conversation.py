"""One call, from the kernel's side: what is said to the child, and what is done with what it says."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from attrs import asdict, frozen

from automata._core.large import holds
from automata._core.pool.answers import answer, take
from automata._core.pool.channel import Hung
from automata._core.pool.context import Facts
from automata._core.pool.failure import pack_failure, unpack_failure
from automata._core.pool.freight import load, unload
from automata._core.pool.process import Child
from automata._core.pool.redaction import Redactor
from automata._core.pool.wire import Garbled
from automata.errors import FixInput, StepError, StoreUnavailable, TimedOut
from automata.model import Json, JsonObject, Outcome
from automata.ports import Blobs, Context

PEEK_S = 0.1
"""How long before the end of its time an action is asked where it hangs; it has half of that to answer."""
PAUSE_S = 0.2
"""Between attempts to have a large value kept."""
SLACK_S = 0.1
"""Whoever limits the attempt from outside looks at another clock: a cancellation this close to the end is the end."""


@frozen(kw_only=True)
class Request:
    """What is to be performed."""

    function: str
    """Its name, as `automata._core.pool.reference` writes it."""
    parameters: JsonObject
    context: Context
    timeout_s: float
    blobs: Blobs | None = None
    """Where large values are."""


class Conversation:
    """With one child, about one call."""

    def __init__(self, child: Child, request: Request) -> None:
        self._child = child
        self._request = request
        self._redactor = Redactor()
        self._asked = False
        self._stopping = False
        self._over = False
        self._peek_s = min(PEEK_S, request.timeout_s / 10)
        child.calls += 1
        self._number = child.calls

    async def hold(self, ends: float, grace_s: float) -> Json | Outcome:
        """Have the call performed. A child that is healthy afterwards can be given another.

        Args:
            ends: When it is given up, in the loop's time.
            grace_s: How long the action has to stop after a cancellation.

        Raises:
            StepError: The action failed; or, with the child killed, ``worker_died`` or ``timed_out``.
            asyncio.CancelledError: It was cancelled; the action has stopped, or the child is killed.
        """
        child = self._child
        child.output.begin(self._print)
        try:
            async with asyncio.timeout_at(ends - self._peek_s):
                return await self._exchange()
        except TimeoutError:
            raise await self._late() from None
        except asyncio.CancelledError:
            if not self._over and asyncio.get_running_loop().time() < ends - SLACK_S:
                await self._stop(grace_s)
            raise
        except Hung:
            raise self._redacted(await child.died()) from None
        except Garbled as error:
            raise StepError(f"The child process broke off: {error}", error_class="worker_died") from None
        finally:
            if not self._over:
                child.kill()
            else:
                child.rest()
            child.output.finish()

    async def _late(self) -> TimedOut:
        stack = await self._child.stack(self._peek_s / 2)
        details: JsonObject = {"stack": self._redactor.text(stack)} if stack else {}
        return TimedOut(f"No result within {self._request.timeout_s:g} s", details=details)

    async def _exchange(self) -> Json | Outcome:
        request = self._request
        parameters: dict[str, Json] = {"parameters": request.parameters}
        if holds(request.parameters):
            self._child.laden = True
            parameters = await asyncio.to_thread(load, request.parameters, self._child.spool, request.blobs)
        self._child.channel.send(
            {
                "type": "call",
                "call": self._number,
                "function": request.function,
                **parameters,
                "facts": asdict(Facts.of(request.context)),
            }
        )
        return await self._listen()

    async def _listen(self) -> Json | Outcome:
        while True:
            message = await self._child.channel.receive()
            match message.get("type"):
                case "ask":
                    await self._serve(message)
                case "log" | "progress" as kind:
                    self._take(kind, message)
                case "result" if self._ends(message):
                    return await self._outcome(message)
                case "error" if self._ends(message):
                    raise self._redacted(unpack_failure(message))
                case kind:
                    raise Garbled(f"A message of the type {kind!r}")

    async def _outcome(self, message: JsonObject) -> Json | Outcome:
        output, port = message.get("output"), message.get("port")
        if "large" in message:
            self._child.laden = True
            output = await self._unloaded(message)
        return Outcome(output, port) if isinstance(port, str) else output

    async def _unloaded(self, message: JsonObject) -> Json:
        """Keep what is in the shared file; a store that does not answer is waited for, within the action's time."""
        while True:
            try:
                return await asyncio.to_thread(unload, message, self._child.spool, self._request.blobs)
            except FixInput as error:
                raise StepError(error.message, error_class="payload_too_large") from error
            except StoreUnavailable:
                await asyncio.sleep(PAUSE_S)  # noqa: TID251 - of the process, not of the run

    async def _stop(self, grace_s: float) -> None:
        """Ask the action to stop, and wait until it has, or its grace is over."""
        self._stopping = True
        with suppress(StepError, TimeoutError, Hung, Garbled):
            self._child.channel.send({"type": "cancel", "call": self._number})
            if self._asked:
                self._refuse()
            async with asyncio.timeout(grace_s):
                await self._listen()

    async def _serve(self, message: JsonObject) -> None:
        self._asked = True
        if self._stopping:
            self._refuse()
            return
        question, given = str(message.get("question")), message.get("with")
        context = self._request.context
        try:
            value = await answer(context, question, given if isinstance(given, dict) else {})
            self._child.channel.send({"type": "answer", "value": value})
        except Exception as error:  # noqa: BLE001 - the action gets what its question raised
            self._child.channel.send({"type": "answer", "error": _reason(error)})
        else:
            if question == "credential" and isinstance(value, dict):
                self._redactor.learn({name: part for name, part in value.items() if isinstance(part, str)})
        self._asked = False

    def _refuse(self) -> None:
        self._asked = False
        stop = StepError("The attempt is to stop", error_class="cancelled")
        self._child.channel.send({"type": "answer", "error": pack_failure(stop)})

    def _ends(self, message: JsonObject) -> bool:
        resident = message.get("resident_bytes")
        self._child.resident_bytes = resident if isinstance(resident, int) else 0
        self._child.worn = message.get("worn") is True
        self._over = message.get("call") == self._number
        return self._over

    def _take(self, kind: str, message: JsonObject) -> None:
        given = self._redactor.json(message.get("with"))
        if isinstance(given, dict):
            take(self._request.context, kind, given)

    def _print(self, line: str) -> None:
        self._request.context.log(self._redactor.text(line), source="output")

    def _redacted(self, error: StepError) -> StepError:
        details = self._redactor.json(error.details)
        error.args = (self._redactor.text(error.message),)
        error.details = details if isinstance(details, dict) else {}
        return error


def _reason(error: Exception) -> dict[str, Json]:
    if isinstance(error, KeyError):
        return {"class": "key", "message": str(error.args[0]) if error.args else ""}
    return pack_failure(error)
