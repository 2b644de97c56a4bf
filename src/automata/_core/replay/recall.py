"""Evaluate templates as the run did: what `now()`, `uuid()` and `random()` gave is taken from the record.

A template that asks for them gives another value each time. The recorded result of it, or of a member of it, stands
when it still reads the same and everything else it looks at is the same too: that is tried with a clock and a chance
that always answer alike, once for the recorded run and once for the one decided again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import frozen

from automata._core.engine.evaluation import NOWHERE, Evaluation
from automata._core.engine.host import Host
from automata._core.expressions import Template
from automata._core.machine import Activation, Machine
from automata._core.plan import Work
from automata._core.replay.record import Record
from automata._core.replay.world import World, member
from automata.errors import StepError
from automata.model import BodyFinished, Decided, ErrorInfo, Json, StepFailed

Place: TypeAlias = tuple[str, str, int]
"""Address, role of the template there, how many times it had been evaluated before."""


@frozen
class Raised:
    """An evaluation that failed, as a value."""

    kind: str
    message: str

    def again(self) -> StepError:
        """The error."""
        return StepError(self.message, error_class=self.kind)


Result: TypeAlias = "Json | Raised"


@frozen
class Memory:
    """What is known of one evaluation of the recorded run."""

    text: Json
    probe: Result
    result: Result


class Recall(Evaluation):
    """Evaluates for one run that is decided again.

    Args:
        host: Made by *world*.
        record: The run as it went.
        machine: Of the run that is decided again.
        world: The clock and the chance.
        memories: What the recorded run's evaluations gave, by place; asked for when the first is needed.
        learning: Whether this is the recorded run itself, so that memories are made instead of used.
    """

    def __init__(
        self,
        host: Host,
        record: Record,
        machine: Machine,
        world: World,
        memories: Callable[[], Mapping[Place, Memory]],
        learning: dict[Place, Memory] | None,
    ) -> None:
        super().__init__(host, record.run, machine, record.started.at)
        self._record = record
        self._machine_of = machine
        self._world = world
        self._memories = memories
        self._learning = learning
        self._counts: dict[tuple[str, str], int] = {}
        self.suspect: set[str] = set()
        """Addresses whose values rest on a guess."""

    def __call__(
        self, template: Template, activation: Activation, index: int = NOWHERE, extra: Mapping[str, Json] | None = None
    ) -> Json:
        """Evaluate *template*, or remember what it gave."""
        address, role, work = _role(template, activation, index)
        if self.suspect and self._rests_on_guess(template, activation):
            owner = activation.owner.address if activation.owner is not None else ""
            self.suspect.add(owner if role == "output" else address)
        count = self._counts.get((address, role), 0)
        self._counts[address, role] = count + 1
        self._world.asked, self._world.probing = False, True
        try:
            probe: Result = super().__call__(template, activation, index, extra)
        except StepError as error:
            probe = Raised(error.kind, error.message)
            if not self._world.asked:
                raise
        finally:
            self._world.probing = False
        if not self._world.asked and not isinstance(probe, Raised):
            return probe
        known = self._known((address, role, count), template.value, probe, work)
        if known is not None and known.text == template.value and known.probe == probe:
            if isinstance(known.result, Raised):
                raise known.result.again()
            return known.result
        fresh = super().__call__(template, activation, index, extra)
        if known is None or isinstance(probe, Raised):
            return fresh
        return _merged(template.value, probe, fresh, known)

    def _known(self, place: Place, text: Json, probe: Result, work: Work | None) -> Memory | None:
        """What is known of this evaluation; while learning, what is known from now on."""
        if self._learning is None:
            return self._memories().get(place)
        told, result = _recorded(self._record, place, work)
        if told:
            self._learning[place] = Memory(text, probe, result)
        return self._learning.get(place)

    def _rests_on_guess(self, template: Template, activation: Activation) -> bool:
        return any(self._source(name, activation) in self.suspect for name in template.names)

    @staticmethod
    def _source(name: str, activation: Activation) -> str:
        """Address of the step whose output, or items, *name* stands for."""
        for here in activation.chain():
            if name in here.values:
                return here.prefix + name
            if name in here.locals and here.owner is not None:
                return here.owner.address
        return ""


def _role(template: Template, activation: Activation, index: int) -> tuple[str, str, Work | None]:
    if index == NOWHERE:
        return activation.address, "output", None
    node = activation.graph.nodes[index]
    for work, suffix in ((node.work, ""), (node.compensation, "~undo")):
        if work is None:
            continue
        address = f"{activation.prefix}{node.id}{suffix}"
        if template is work.parameters:
            return address, "parameters", work
        if template is work.key:
            return address, "key", work
        for path, each in work.lazy.items():
            if template is each:
                return address, path, work
    return activation.prefix + node.id, "", None


def _merged(text: Json, probe: Json, fresh: Json, known: Memory) -> Json:
    """*fresh*, with what was recorded for those parts of the template that are as they were."""
    if isinstance(known.probe, Raised) or isinstance(known.result, Raised):
        return fresh
    if text == known.text and probe == known.probe:
        return known.result
    if isinstance(text, dict) and isinstance(fresh, dict):
        old = (known.text, known.probe, known.result)
        return {
            name: _merged(part, member(probe, name), fresh[name], Memory(*(member(each, name) for each in old)))
            if all(isinstance(each, dict) and name in each for each in old)
            else fresh[name]
            for name, part in text.items()
        }
    return fresh


def _recorded(record: Record, place: Place, work: Work | None) -> tuple[bool, Result]:
    """Whether the record tells the result of an evaluation, and which."""
    address, role, count = place
    match role:
        case "output":
            body = record.bodies.get(address)
            if body is None:
                return False, None
            return True, body.output if isinstance(body, BodyFinished) else Raised(body.error.kind, body.error.message)
        case "parameters" | "key":
            starts = record.starts.get(address, [])
            if count >= len(starts):
                return False, None
            if role == "key":
                return starts[count].key is not None, starts[count].key
            return _parameters(record, address, count)
        case "while" | "until":
            decisions = record.decisions.get(address, [])
            return (count < len(decisions)), _decision(decisions[count]) if count < len(decisions) else None
        case _ if role.startswith("cases/") and address in record.ports and work is not None:
            return True, _case(work, int(role.split("/")[1])) == record.ports[address]
        case _:
            return False, None


def _parameters(record: Record, address: str, count: int) -> tuple[bool, Result]:
    start = record.starts[address][count]
    if start.input is not None:
        return True, start.input
    error = _failure(record, address, start.attempt)
    return error is not None, None if error is None else Raised(error.kind, error.message)


def _failure(record: Record, address: str, attempt: int) -> ErrorInfo | None:
    ends = (e for e in record.journal if isinstance(e, StepFailed) and (e.step, e.attempt) == (address, attempt))
    return next((end.error for end in ends), None)


def _decision(decided: Decided) -> Result:
    return decided.value if decided.error is None else Raised(decided.error.kind, decided.error.message)


def _case(work: Work, index: int) -> Json:
    cases = work.written.get("cases")
    return member(cases[index], "name") if isinstance(cases, list) and index < len(cases) else None
