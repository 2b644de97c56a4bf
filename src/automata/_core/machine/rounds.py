"""Rounds of a body: the window of a foreach and the repetitions of a loop."""

from __future__ import annotations

from automata._core.durations import parse_duration
from automata._core.machine.bodies import Bodies, base_of, body_of
from automata._core.machine.commands import Decide
from automata._core.machine.state import ForeachBox, LoopBox, Phase, Step
from automata.model import ErrorInfo, Json, JsonObject


class Rounds(Bodies):
    """Nodes whose body runs more than once."""

    # ------------------------------------------------------------ foreach

    def open_foreach(self, step: Step, parameters: JsonObject) -> None:
        """Start as many bodies as may run at once."""
        try:
            step.box = box = _foreach(parameters)
        except ValueError as error:
            self.refuse(step, error)
        else:
            self.fill(step, box)

    def fill(self, step: Step, box: ForeachBox) -> None:
        """Keep the window of a foreach full; finish it when all items are done."""
        while box.next < box.total and len(box.open) < box.concurrency and box.error is None:
            index = box.next
            box.next += 1
            self.open_body(
                step, body_of(step), f"{base_of(step)}[{index}]", index, {box.name: box.item(index), "index": index}
            )
            if step.box is not box or step.address not in self.steps:
                return
        if not box.open and box.next >= box.total and box.error is None:
            self.derive_finish(step, box.results)

    def add_item(self, step: Step, item: Json) -> None:
        """A signal brought one more item; it is too late when what there is suffices, or does not do any more."""
        box = step.box
        if isinstance(box, ForeachBox) and box.wanted is not None and step.phase is Phase.RUNNING:
            box.add(item)
            self.fill(step, box)

    def item_ended(self, step: Step, box: ForeachBox, index: int, entry: Json) -> None:
        """The entry of one item is known: ask whether that is enough, if the foreach has an ``until``."""
        box.results[index] = entry
        box.known.add(index)
        if "until" in step.work.lazy:
            self.commands.append(Decide(step, len(box.known) - 1))
        else:
            self.fill(step, box)

    def suffice(self, step: Step, box: ForeachBox) -> None:
        """The entries there are suffice: start no other body, stop those that run, and finish once they have."""
        box.next = box.total
        box.enough = True
        if not box.open:
            self.fill(step, box)
        for activation in list(box.open.values()):
            if activation.ending is None:
                self.stop_all(activation, "cancelled")

    # ------------------------------------------------------------ loop

    def open_loop(self, step: Step, parameters: JsonObject) -> None:
        """Try the condition of a ``while``, or begin the first round of an ``until``."""
        try:
            step.box = box = _loop(parameters)
        except ValueError as error:
            self.refuse(step, error)
        else:
            self.next_round(step, box)

    def next_round(self, step: Step, box: LoopBox) -> None:
        """Begin the next round, after its condition if that comes first."""
        if "while" in step.work.lazy:
            self.commands.append(Decide(step, box.index))
        else:
            self.open_round(step, box)

    def open_round(self, step: Step, box: LoopBox) -> None:
        """Begin a round, unless there have been too many."""
        if box.index >= box.maximum:
            error = ErrorInfo(
                "loop_limit", f"The loop did not end within {box.maximum} rounds", step.address, step.attempt
            )
            self.derive_failure(step, error)
            return
        locals_: dict[str, Json] = {"last": box.last, "index": box.index}
        self.open_body(step, body_of(step), f"{base_of(step)}[{box.index}]", box.index, locals_)

    def pause_round(self, step: Step, box: LoopBox) -> None:
        """Wait between two rounds, when the loop says so."""
        if box.pause_s:
            self.timer(f"{step.address}#pause", box.pause_s)
        else:
            self.next_round(step, box)

    def resume_loop(self, step: Step) -> None:
        """The pause between two rounds is over."""
        if isinstance(step.box, LoopBox):
            self.next_round(step, step.box)

    # ------------------------------------------------------------ both

    def decided(self, step: Step, value: bool) -> None:  # noqa: FBT001 - it is the answer itself
        """A condition was evaluated: of a loop, or the ``until`` of a foreach."""
        box = step.box
        if isinstance(box, ForeachBox) and box.error is None and not box.enough:
            act = self.suffice if value else self.fill
            act(step, box)
        if not isinstance(box, LoopBox):
            return
        if "while" in step.work.lazy:
            if value:
                self.open_round(step, box)
            else:
                self.derive_finish(step, box.last)
        elif value:
            self.derive_finish(step, box.last)
        else:
            box.index += 1
            self.pause_round(step, box)


def _foreach(parameters: JsonObject) -> ForeachBox:
    """The box of a foreach.

    Raises:
        ValueError: A computed parameter makes no sense.
    """
    items, name, more = parameters.get("items"), parameters.get("as", "item"), parameters.get("more")
    if not isinstance(items, list):
        raise ValueError("The items are not a list")  # noqa: TRY004 - one kind of refusal for all of them
    if not isinstance(name, str) or not isinstance(more, str | None):
        raise ValueError("The name of the item or of its signal is not a text")  # noqa: TRY004 - one kind of refusal for all of them
    return ForeachBox(
        items,
        name=name,
        concurrency=_number(parameters, "concurrency", 1),
        batch=_number(parameters, "batch", 1),
        tolerate=parameters.get("tolerate", 0),
        more=more,
    )


def _loop(parameters: JsonObject) -> LoopBox:
    """The box of a loop.

    Raises:
        ValueError: A computed parameter makes no sense.
    """
    every = parameters.get("every")
    return LoopBox(
        last=parameters.get("initial"),
        maximum=_number(parameters, "max", 100),
        pause_s=None if every is None else parse_duration(str(every)).total_seconds(),
    )


def _number(parameters: JsonObject, name: str, default: int) -> int:
    value = parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name!r} is {value!r}, not a whole number of at least 1")
    return value
