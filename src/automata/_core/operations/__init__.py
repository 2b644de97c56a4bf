"""What a person or a program does with runs and workflows through the store alone: any process, no engine."""

from automata._core.operations.definitions import Definitions, Published
from automata._core.operations.detail import Detail, Wait, uses_in
from automata._core.operations.export import Export, export_json, read_export, whole
from automata._core.operations.lookup import SHOWN, find_run
from automata._core.operations.record import event_json, event_of, message_json, run_row
from automata._core.operations.runs import UNFINISHED, Page, Runs, Sent

__all__ = [
    "SHOWN",
    "UNFINISHED",
    "Definitions",
    "Detail",
    "Export",
    "Page",
    "Published",
    "Runs",
    "Sent",
    "Wait",
    "event_json",
    "event_of",
    "export_json",
    "find_run",
    "message_json",
    "read_export",
    "run_row",
    "uses_in",
    "whole",
]
