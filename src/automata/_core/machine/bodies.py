"""Bodies of a step: opened, stopped, forgotten, and what their failure means for the step."""

from __future__ import annotations

from automata._core.machine.endings import Endings
from automata._core.machine.state import Activation, Box, Phase, Step
from automata._core.plan import PlanGraph
from automata.errors import KernelBug
from automata.model import ErrorInfo, Json


class Bodies(Endings):
    """What foreach, loop, race and scope have in common."""

    def open_body(self, step: Step, graph: PlanGraph, address: str, index: int, locals_: dict[str, Json]) -> None:
        """Begin one body of *step*."""
        activation = Activation(address, graph, step, index, locals_)
        box_of(step).open[address] = activation
        self.begin(activation)

    def refuse(self, step: Step, error: ValueError) -> None:
        """The parameters of *step* turned out to make no sense."""
        self.derive_failure(step, ErrorInfo("invalid_input", str(error), step.address, step.attempt))

    def break_box(self, step: Step, box: Box, error: ErrorInfo) -> None:
        """*step* fails with *error* once its other bodies have stopped."""
        box.error = error
        for activation in list(box.open.values()):
            if activation.ending is None:
                self.stop_all(activation, "cancelled")
        self.box_failed(step, box)

    def box_failed(self, step: Step, box: Box) -> bool:
        """End a failing or stopped step when its last body has; whether it is failing or stopped at all."""
        failing = box.error is not None or step.phase is Phase.CANCELLING
        if not failing or box.open or step.address not in self.steps or step.box is not box:
            return failing
        step.box = None
        if step.phase is Phase.CANCELLING or box.error is None:
            self.cancelled(step)
        else:
            self.derive_failure(step, box.error)
        return True

    def close(self, activation: Activation, box: Box) -> None:
        """Forget an activation that has ended."""
        self.activations.pop(activation.address, None)
        box.open.pop(activation.address, None)


def body_of(step: Step) -> PlanGraph:
    """The graph *step* runs; raises `KernelBug` when it has none."""
    if step.node.body is None:
        raise KernelBug(f"{step.address!r} has no body; the document was not validated")
    return step.node.body


def box_of(step: Step) -> Box:
    """What *step* keeps while its bodies run; raises `KernelBug` when none is open."""
    if step.box is None:
        raise KernelBug(f"{step.address!r} has no open bodies")
    return step.box


def owner_of(activation: Activation) -> Step:
    """The step whose body *activation* is; raises `KernelBug` for the workflow itself."""
    if activation.owner is None:
        raise KernelBug("The workflow itself is nobody's body")
    return activation.owner


def base_of(step: Step) -> str:
    """Address its bodies begin with: every attempt has bodies of its own."""
    return step.address if step.attempt == 1 else f"{step.address}@{step.attempt}"
