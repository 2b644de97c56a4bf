"""`Kernel`: what an embedder and the command line hold in their hands. Puts the parts together, decides nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from attrs import frozen

from automata._core.cases import CaseResult, Mocked, Post, compare, give_up, play
from automata._core.catalog import Catalog, build_catalog
from automata._core.codec import Loaded, Source, encode, load
from automata._core.dryrun import DryRun, Rehearsal, finishes, frames_of
from automata._core.egress import EgressPolicy
from automata._core.engine import Direct, Engine, Host, Observer, Performer, Waiting
from automata._core.history import run_json, steps_of
from automata._core.http import GuardedHttp
from automata._core.plugins import LIMIT_S, Plugins, cache_file, discover
from automata._core.settings import Configuration, cache_folder, load_settings
from automata._core.system import SystemClock, SystemRandom
from automata._core.validation import validate, validate_many
from automata._core.validation.calls import UNKNOWN
from automata.errors import AuthExpired, InvalidDocument
from automata.memory import MemoryStore, SeededRandom, VirtualClock, run_virtual
from automata.model import Case, Event, Json, JsonObject, Problem, Run, RunStarted, Severity, Step, Workflow
from automata.ports import Clock, Random, Store

T = TypeVar("T")
_log = logging.getLogger(__name__)


@frozen
class Report:
    """What validating one text found."""

    source: Source | None
    workflow: Workflow | None
    """None when the text is not a workflow document."""
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """Whether it may be published and run; warnings do not matter."""
        return self.workflow is not None and all(p.severity is not Severity.ERROR for p in self.problems)


@frozen(kw_only=True)
class RunResult:
    """How a run ended, and everything that happened on the way."""

    run: Run
    steps: tuple[Step, ...]
    journal: tuple[Event, ...]

    def to_json(self) -> JsonObject:
        """``{run, workflow, version, status, output, error, steps}``, as ``automata run --json`` prints it."""
        return run_json(self.run, self.steps)


@frozen
class RunHandle:
    """A run in progress, for whoever watches it: it may be cancelled, signalled and answered."""

    engine: Engine
    run: str

    def cancel(self, reason: str = "") -> None:
        """Stop the run in an orderly way; idempotent."""
        self.engine.cancel(self.run, reason)

    def signal(self, name: str, payload: Json = None) -> None:
        """Send a signal."""
        self.engine.signal(self.run, name, payload)

    def approve(self, node: str, *, approved: bool, by: str | None = None, comment: str | None = None) -> None:
        """Answer the approval that waits at *node*; raises `NotFound` when none does."""
        self.engine.approve(self.run, node, approved=approved, by=by, comment=comment)

    def waiting(self) -> tuple[Waiting, ...]:
        """The approvals the run waits for."""
        return self.engine.waiting(self.run)


Watcher = Callable[[RunHandle, Event], None]
"""Told every event of a run once it is committed."""


class Kernel:
    """Validates and runs workflows with the plugins that are installed.

    Example::

        kernel = Kernel()
        report = kernel.validate_text(Path("orders.yaml").read_text())
        result = await kernel.run(report.workflow, {"total": 12})
    """

    def __init__(
        self,
        *,
        settings: Configuration | None = None,
        plugins: Plugins | None = None,
        store: Store | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        folder: Path | None = None,
    ) -> None:
        """Put a kernel together; nothing is imported or read before it is needed.

        Args:
            settings: What an operator set; read from the environment and *folder* when None.
            plugins: Which plugins there are; those installed when None.
            store: Where runs live; in memory when None.
            clock: Where time comes from; the system's when None.
            random: Where chance comes from; the system's when None.
            folder: Where ``automata.toml`` may be.
        """
        self._settings = settings
        self._plugins = plugins
        self._folder = folder
        self.store = store or MemoryStore()
        self.clock = clock or SystemClock()
        self.random = random or SystemRandom()
        self._instance_key = self.random.identifier().encode()

    # ------------------------------------------------------------ what there is

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
    async def engine(self, *observers: Observer, performer: Performer | None = None) -> AsyncIterator[Engine]:
        """An engine on the running loop, for several runs side by side; leaving waits for runs nobody waits for."""
        async with GuardedHttp(EgressPolicy.parse(self.settings.text("AUTOMATA_EGRESS_ALLOW"))) as http:
            host = self._host(observers, performer, lambda: http, self.store, self.clock)
            async with Engine(host, self.catalog) as engine:
                yield engine

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
        relay = _Relay(on_event)
        async with self.engine(relay) as engine:
            await _publish(engine, workflows)
            run, started = await engine.accept(workflow, input_, trigger=trigger, key=key)
            relay.open(engine, run.id, started)
            final = await engine.drive(run, started)
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

        store, clock = MemoryStore(), SystemClock() if rehearsal.allow_reads else VirtualClock()
        async with GuardedHttp(EgressPolicy.parse(self.settings.text("AUTOMATA_EGRESS_ALLOW"))) as http:
            host = self._host((stop,), rehearsal, lambda: http, store, clock, dry_run=True)
            async with Engine(host, self.catalog) as engine:
                await _publish(engine, workflows)
                accepted, started = await engine.accept(workflow, input_, trigger=trigger)
                if not rehearsal.allow_reads:
                    give_up(engine, accepted.id)
                run = await engine.drive(accepted, started)
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
        store, performer, inbox = MemoryStore(), Mocked(case.mocks), Post(case)
        async with GuardedHttp() as http:
            host = self._host((inbox,), performer, lambda: http, store, VirtualClock(), random=SeededRandom())
            async with Engine(host, self.catalog) as engine:
                await _publish(engine, workflows)
                run = await play(engine, workflow, case, inbox)
        events = await store.journal(run.id)
        steps = steps_of(engine.plan(workflow), events)
        return CaseResult(case.name, compare(case, run, steps, performer.missing, events), run, steps)

    # ------------------------------------------------------------ surroundings

    def _host(  # noqa: PLR0913 - one private caller each
        self,
        observers: tuple[Observer, ...],
        performer: Performer | None,
        http: Callable[[], GuardedHttp],
        store: Store,
        clock: Clock,
        *,
        random: Random | None = None,
        dry_run: bool = False,
    ) -> Host:
        return Host(
            store=store,
            clock=clock,
            random=random or self.random,
            performer=performer or Direct(),
            http=http,
            setting=self.settings.text,
            credential=self._credential,
            instance_key=self._instance_key,
            observers=observers,
            dry_run=dry_run,
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


class _Relay:
    """Passes events on to a watcher once the run it watches is known."""

    def __init__(self, watcher: Watcher | None) -> None:
        self._watcher = watcher
        self._handle: RunHandle | None = None

    def open(self, engine: Engine, run: str, started: RunStarted) -> None:
        """Begin to watch."""
        self._handle = RunHandle(engine, run)
        try:
            self(run, started)
        except Exception:  # noqa: BLE001 - the fence: watching a run cannot fail it
            _log.exception("A watcher failed", extra={"run": run})

    def __call__(self, run: str, event: Event) -> None:
        """Pass an event on."""
        if self._watcher is not None and self._handle is not None and run == self._handle.run:
            self._watcher(self._handle, event)


async def _publish(engine: Engine, workflows: Iterable[Workflow]) -> None:
    for workflow in workflows:
        await engine.host.store.publish(workflow, engine.plan(workflow).version)
