"""The pure decision core: what is to be done next is a function of the plan and the journal.

No I/O, clock, randomness or await: time and chance arrive inside events. The same events in the same order give the
same commands, which is what recovery, simulation, dry-run, replay and back-testing rest on.
"""

from automata._core.machine.commands import ClearTimer, Command, Conclude, Decide, End, Note, SetTimer, Start, Stop
from automata._core.machine.core import Machine
from automata._core.machine.state import Activation, ForeachBox, LoopBox, NodeState, Phase, Step

__all__ = [
    "Activation",
    "ClearTimer",
    "Command",
    "Conclude",
    "Decide",
    "End",
    "ForeachBox",
    "LoopBox",
    "Machine",
    "NodeState",
    "Note",
    "Phase",
    "SetTimer",
    "Start",
    "Step",
    "Stop",
]
