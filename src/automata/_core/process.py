"""Which process of which machine this is, and whether one that said so is gone: known at once, not after a lease.

Linux only, from proc(5) and pid_namespaces(7); elsewhere nothing is said, and nothing is believed gone.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_DEAD = frozenset("ZX")
"""States of a process that executes nothing any more, whether or not its parent has asked for its end."""


def identity() -> str | None:
    """This process as ``machine/pid/start``: its boot and PID namespace, its number there, and when it began."""
    machine = _machine()
    began = _began(os.getpid()) if machine is not None else None
    return None if began is None else f"{machine}/{os.getpid()}/{began}"


def is_gone(said: str | None) -> bool:
    """Whether the process that *said* so as its `identity` has ended; False where that cannot be known from here."""
    machine, _, rest = (said or "").rpartition("/")[0].rpartition("/")
    if said is None or not rest.isdigit() or machine != _machine():
        return False
    return _began(int(rest)) != said.rpartition("/")[2]


def _machine() -> str | None:
    """This boot of this machine, and the PID namespace: within both, a number and a start time name one process."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return None


def _began(pid: int) -> str | None:
    """When a process began, in clock ticks since the boot; None for one that is not there or has ended."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # The name before may hold anything.
    return None if fields[0] in _DEAD else fields[19]
