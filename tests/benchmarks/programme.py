"""Which benchmark measures what, and which work may be asked of a process of ours."""

from __future__ import annotations

import chain
import cold
import commits
import fanout
import growth
import micro
import outside
import recovery
from session import Absent
from targets import LATER, compare

MEASURES = {
    "P1": chain.at_once,
    "P2": chain.postgres,
    "P3": chain.one_after_another,
    "P4": fanout.measure,
    "P7": cold.measure,
    "P8": micro.decisions,
    "P9": micro.validation,
    "P10": micro.expressions,
    "P11": recovery.measure,
    "P12": growth.measure,
    "P13": micro.discovery,
    "P15": growth.lists,
    "P16": commits.measure,
    "memory": growth.memory,
}
WORKS = {
    "chain": chain.work,
    "fanout": fanout.work,
    "memory_chain": micro.memory_chain,
    "recovery": recovery.work,
    "claims": growth.claims,
    "pages": growth.pages,
    "waiting": growth.waiting,
    "wide": growth.wide,
    "long": growth.long,
}
NAMES = (*(f"P{number}" for number in range(1, 17)), "memory")


def run(session, wanted, say):
    """Measure what is *wanted*, in the order of the list; what cannot be measured says why."""
    results = {}
    for name in (name for name in NAMES if name in wanted):
        say(name)
        results[name] = _measured(session, name, results)
    if not session.tiny and {"P1", "P3"} & set(wanted):
        say("limits of the disk")
        results["limits"] = outside.limits(session)
    return results


def _measured(session, name, results):
    if name in LATER:
        return {"not measured": LATER[name]}
    if name == "P15" and "list" in results.get("P12", {}):
        return results["P12"]["list"]  # the full store was there already
    try:
        return compare(name, MEASURES[name](session))
    except Absent as absent:
        return {"not measured": str(absent)}
    except Exception as error:  # noqa: BLE001 - one that breaks takes no other with it
        return {"not measured": f"it failed: {str(error)[-1500:]}"}
