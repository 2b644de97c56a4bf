"""The exit codes of the program, all of them, in one place."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended, for scripts; `MEANINGS` says it for people."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    INVALID = 3
    NOT_FOUND = 4
    DENIED = 5
    CONFLICT = 6
    PARTIAL = 7
    UNAVAILABLE = 8
    FAILED = 9
    CANCELLED = 10
    LIMIT = 11
    INTERRUPTED = 130


MEANINGS: dict[Exit, str] = {
    Exit.OK: "Everything asked for was done. Warnings do not change this unless `--strict` says so.",
    Exit.UNEXPECTED: "Something unforeseen happened; the message names the log file that holds the details.",
    Exit.USAGE: "The command line or a setting is wrong; nothing was done.",
    Exit.INVALID: "A document has problems, a value does not fit its schema, or stored data fail their checksum.",
    Exit.NOT_FOUND: "A file, node, workflow, plugin or topic of that name does not exist.",
    Exit.DENIED: "Credentials or permissions do not allow it, the file system's included.",
    Exit.CONFLICT: "It exists already, or it changed meanwhile; nothing was overwritten.",
    Exit.PARTIAL: "Part of it is in order and part is not: `automata doctor` found something, or a run is parked.",
    Exit.UNAVAILABLE: "Something outside did not answer in time, or the time limit of `--timeout` passed.",
    Exit.FAILED: "The run ended as failed, a test case did not get what it expects, "
    "or a recorded run would have gone another way.",
    Exit.CANCELLED: "The run ended as cancelled.",
    Exit.LIMIT: "A limit was reached, as by a value that is larger than any may be.",
    Exit.INTERRUPTED: "Ctrl-C was pressed.",
}
