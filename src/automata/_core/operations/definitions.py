"""What may be done with published workflows: publish, go back, switch triggers on and off, and start runs of them."""

from __future__ import annotations

from attrs import evolve, frozen

from automata._core.canonical import digest
from automata._core.codec import version as version_of
from automata._core.operations.lookup import SHOWN, find_run, find_version, versions_of
from automata._core.operations.values import require_fit
from automata._core.stamp import text_of
from automata.errors import Conflict, NotFound
from automata.model import Json, Run, RunStarted, RunStatus, Version, Workflow
from automata.ports import Random, Store

RETRY = "retry:"
"""How the key of a run begins that repeats another; the id of the other one follows."""


@frozen
class Published:
    """A version that is the current one now."""

    version: Version
    before: str | None
    """The version that was current; None when the workflow is new."""

    @property
    def changed(self) -> bool:
        """Whether another version is current than before."""
        return self.version.version != self.before


class Definitions:
    """The published workflows of one organisation in one store.

    A ``version`` may be given as a unique beginning.

    Args:
        store: Where they are.
        random: Gives ids to runs.
        org: Whose workflows.
    """

    def __init__(self, store: Store, random: Random, *, org: str = "") -> None:
        self.store = store
        self.random = random
        self.org = org

    # ------------------------------------------------------------ versions

    async def versions(self, name: str | None = None) -> tuple[Version, ...]:
        """The versions of a workflow, newest first; the current one of every workflow when None.

        Raises:
            NotFound: There is no such workflow.
        """
        if name is None:
            return tuple(await self.store.versions(org=self.org))
        return tuple(await versions_of(self.store, name, org=self.org))

    async def document(self, name: str, version: str | None = None) -> tuple[Version, Workflow]:
        """A version and its document; the current one unless another is named.

        Raises:
            NotFound: There is no such workflow, or no such version.
        """
        row = await find_version(self.store, name, version, org=self.org)
        found = await self.store.workflow(name, row.version, org=self.org)
        if found is None:
            raise NotFound(f"No version {row.version!r} of workflow {name!r}")
        return row, found[1]

    async def publish(self, workflow: Workflow) -> Published:
        """Keep a validated document and make it the current version of its name. Idempotent."""
        before = await self.store.workflow(workflow.name, org=self.org)
        version = version_of(workflow)
        await self.store.publish(workflow, version, org=self.org)
        row = await find_version(self.store, workflow.name, version, org=self.org)
        return Published(row, None if before is None else before[0])

    async def rollback(self, name: str, version: str | None = None) -> Published:
        """Make an earlier version the current one again: the one named, or the one published before the current one.

        Runs that have begun stay on their version.

        Raises:
            NotFound: There is no such workflow or version, or none before the current one.
        """
        rows = list(await versions_of(self.store, name, org=self.org))
        current = next(at for at, row in enumerate(rows) if row.current)
        if version is not None:
            target = await find_version(self.store, name, version, org=self.org)
        elif current + 1 < len(rows):
            target = rows[current + 1]
        else:
            raise NotFound(f"No version of {name!r} was published before the current one")
        await self.store.set_current(name, target.version, org=self.org)
        return Published(
            await find_version(self.store, name, target.version, org=self.org),
            rows[current].version,
        )

    async def enable(self, name: str, *, enabled: bool) -> Version:
        """Let the triggers of a workflow start runs, or not; starting it by hand stays possible.

        Raises:
            NotFound: There is no such workflow.
        """
        await versions_of(self.store, name, org=self.org)
        await self.store.set_enabled(name, enabled=enabled, org=self.org)
        return await find_version(self.store, name, org=self.org)

    # ------------------------------------------------------------ starting

    async def start(
        self,
        workflow: str | Workflow,
        input_: Json = None,
        *,
        version: str | None = None,
        trigger: str | None = None,
        key: str | None = None,
        priority: int = 0,
    ) -> Run:
        """Accept a run and leave it to the workers.

        Args:
            workflow: Name of a published workflow, or a validated document, which is published.
            input_: The start input, or the trigger's event.
            version: Which version, for a name; the current one when None.
            trigger: Id of the trigger node; needed only where there are several.
            key: Idempotency key: the same key gives the same run.
            priority: Higher ones are taken up first.

        Raises:
            NotFound: There is no such workflow, version or trigger.
            InvalidValue: The input does not fit the workflow's input schema.
            Conflict: The key was used for another start.
            Overloaded: Too many runs wait.
        """
        if isinstance(workflow, Workflow):
            document, hash_ = workflow, (await self.publish(workflow)).version.version
        else:
            row, document = await self.document(workflow, version)
            hash_ = row.version
        if trigger is not None and trigger not in document.graph.nodes:
            raise NotFound(f"{trigger!r} is not a trigger of {document.name!r}")
        if document.input is not None:
            require_fit(input_, document.input, "The input")
        return await self._create(document.name, hash_, RunStarted(input_, trigger), key, priority)

    async def retry(self, run: str, *, key: str | None = None) -> Run:
        """Start a run that failed, timed out or was cancelled again from its beginning: same version, same input.

        It is a new run: effects of the first one happen again, under idempotency keys of their own. Asking twice gives
        one run, unless *key* differs.

        Args:
            run: The run, or the beginning of its id.
            key: Idempotency key of the new run; made of the old one's id when None.

        Raises:
            NotFound: There is no such run.
            Conflict: It is not over, or it succeeded.
        """
        row = await find_run(self.store, run, org=self.org)
        if not row.status.final or row.status is RunStatus.SUCCEEDED:
            state = "succeeded" if row.status.final else f"is not over: {row.status}"
            raise Conflict(f"Run {row.id[:SHOWN]!r} {state}; only what failed or was cancelled is retried")
        first = next((e for e in await self.store.journal(row.id) if isinstance(e, RunStarted)), None)
        if first is None:
            raise NotFound(f"The journal of run {row.id[:SHOWN]!r} has no beginning")
        started = RunStarted(first.input, first.trigger, origin=f"{row.id}@0")
        return await self._create(row.workflow, row.version, started, key or f"{RETRY}{row.id}", row.priority)

    async def _create(self, name: str, version: str, started: RunStarted, key: str | None, priority: int) -> Run:
        now = await self.store.now()
        run = Run(
            id=f"{int(now.timestamp() * 1000):012x}{self.random.identifier()[:20]}",
            workflow=name,
            version=version,
            status=RunStatus.QUEUED,
            key=key,
            org=self.org,
            priority=priority,
        )
        said = digest([name, version, started.input, started.trigger])
        return await self.store.create(run, [evolve(started, at=text_of(now))], said)
