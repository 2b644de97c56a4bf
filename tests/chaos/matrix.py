"""The crash matrix: kill a worker at every point of every shape, recover, kill again, and ask the oracle.

Between the kills a statement fails now and then as if the disk or the connection had.

::

    python tests/chaos/matrix.py --cycles 300 --seed abc
    python tests/chaos/matrix.py --database postgresql --cycles 40
    python tests/chaos/matrix.py --repeat "linear kill:*:7 kill:sql:3"
    python tests/chaos/matrix.py --plant "a new key for each attempt" --cycles 100
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, evolve, field, frozen
from client import Client
from databases import Database, age_leases, look, open_database
from oracle import Expected, Seen, check, last_events
from plants import PLANTS
from processes import Files, Stage, fork, make_stage
from shapes import SHAPES, Shape

from automata._core.plan import compile_plan

KILLED = -signal.SIGKILL


@frozen(kw_only=True)
class Cycle:
    """One try: which shape, and where each process dies in turn; twice at most, since a third death parks a step."""

    shape: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.shape, *self.faults))


@frozen(kw_only=True)
class Reference:
    """What a run of a shape does when nobody kills it."""

    seen: Seen
    run: str
    points: int
    statements: int


@frozen(kw_only=True)
class Outcome:
    """How a cycle went."""

    cycle: Cycle
    faults: Sequence[str]
    kills: Sequence[str]
    """The point of each kill that was reached."""
    repeats: int
    """Effects that happened again, which is as many as predicted unless there are *faults*."""
    seconds: float


@frozen(kw_only=True)
class Matrix:
    """One database, and all that is needed to try cycles on it."""

    stage: Stage
    database: Database
    folder: Path
    references: dict[str, Reference] = field(factory=dict)
    number: list[int] = field(factory=lambda: [0])

    def reference(self, shape: Shape) -> Reference:
        """Run a shape once without a kill.

        Raises:
            RuntimeError: Even that goes wrong.
        """
        if shape.name not in self.references:
            run, files = self._new_run()
            code = fork(self._client(shape, run, files).work, files)
            seen, hits = look(self.database, run, files), files.hits()
            row = seen.rows.get(_own(shape, run, seen)[0])
            if code or row is None or row.status != shape.status:
                raise RuntimeError(f"{shape.name} without a kill: exit {code}, {row}\n{files.output.read_text()}")
            statements = hits.count("sql")
            self.references[shape.name] = Reference(
                seen=seen, run=run, points=len(hits) - statements, statements=statements
            )
            self._clean(files)
        return self.references[shape.name]

    def try_cycle(self, cycle: Cycle) -> Outcome:
        """Kill, recover, and ask."""
        shape, began = SHAPES[cycle.shape], time.monotonic()
        reference = self.reference(shape)
        run, files = self._new_run()
        client, kills, moments, troubles = self._client(shape, run, files), [], [], []
        for faults in (*cycle.faults, ""):
            code = fork(client.work, files, faults)
            seen = look(self.database, run, files)
            troubles += _unwanted(code, faults, files)
            if code == 0 or not faults:
                break
            point = (files.hits() or [""])[-1]
            kills += [point] * (code == KILLED)
            moments.append(evolve(seen, point=point))
            age_leases(self.database)
        troubles += [text for one in self._expected(shape, run, reference, seen) for text in check(one, moments, seen)]
        self._clean(files)
        if troubles:
            self.database.fresh()
        repeats = len(seen.ledger) - len({(entry.run, entry.step) for entry in seen.ledger})
        seconds = time.monotonic() - began
        return Outcome(cycle=cycle, faults=troubles, kills=kills, repeats=repeats, seconds=seconds)

    def _new_run(self) -> tuple[str, Files]:
        self.number[0] += 1
        run = f"{os.getpid():08x}{self.number[0]:024x}"
        folder = self.folder / run
        folder.mkdir()
        self.database.begin()
        return run, Files(folder)

    def _client(self, shape: Shape, run: str, files: Files) -> Client:
        return Client(stage=self.stage, shape=shape, url=self.database.url, run=run, files=files)

    def _clean(self, files: Files) -> None:
        for path in files.folder.iterdir():
            path.unlink()
        files.folder.rmdir()

    def _expected(self, shape: Shape, run: str, reference: Reference, seen: Seen) -> Iterator[Expected]:
        own, others = self.stage.documents(shape)
        catalog = self.stage.catalog
        (wanted,) = _own(shape, reference.run, reference.seen)
        for one in _own(shape, run, seen):
            expected = _expect(one, shape.effects, compile_plan(own, catalog), reference, wanted)
            yield evolve(expected, sequential=shape.sequential)
        if shape.child:
            called = [row.id for row in seen.rows.values() if (row.parent or "").startswith(f"{run}#")]
            wanted = next(r.id for r in reference.seen.rows.values() if (r.parent or "").startswith(reference.run))
            plan = compile_plan(others[0], catalog)
            yield from (_expect(one, shape.child, plan, reference, wanted) for one in called or ["of the call"])
            if len(called) > 1:
                yield _expect("second child", {}, plan, reference, wanted)


def _own(shape: Shape, run: str, seen: Seen) -> list[str]:
    """The run that was asked for; of a schedule every run it made, which must be one."""
    made = [row.id for row in seen.rows.values() if row.parent is None]
    if not shape.scheduled or not made:
        return [run]
    return made if len(made) == 1 else [*made, f"{run}, the only run of the schedule"]


def _unwanted(code: int, faults: str, files: Files) -> list[str]:
    """What is wrong with the end of a process: a kill ends it, a failing statement may, and nothing else does."""
    wanted = {0, 1} if faults.startswith("error:") else {0, KILLED} if faults else {0}
    if code in wanted:
        return []
    if code == -signal.SIGALRM:
        return [f"I2: stuck under {faults!r}: {_tail(files.output)}"]
    return [f"A worker under {faults!r} ended with {code}: {_tail(files.output)}"]


def _expect(run: str, effects, plan, reference: Reference, wanted: str) -> Expected:
    return Expected(
        run=run,
        effects=effects,
        plan=plan,
        reference=reference.seen.rows[wanted],
        finished=last_events(reference.seen.journals[wanted]),
    )


def _tail(path: Path) -> str:
    return path.read_text()[-1500:] if path.exists() else ""


# ---------------------------------------------------------------- which cycles


def choose(matrix: Matrix, count: int, chance: random.Random, shapes: Sequence[str]) -> Iterator[Cycle]:
    """*count* cycles, spread over the shapes; of six, four are first crashes, one is compound, one fails in SQL."""
    firsts = {name: _firsts(matrix.reference(SHAPES[name])) for name in shapes}
    for kills in firsts.values():
        chance.shuffle(kills)
    names = list(shapes)
    for number in range(count):
        name = names[number % len(names)]
        reference, left = matrix.reference(SHAPES[name]), firsts[name]
        turn = number // len(names) % 6
        if turn == 5:
            yield Cycle(shape=name, faults=(f"error:sql:{chance.randint(1, reference.statements)}",))
        elif left and turn != 2:
            yield Cycle(shape=name, faults=(left.pop(),))
        else:
            yield Cycle(shape=name, faults=(_somewhere(reference, chance), _somewhere(reference, chance)))


def _firsts(reference: Reference) -> list[str]:
    named = [f"kill:*:{k}" for k in range(1, reference.points + 1)]
    return [*named, *(f"kill:sql:{k}" for k in range(1, reference.statements + 1))]


def _somewhere(reference: Reference, chance: random.Random) -> str:
    if reference.points and chance.random() < 0.6:
        return f"kill:*:{chance.randint(1, reference.points)}"
    return f"kill:sql:{chance.randint(1, max(1, reference.statements))}"


# ---------------------------------------------------------------- the program


def main(arguments: Sequence[str]) -> int:
    """Try cycles, and print one line of JSON about them; 1 when any of them broke a promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="sqlite", choices=["sqlite", "postgresql"])
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--shape", action="append", choices=sorted(SHAPES))
    parser.add_argument("--repeat", metavar="CYCLE")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="break the code in this way before")
    parser.add_argument("--until-failure", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="chaos-", dir=_fast_folder()) as folder,
        open_database(given.database, Path(folder)) as database,
    ):
        matrix = Matrix(stage=make_stage(Path(folder)), database=database, folder=Path(folder))
        for name in _shapes(given):
            matrix.reference(SHAPES[name])
        if given.plant:
            PLANTS[given.plant]()
        return _run(matrix, _chosen(matrix, given), given)


