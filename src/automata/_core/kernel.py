"""`Kernel`: what an embedder and the command line hold in their hands. Puts the parts together, decides nothing."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve

from automata._core.cases import CaseResult, Mocked, Post, compare, give_up, play
from automata._core.catalog import Catalog, build_catalog
from automata._core.clock import StoreClock
from automata._core.codec import Loaded, encode, load
from automata._core.dryrun import DryRun, Rehearsal, finishes, frames_of
from automata._core.egress import EgressPolicy
from automata._core.embedding import Embedding, Request, run_on
from automata._core.engine import LEASE_S, Deliver, Direct, Engine, Host, Observer, Performer
from automata._core.history import steps_of
from automata._core.http import GuardedHttp
from automata._core.operations.whole import whole_value
from automata._core.plugins import LIMIT_S, Plugins, cache_file, discover
from automata._core.pool.performer import Pooled
from automata._core.pool.pool import ChildPool
from automata._core.results import Relay, Report, RunResult, Watcher
from automata._core.settings import Configuration, cache_folder, load_settings
from automata._core.system import SystemClock, SystemRandom
from automata._core.validation import validate, validate_many
from automata._core.validation.calls import UNKNOWN
from automata.errors import AuthExpired, InvalidDocument
from automata.memory import MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import Case, Event, Json, Problem, Run, Severity, Workflow
from automata.ports import Clock, Random, Store

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
VALID_KEPT = 256
"""Documents remembered as valid, by identity."""
_log = logging.getLogger(__name__)


class Kernel:
    """Validates and runs workflows with the plugins that are installed.

    Example::

        kernel = Kernel()
        report = kernel.validate_text(Path("orders.yaml").read_text())
        result = await kernel.run(report.workflow, {"total": 12})
    """

    def __init__(  # noqa: PLR0913 - keywords, each with a default
        self,
        *,
        settings: Configuration | None = None,
        plugins: Plugins | None = None,
        store: Store | None = None,
        database: str | None = None,
        engine: object | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        folder: Path | None = None,
    ) -> None:
        """Put a kernel together; nothing is imported or read before it is needed.

        Args:
            settings: What an operator set; read from the environment and *folder* when None.
            plugins: Which plugins there are; those installed when None.
            store: Where runs live; in memory when neither this nor *database* nor *engine* is given.
            database: URL of the database where runs live: ``sqlite:///runs.db``, ``postgresql+psycopg://...``.
            engine: A SQLAlchemy engine of the application's own, whose database is used.
            clock: Where time comes from; the store's clock when None and others write to the store too.
            random: Where chance comes from; the system's when None.
            folder: Where ``automata.toml`` may be.
        """
        self._settings = settings
        self._plugins = plugins
        self._folder = folder
        self._given = store
        self._database = database if engine is None else engine
        self._clock = clock
        self._valid: dict[int, Workflow] = {}
        self.random = random or SystemRandom()

    # ------------------------------------------------------------ what there is

    @cached_property
    def store(self) -> Store:
        """Where runs live; a database is opened when it is first needed.

        Raises:
            StoreUnavailable: The database cannot be used.
        """
        if self._given is not None or self._database is None:
            return self._given or MemoryStore(self._clock)
        first = self._settings or load_settings(folder=self._folder, partial=True)
        sql = importlib.import_module("automata.sql")
        opened: Store = sql.open_store(self._database, blobs=first.text("AUTOMATA_BLOBS"))
        return opened

    @cached_property
    def clock(self) -> Clock:
        """Where time comes from."""
        if self._clock is not None:
            return self._clock
        return StoreClock() if self.store.shared else SystemClock()

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins; found without importing them."""
        if self._plugins is not None:
            return self._plugins
        first = self._settings or load_settings(folder=self._folder, partial=True)
        cache, limit = cache_folder(first), first.duration("AUTOMATA_PLUGIN_TIMEOUT")
        return discover(
            disabled=first.names("AUTOMATA_DISABLED_PLUGINS"),
            safe_mode=first.flag("AUTOMATA_SAFE_MODE"),
            cache=cache_file(cache),
            limit_s=limit.total_seconds() if limit else LIMIT_S,
        )

    @cached_property
    def settings(self) -> Configuration:
        """What an operator set, for the kernel and its plugins.

        Raises:
            InvalidSetting: One or more values are wrong.
        """
        return self._settings or load_settings(self.plugins.settings(), folder=self._folder)

    @cached_property
    def catalog(self) -> Catalog:
        """Every node type, function, credential kind and rule there is."""
        return build_catalog(self.plugins)

    async def close(self) -> None:
        """Close the store, if it was opened here."""
        if "store" in self.__dict__ and self._given is None and self.store.shared:
            await self.store.close()

    # ------------------------------------------------------------ documents

    def validate_text(self, text: str | bytes, *, file: str | None = None) -> Report:
        """Read and validate a document; every problem has its place in the text."""
        loaded = load(text, file=file)
        if loaded.workflow is None or loaded.source is None:
            return _report(loaded, ())
        return _report(loaded, validate(loaded.workflow, self.catalog, raw=loaded.source.raw))

    def validate_texts(self, texts: Mapping[str, str | bytes]) -> Mapping[str, Report]:
        """Read and validate documents that may call each other; keys are the file names that problems carry.

        Besides what `validate_text` finds in each: calls in a circle, and, among several, calls of none of them.
        """
        hidden = {UNKNOWN} if len(texts) == 1 else set()
        loaded = {file: load(text, file=file) for file, text in texts.items()}
        workflows = {file: one.workflow for file, one in loaded.items() if one.workflow is not None}
        raws = {file: one.source.raw for file, one in loaded.items() if one.source is not None}
        unread = (raw for file, raw in raws.items() if file not in workflows)
        broken = [str(raw["name"]) for raw in unread if isinstance(raw, Mapping) and "name" in raw]
        found = validate_many(workflows, self.catalog, raws=raws, broken=broken)
        shown = {file: [p for p in problems if p.code not in hidden] for file, problems in found.items()}
        return {file: _report(one, shown.get(file, ())) for file, one in loaded.items()}

    def validate(self, workflow: Workflow) -> tuple[Problem, ...]:
        """Validate a document made in Python; pointers go into its encoded form."""
        return validate(workflow, self.catalog, raw=encode(workflow))

    def require_valid(self, workflow: Workflow) -> None:
        """Refuse a document with errors.

        Raises:
            InvalidDocument: It has; the exception carries them.
        """
        errors = [p for p in self.validate(workflow) if p.severity is Severity.ERROR]
        if errors:
            raise InvalidDocument(errors)

    # ------------------------------------------------------------ runs

    @asynccontextmanager
    async def engine(
        self,
        *observers: Observer,
        performer: Performer | None = None,
        claims: bool = False,
        concurrency: int = 100,
        lease_s: float = LEASE_S,
        drain_s: float = 30.0,
    ) -> AsyncIterator[Engine]:
        """An engine on the running loop, for several runs side by side.

        Args:
            observers: Told every event of every run driven here, once it is committed.
            performer: Who does the work of steps; the node types themselves when None.
            claims: Whether it is a worker: takes up runs of the store that are due, gives back those that wait, and
                hands over what is left when the context ends. Without, leaving waits until every run started here ends.
            concurrency: How many runs a worker holds at most before it stops claiming.
            lease_s: Seconds without a sign of life after which its runs belong to other workers.
            drain_s: Seconds attempts may go on when a worker's context ends.
        """
        policy = EgressPolicy.parse(self.settings.text("AUTOMATA_EGRESS_ALLOW"))
        async with GuardedHttp(policy) as http, ChildPool(blobs=self.store.blobs) as pool:
            pooled = Pooled(pool, performer or Direct())
            deliver = pooled.deliver if performer is None else None
            host = await self._host(observers, pooled, lambda: http, self.store, self.clock, deliver=deliver)
            engine = Engine(
                host, self.catalog, claims=claims, concurrency=concurrency, lease_s=lease_s, drain_s=drain_s
            )
            async with engine:
                yield engine

    async def start(  # noqa: PLR0913 - keywords of the public call
        self,
        workflow: Workflow | str,
        input_: Json = None,
        *,
        trigger: str | None = None,
        key: str | None = None,
        org: str = "",
        priority: int = 0,
        connection: Connection | AsyncConnection | None = None,
    ) -> Run:
        """Accept a run durably and leave it to whichever worker is free.

        Args:
            workflow: A document, which is validated and published, or the name of a published workflow.
            input_: The start input, or the trigger's event.
            trigger: Id of the trigger the event arrives at, where there are several.
            key: Idempotency key: the same key gives the same run.
            org: Whose run it is.
            priority: Higher ones are taken up first.
            connection: A SQLAlchemy connection of the caller's, to the kernel's database: the run is accepted if and
                only if its transaction commits. One that is not asynchronous blocks the loop for a moment.

        Raises:
            InvalidDocument: The document has errors.
            InvalidValue: The input does not fit the workflow's input schema.
            NotFound: There is no such workflow or trigger.
            Conflict: The key was used for another start.
            Overloaded: Too many runs wait.
            StoreUnavailable: The database cannot be used.
        """
        request = self.request(workflow, input_, trigger=trigger, key=key, org=org, priority=priority)
        embedding = Embedding(self.store, self.random)
        if connection is None:
            return await embedding.start(request)
        return await run_on(connection, lambda inner: embedding.start_in(inner, request))

    async def emit(
        self,
        run: str,
        name: str,
        payload: Json = None,
        *,
        signal_id: str | None = None,
        connection: Connection | AsyncConnection | None = None,
    ) -> bool:
        """Send a signal to a run, wherever it is driven; it is kept until a ``signal`` node takes it.

        Args:
            run: Id of the run.
            name: Of the signal.
            payload: What it carries.
            signal_id: The same id is accepted once; a fresh one when None.
            connection: As for `start`.

        Returns:
            False when a signal of that id was sent to the run before.

        Raises:
            NotFound: There is no such run.
            Conflict: The run is over.
            Overloaded: Too many messages wait for it.
        """
        embedding = Embedding(self.store, self.random)
        if connection is None:
            return await embedding.emit(run, name, payload, signal_id)
        return await run_on(connection, lambda inner: embedding.emit_in(inner, run, name, payload, signal_id))

    def request(self, workflow: Workflow | str, input_: Json = None, **options: Any) -> Request:
        """What `start` hands on: a document is validated first, once.

        Raises:
            InvalidDocument: The document has errors.
        """
        if isinstance(workflow, Workflow) and self._valid.get(id(workflow)) is not workflow:
            self.require_valid(workflow)
            self._valid[id(workflow)] = workflow
            if len(self._valid) > VALID_KEPT:
                del self._valid[next(iter(self._valid))]
        return Request(workflow=workflow, input=input_, **options)

    async def run(
        self,
        workflow: Workflow,
        input_: Json = None,
        *,
        trigger: str | None = None,
        key: str | None = None,
        on_event: Watcher | None = None,
        workflows: Iterable[Workflow] = (),
    ) -> RunResult:
        """Run *workflow* to its end.

        Args:
            workflow: The document; it is validated first.
            input_: The start input, or the trigger's event.
            trigger: Id of the trigger the event arrives at, where there are several.
            key: Idempotency key: the same key gives the same run.
            on_event: Told every event as it is committed.
            workflows: Other documents its ``call`` nodes may name.

        Raises:
            InvalidDocument: The document, or one of the others, has errors.
            NotFound: There is no such trigger.
            Conflict: The key was used for another start.
        """
        for document in (workflow, *workflows):
            self.require_valid(document)
        relay = Relay(on_event)
        async with self.engine(relay) as engine:
            await _publish(engine, workflows)
            run_id = engine.fresh_id()
            relay.open(engine, run_id)
            final = await engine.wait(await engine.start(workflow, input_, trigger=trigger, key=key, run_id=run_id))
        final = evolve(final, output=await whole_value(final.output, self.store.blobs))
        journal = tuple(await self.store.journal(final.id))
        return RunResult(run=final, steps=steps_of(engine.plan(workflow), journal), journal=journal)

    async def dry_run(  # noqa: PLR0913 - keywords of the public call
        self,
        workflow: Workflow,
        input_: Json = None,
        *,
        trigger: str | None = None,
        mocks: Mapping[str, Json] | None = None,
        until: str | None = None,
        allow_reads: bool = False,
        workflows: Iterable[Workflow] = (),
    ) -> DryRun:
        """Rehearse *workflow* without changing anything outside.

        Time is virtual, so waits cost nothing, unless reads are allowed.

        Args:
            workflow: The document; it is validated first.
            input_: The start input, or the trigger's event.
            trigger: Id of the trigger the event arrives at.
            mocks: Node address to ``{output, port}``, ``{error}``, or a list of them; pinned data go here too.
            until: Address of the step after which to stop.
            allow_reads: Perform ``read`` nodes for real.
            workflows: Other documents its ``call`` nodes may name.

        Raises:
            InvalidDocument: The document has errors.
        """
        self.require_valid(workflow)
        rehearsal = Rehearsal(self.catalog, mocks or {}, allow_reads)
        work = self._rehearse(workflow, input_, trigger, rehearsal, until, tuple(workflows))
        return await work if allow_reads else await asyncio.to_thread(run_virtual, work)

    async def _rehearse(
        self,
        workflow: Workflow,
        input_: Json,
        trigger: str | None,
        rehearsal: Rehearsal,
        until: str | None,
        workflows: tuple[Workflow, ...],
    ) -> DryRun:
        def stop(run: str, event: Event) -> None:
            if until is not None and finishes(event, until):
                engine.cancel(run, f"Stopped after {until!r}")

        clock = SystemClock() if rehearsal.allow_reads else VirtualClock()
        store = MemoryStore(clock)
        async with GuardedHttp(EgressPolicy.parse(self.settings.text("AUTOMATA_EGRESS_ALLOW"))) as http:
            host = await self._host((stop,), rehearsal, lambda: http, store, clock, dry_run=True)
            async with Engine(host, self.catalog) as engine:
                await _publish(engine, workflows)
                run_id = engine.fresh_id()
                if not rehearsal.allow_reads:
                    give_up(engine, run_id)
                run = await engine.wait(await engine.start(workflow, input_, trigger=trigger, run_id=run_id))
        events = list(await store.journal(run.id))
        if until is not None:
            events = events[: next((i + 1 for i, e in enumerate(events) if finishes(e, until)), None)]
        return DryRun(run=run, frames=frames_of(engine.plan(workflow), events, rehearsal.simulated))

    async def test(
        self, workflow: Workflow, *, case: str | None = None, workflows: Iterable[Workflow] = ()
    ) -> tuple[CaseResult, ...]:
        """Run the tests that live in *workflow*, in virtual time.

        Args:
            workflow: The document; it is validated first.
            case: Name of the only case to run.
            workflows: Other documents its ``call`` nodes may name.

        Raises:
            InvalidDocument: The document has errors.
        """
        self.require_valid(workflow)
        chosen = [c for c in workflow.tests if case is None or c.name == case]
        others = tuple(workflows)
        return tuple([await asyncio.to_thread(run_virtual, self._case(workflow, c, others)) for c in chosen])

    async def _case(self, workflow: Workflow, case: Case, workflows: tuple[Workflow, ...]) -> CaseResult:
        clock, performer, inbox = VirtualClock(), Mocked(case.mocks), Post(case)
        store = MemoryStore(clock)
        async with GuardedHttp() as http:
            host = await self._host((inbox,), performer, lambda: http, store, clock, random=SeededRandom())
            async with Engine(host, self.catalog) as engine:
                await _publish(engine, workflows)
                run = await play(engine, workflow, case, inbox)
        events = await store.journal(run.id)
        steps = steps_of(engine.plan(workflow), events)
        return CaseResult(case.name, compare(case, run, steps, performer.missing, events), run, steps)

    # ------------------------------------------------------------ surroundings

    async def _host(  # noqa: PLR0913 - one private caller each
        self,
        observers: tuple[Observer, ...],
        performer: Performer | None,
        http: Callable[[], GuardedHttp],
        store: Store,
        clock: Clock,
        *,
        random: Random | None = None,
        dry_run: bool = False,
        deliver: Deliver | None = None,
    ) -> Host:
        return Host(
            store=store,
            clock=clock,
            random=random or self.random,
            performer=performer or Direct(),
            http=http,
            setting=self.settings.text,
            credential=self._credential,
            instance_key=await store.instance_key(),
            observers=observers,
            dry_run=dry_run,
            deliver=deliver,
        )

    def _credential(self, connection: str) -> Mapping[str, str]:
        """Fields of a connection, from the JSON in ``AUTOMATA_CONNECTIONS`` (an object by connection name).

        Raises:
            AuthExpired: There is none of that name, or the setting is not a JSON object; its text is told to nobody.
        """
        try:
            connections = json.loads(self.settings.text("AUTOMATA_CONNECTIONS") or "{}")
        except (ValueError, RecursionError):
            connections = None
        if not isinstance(connections, dict):
            raise AuthExpired("The setting AUTOMATA_CONNECTIONS is not a JSON object; write {name: {field: value}}")
        fields = connections.get(connection)
        if not isinstance(fields, dict):
            raise AuthExpired(f"No connection {connection!r}; add it to the setting AUTOMATA_CONNECTIONS")
        return {str(name): str(value) for name, value in fields.items()}


def _report(loaded: Loaded, found: Iterable[Problem]) -> Report:
    """Put the places of *found* into the text."""
    located = tuple(loaded.source.locate(problem) for problem in found) if loaded.source else ()
    return Report(loaded.source, loaded.workflow, (*loaded.problems, *located))


async def _publish(engine: Engine, workflows: Iterable[Workflow]) -> None:
    for workflow in workflows:
        await engine.host.store.publish(workflow, engine.plan(workflow).version)
