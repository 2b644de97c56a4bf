"""Performs what the machine decides: real concurrency, timeouts, cancellation, signals, approvals, called workflows."""

from automata._core.engine.driver import Driver
from automata._core.engine.engine import Engine, Waiting
from automata._core.engine.host import Deliver, Direct, Host, Observer, Performer
from automata._core.engine.shift import LEASE_S

__all__ = ["LEASE_S", "Deliver", "Direct", "Driver", "Engine", "Host", "Observer", "Performer", "Waiting"]