def _shapes(given: argparse.Namespace) -> list[str]:
    return [given.repeat.split(" ")[0]] if given.repeat else given.shape or sorted(SHAPES)


def _chosen(matrix: Matrix, given: argparse.Namespace) -> Iterator[Cycle]:
    if given.repeat:
        shape, *faults = given.repeat.split(" ")
        return iter([Cycle(shape=shape, faults=tuple(faults))])
    return choose(matrix, given.cycles, random.Random(given.seed), _shapes(given))


def _run(matrix: Matrix, cycles: Iterator[Cycle], given: argparse.Namespace) -> int:
    began, tally = time.monotonic(), Tally()
    for cycle in cycles:
        if time.monotonic() - began > given.seconds or (given.until_failure and tally.failed):
            break
        outcome = matrix.try_cycle(cycle)
        tally.add(outcome)
        if outcome.faults:
            faults = "; ".join(outcome.faults)
            print(f"FAILED  --database {given.database} --repeat {str(cycle)!r}: {faults}", flush=True)
        elif given.verbose:
            print(f"{cycle}  killed at {outcome.kills}  {outcome.seconds * 1000:.0f} ms", flush=True)
    seconds = time.monotonic() - began
    facts = {"database": given.database, "seed": given.seed, **tally.facts()}
    print(json.dumps({**facts, "seconds": round(seconds, 1), "cycles_s": round(tally.cycles / seconds, 1)}))
    return 1 if tally.failed else 0


@define
class Tally:
    """What all cycles came to."""

    cycles: int = 0
    failed: int = 0
    compound: int = 0
    """Cycles in which the recovery was killed too."""
    repeats: int = 0
    shapes: set[str] = field(factory=set)
    points: Counter[str] = field(factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one cycle."""
        self.cycles += 1
        self.failed += bool(outcome.faults)
        self.compound += len(outcome.kills) > 1
        self.repeats += outcome.repeats
        self.shapes.add(outcome.cycle.shape)
        self.points.update(outcome.kills)

    def facts(self) -> dict[str, object]:
        """For the line of JSON; every process that is counted as killed died of SIGKILL."""
        return {
            "shapes": len(self.shapes),
            "cycles": self.cycles,
            "kills": self.points.total(),
            "compound": self.compound,
            "repeats": self.repeats,
            "failed": self.failed,
            "points": dict(sorted(self.points.items())),
        }


def _fast_folder() -> str | None:
    """A kill takes nothing from the page cache, so that a disk would only cost time."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
