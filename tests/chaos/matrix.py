"""The crash matrix: kill a worker at every point of every shape, recover, kill again, and ask the oracle.

Between the kills a statement fails now and then as if the disk or the connection had.

::

    python tests/chaos/matrix.py --cycles 300 --seed abc
    python tests/chaos/matrix.py --database postgresql --cycles 40
    python tests/chaos/matrix.py --repeat "linear kill:*:7 kill:sql:3"
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve, field, frozen
from databases import Database, age_leases, look, open_database
from oracle import Expected, Seen, check, last_events
from processes import Client, Files, Stage, fork, make_stage
from shapes import NOT_YET, SHAPES, Shape

from automata._core.plan import compile_plan

MOST_KILLS = 2
"""Third deaths park a step; the matrix stays below."""


@frozen(kw_only=True)
class Cycle:
    """One try: which shape, and where each process dies in turn."""

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
            row = seen.rows.get(run)
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
        client, kills, troubles, code = self._client(shape, run, files), [], [], 0
        for faults in (*cycle.faults, ""):
            code = fork(client.work, files, faults)
            seen = look(self.database, run, files)
            if code == 0 or not faults:
                break
            kills.append(evolve(seen, point=(files.hits() or [""])[-1]))
            age_leases(self.database)
        if code:
            troubles.append(f"a worker without faults ended with {code}: {_tail(files.output)}")
        troubles += [fault for one in self._expected(shape, run, reference, seen) for fault in check(one, kills, seen)]
        self._clean(files)
        if troubles:
            self.database.fresh()
        points = [seen.point for seen in kills]
        return Outcome(cycle=cycle, faults=troubles, kills=points, seconds=time.monotonic() - began)

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
        expected = _expect(run, shape.effects, compile_plan(own, catalog), reference, reference.run)
        yield evolve(expected, sequential=shape.sequential)
        if shape.child:
            called = [row.id for row in seen.rows.values() if (row.parent or "").startswith(f"{run}#")]
            wanted = next(r.id for r in reference.seen.rows.values() if (r.parent or "").startswith(reference.run))
            plan = compile_plan(others[0], catalog)
            yield from (_expect(one, shape.child, plan, reference, wanted) for one in called or ["of the call"])
            if len(called) > 1:
                yield _expect("second child", {}, plan, reference, wanted)


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
        if turn == 0:
            yield Cycle(shape=name, faults=(f"error:sql:{chance.randint(1, reference.statements)}",))
        elif left and turn % 3:
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
    parser.add_argument("--repeat")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="chaos-", dir=_fast_folder()) as folder,
        open_database(given.database, Path(folder)) as database,
    ):
        matrix = Matrix(stage=make_stage(Path(folder)), database=database, folder=Path(folder))
        return _run(matrix, _chosen(matrix, given), given)


def _chosen(matrix: Matrix, given: argparse.Namespace) -> Iterator[Cycle]:
    if given.repeat:
        shape, *faults = given.repeat.split(" ")
        return iter([Cycle(shape=shape, faults=tuple(faults))])
    return choose(matrix, given.cycles, random.Random(given.seed), given.shape or sorted(SHAPES))


def _run(matrix: Matrix, cycles: Iterator[Cycle], given: argparse.Namespace) -> int:
    began, done, bad, kills, points = time.monotonic(), 0, 0, 0, Counter[str]()
    for cycle in cycles:
        if time.monotonic() - began > given.seconds:
            break
        outcome = matrix.try_cycle(cycle)
        done, kills = done + 1, kills + len(outcome.kills)
        points.update(outcome.kills)
        if outcome.faults:
            bad += 1
            print(
                f"FAILED  --database {given.database} --repeat {str(cycle)!r}: {'; '.join(outcome.faults)}", flush=True
            )
        elif given.verbose:
            print(f"{cycle}  killed at {outcome.kills}  {outcome.seconds * 1000:.0f} ms", flush=True)
    seconds = time.monotonic() - began
    print(
        json.dumps(
            {
                "database": given.database,
                "seed": given.seed,
                "cycles": done,
                "kills": kills,
                "failed": bad,
                "seconds": round(seconds, 1),
                "cycles_s": round(done / seconds, 1),
                "points": dict(sorted(points.items())),
                "left_out": NOT_YET,
            }
        )
    )
    return 1 if bad else 0


def _fast_folder() -> str | None:
    """A kill takes nothing from the page cache, so that a disk would only cost time."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
