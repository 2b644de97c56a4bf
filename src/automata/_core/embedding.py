"""Start runs and send signals from an application: by themselves, or as part of a database transaction of its own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from attrs import frozen

from automata._core.canonical import digest
from automata._core.codec import version as version_of
from automata._core.operations.values import require_fit
from automata._core.stamp import text_of
from automata.errors import NotFound, StoreUnavailable
from automata.model import Event, Json, Message, Run, RunStarted, RunStatus, SignalReceived, Workflow
from automata.ports import Random, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


@runtime_checkable
class Transactional(Protocol):
    """A store whose writes can be part of a transaction that somebody else began and will end."""

    def find_in(self, connection: Connection, name: str, org: str = "") -> tuple[str, Workflow] | None:
        """The current version and document of *name*."""

    def publish_in(self, connection: Connection, workflow: Workflow, version: str, org: str = "") -> None:
        """Keep a version and make it the current one."""

    def create_in(self, connection: Connection, run: Run, events: Sequence[Event], digest: str = "") -> Run:
        """Accept a run."""

    def send_in(self, connection: Connection, run: str, message: Message) -> bool:
        """Put a message into a run's inbox."""

    def now_in(self, connection: Connection) -> datetime:
        """The store's time."""


@frozen(kw_only=True)
class Request:
    """A start somebody asks for."""

    workflow: Workflow | str
    """A validated document, or the name of a published workflow."""
    input: Json = None
    trigger: str | None = None
    key: str | None = None
    org: str = ""
    priority: int = 0


class Embedding:
    """Accepts starts and signals for a store; whoever works on the store does the rest."""

    def __init__(self, store: Store, random: Random) -> None:
        self._store = store
        self._random = random

    async def start(self, request: Request) -> Run:
        """Accept a run and leave it to the workers.

        Raises:
            NotFound: There is no such workflow or trigger.
            InvalidValue: The input does not fit the workflow's input schema.
            Conflict: The key was used for another start.
            Overloaded: Too many runs wait.
        """
        if isinstance(request.workflow, Workflow):
            found = (version_of(request.workflow), request.workflow)
            await self._store.publish(request.workflow, found[0], org=request.org)
        else:
            found = _found(await self._store.workflow(request.workflow, org=request.org), request.workflow)
        run, started, said = self._row(request, *found, await self._store.now())
        return await self._store.create(run, [started], said)

    def start_in(self, connection: Connection, request: Request) -> Run:
        """Accept a run within the caller's transaction: there is one if and only if that commits. Blocks.

        Raises:
            StoreUnavailable: The store is none that takes part in transactions.
        """
        store = self._transactional()
        if isinstance(request.workflow, Workflow):
            found = (version_of(request.workflow), request.workflow)
            store.publish_in(connection, request.workflow, found[0], request.org)
        else:
            found = _found(store.find_in(connection, request.workflow, request.org), request.workflow)
        run, started, said = self._row(request, *found, store.now_in(connection))
        return store.create_in(connection, run, [started], said)

    async def emit(self, run: str, name: str, payload: Json, signal_id: str | None) -> bool:
        """Send a signal to a run; False when one of that id came before.

        Raises:
            NotFound: There is no such run.
            Conflict: The run is over.
            Overloaded: Too many messages wait for it.
        """
        return await self._store.send(run, self._signal(name, payload, signal_id, await self._store.now()))

    def emit_in(self, connection: Connection, run: str, name: str, payload: Json, signal_id: str | None) -> bool:
        """Send a signal within the caller's transaction. Blocks."""
        store = self._transactional()
        return store.send_in(connection, run, self._signal(name, payload, signal_id, store.now_in(connection)))

    def _row(self, request: Request, version: str, document: Workflow, now: datetime) -> tuple[Run, RunStarted, str]:
        if request.trigger is not None and request.trigger not in document.graph.nodes:
            raise NotFound(f"{request.trigger!r} is not a trigger of {document.name!r}")
        if document.input is not None:
            require_fit(request.input, document.input, "The input")
        run = Run(
            id=f"{int(now.timestamp() * 1000):012x}{self._random.identifier()[:20]}",
            workflow=document.name,
            version=version,
            status=RunStatus.QUEUED,
            key=request.key,
            org=request.org,
            priority=request.priority,
        )
        said = digest([document.name, version, request.input, request.trigger])
        return run, RunStarted(request.input, request.trigger, text_of(now)), said

    def _signal(self, name: str, payload: Json, signal_id: str | None, now: datetime) -> Message:
        identity = signal_id or self._random.identifier()
        return Message(id=identity, body=SignalReceived(identity, name, payload, text_of(now)))

    def _transactional(self) -> Transactional:
        if not isinstance(self._store, Transactional):
            raise StoreUnavailable("This store takes no part in transactions; give the kernel a database or an engine")
        return self._store


async def run_on(connection: Connection | AsyncConnection, act: Callable[[Connection], T]) -> T:
    """Call *act* with the synchronous connection behind *connection*, which may be either kind."""
    run_sync = getattr(connection, "run_sync", None)
    if run_sync is None:
        return act(connection)  # type: ignore[arg-type]  # an AsyncConnection has run_sync
    result: T = await run_sync(act)
    return result


def _found(found: tuple[str, Workflow] | None, name: str) -> tuple[str, Workflow]:
    if found is None:
        raise NotFound(f"No workflow {name!r} is published")
    return found
