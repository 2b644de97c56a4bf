"""What may be done over with the runs of a store: forked, or decided again under another version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from attrs import evolve, frozen

from automata._core.canonical import digest
from automata._core.catalog import Catalog
from automata._core.operations.lookup import find_run, find_version
from automata._core.operations.whole import whole_events, whole_value
from automata._core.plan import Plan, compile_plan
from automata._core.replay.compare import replay_diff
from automata._core.replay.difference import RunDifference
from automata._core.replay.fork import ForkPlan, Place, fork
from automata._core.replay.record import Record
from automata._core.replay.repeat import Repeat, called, repeats
from automata.errors import AutomataError, FixInput, KernelBug, NotFound
from automata.model import JsonObject, Run, RunStatus, Workflow
from automata.ports import Random, RunQuery, Store

WHOLE_BYTES = 64 * 1024 * 1024
"""Large values of a run that are read; where there are more, what looks into one cannot be decided again."""
PAGE = 100
DEEPEST = 16
"""How deep calls are followed; the engine nests them no deeper."""
FINAL = tuple(status for status in RunStatus if status.final)


@frozen(kw_only=True)
class Left:
    """A run that could not be decided again."""

    run: str
    reason: str

    def to_json(self) -> JsonObject:
        """It as the CLI and the API show it."""
        return {"run": self.run, "reason": self.reason}


class Replays:
    """Doing over what the runs of one organisation in one store did.

    A ``run`` and a ``version`` may be given as a unique beginning.

    Args:
        store: Where the runs are.
        catalog: What the versions they ran, and those to try, are compiled with.
        random: Gives ids to forks.
        org: Whose runs.
    """

    def __init__(self, store: Store, catalog: Catalog, random: Random, *, org: str = "") -> None:
        self.store = store
        self.catalog = catalog
        self.random = random
        self.org = org
        self._plans: dict[tuple[str, str], Plan] = {}

    async def plan(self, name: str, version: str | None = None) -> Plan:
        """The plan of a published version; of the current one when None.

        Raises:
            NotFound: There is no such workflow or version.
            FixInput: A node type of it is not installed.
        """
        row = await find_version(self.store, name, version, org=self.org)
        return await self._plan(name, row.version)

    async def _plan(self, name: str, version: str) -> Plan:
        if (name, version) not in self._plans:
            found = await self.store.workflow(name, version, org=self.org)
            if found is None:
                raise NotFound(f"The version {version[:8]!r} of workflow {name!r} is not in the database")
            self._plans[name, version] = self.compiled(found[1])
        return self._plans[name, version]

    def compiled(self, workflow: Workflow) -> Plan:
        """The plan of a document.

        Raises:
            FixInput: A node type of it is not installed.
        """
        try:
            return compile_plan(workflow, self.catalog)
        except KernelBug as error:
            raise FixInput(f"Workflow {workflow.name!r} cannot be compiled here: {error.message}") from error

    # ------------------------------------------------------------ forks

    async def record(self, run: str | Run) -> Record:
        """A run as it went.

        Raises:
            NotFound: There is no such run, or its version is not there any more.
        """
        row = run if isinstance(run, Run) else await find_run(self.store, run, org=self.org)
        plan = await self._plan(row.workflow, row.version)
        journal, blobs = await self.store.journal(row.id), self.store.blobs
        whole = await whole_events(journal, blobs, limit_bytes=WHOLE_BYTES)
        if whole is not journal:
            row = evolve(row, output=await whole_value(row.output, blobs))
        return Record(row, plan, tuple(whole))

    async def plan_fork(self, record: Record, place: Place, *, version: str | None = None) -> ForkPlan:
        """See what a fork would be, without making it.

        Args:
            record: The run.
            place: Where to cut it, and what to set by hand.
            version: Of the new run; the version of the old one when None.

        Raises:
            NotFound: There is no such version or step.
            FixInput: The place makes no sense.
        """
        plan = record.plan if version is None else await self.plan(record.run.workflow, version)
        now = await self.store.now()
        id_ = f"{int(now.timestamp() * 1000):012x}{self.random.identifier()[:20]}"
        planned = fork(record, plan, place, run_id=id_, now=now)
        inside = await self._inside(record, planned.kept.at)
        return evolve(planned, repeats=(*planned.repeats, *inside))

    async def _inside(self, record: Record, at: int, depth: int = 0) -> Sequence[Repeat]:
        """The effects of the runs a run called which would be called again.

        Raises:
            NotFound: Such a run, or its version, is not there any more.
        """
        found: list[Repeat] = []
        for step, id_ in called(record.journal, at) if depth < DEEPEST else ():
            row = await self.store.run(id_)
            if row is None:
                raise NotFound(f"Run {id_!r}, which step {step!r} called, is not in the database any more")
            child = await self.record(row)
            inner = (*repeats(child.plan, child.journal, 1), *await self._inside(child, 1, depth + 1))
            found += [evolve(repeat, node=f"{step} > {repeat.node}") for repeat in inner]
        return found

    async def make(self, planned: ForkPlan) -> Run:
        """Accept the new run; any worker takes it up.

        Raises:
            FixInput: It does not fit.
        """
        if planned.misfits:
            raise FixInput(f"The fork does not fit: {planned.misfits[0].message}")
        said = digest([planned.origin, planned.run.version, planned.run.id])
        return await self.store.create(planned.run, planned.events, said)

    # ------------------------------------------------------------ recorded runs under another version

    async def last(self, name: str, count: int, statuses: Sequence[RunStatus] = ()) -> tuple[Run, ...]:
        """The newest finished runs of a workflow, newest first.

        Args:
            name: Of the workflow.
            count: How many at most.
            statuses: Only those that ended so; any end when empty.
        """
        query = RunQuery(org=self.org, workflow=name, statuses=tuple(statuses) or FINAL)
        rows: list[Run] = []
        while len(rows) < count:
            page = await self.store.runs(evolve(query, limit=min(PAGE, count - len(rows))))
            rows += page
            if not page or page[-1].created is None:
                break
            query = evolve(query, before=(page[-1].created, page[-1].id))
        return tuple(rows)

    async def compare(self, plan: Plan, runs: Sequence[Run]) -> AsyncIterator[RunDifference | Left]:
        """What each of *runs* would have done otherwise under *plan*, in order."""
        for run in runs:
            try:
                record = await self.record(run)
            except AutomataError as error:
                yield Left(run=run.id, reason=error.message)
            else:
                yield replay_diff(plan, record)
