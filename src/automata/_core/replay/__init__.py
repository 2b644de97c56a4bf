"""Runs decided again: forks from any point of a journal, and recorded runs under another version.

Pure but for `Replays`, which reads journals from a store and makes forks there. Nothing else outside is touched.
"""

from automata._core.replay.compare import replay_diff
from automata._core.replay.decide import Redecided, redecide
from automata._core.replay.difference import Change, RunDifference, StepDifference
from automata._core.replay.fork import ForkPlan, Place, fork
from automata._core.replay.misfit import Misfit
from automata._core.replay.prefix import Prefix, prefix
from automata._core.replay.record import Record
from automata._core.replay.repeat import Repeat
from automata._core.replay.replays import Left, Replays

__all__ = [
    "Change",
    "ForkPlan",
    "Left",
    "Misfit",
    "Place",
    "Prefix",
    "Record",
    "Redecided",
    "Repeat",
    "Replays",
    "RunDifference",
    "StepDifference",
    "fork",
    "prefix",
    "redecide",
    "replay_diff",
]
