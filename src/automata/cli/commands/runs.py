"""``automata runs``: look at accepted runs, and steer them from any process."""

from __future__ import annotations

from automata.cli.lazy import LazyGroup

TABLE: dict[str, tuple[str, str]] = {
    "list": ("runs_list", "List runs, newest first."),
    "show": ("runs_show", "Show one run: its steps, its error and the way out."),
    "logs": ("runs_logs", "Print the journal of a run."),
    "tail": ("runs_tail", "Follow a run until it ends."),
    "cancel": ("runs_steer:cancel", "Stop a run in order."),
    "pause": ("runs_steer:pause", "Have a run start no new attempt."),
    "resume": ("runs_steer:resume", "Let a paused run go on."),
    "retry": ("runs_retry", "Start a failed run again from its beginning."),
    "replay": ("runs_replay", "Do a run over from one step on."),
    "fork": ("runs_fork", "Start a new run from any point of an old one."),
    "resolve": ("runs_resolve", "Choose how a parked step goes on."),
    "signal": ("runs_answer:signal", "Send a signal to a run."),
    "approve": ("runs_answer:approve", "Approve what a run asks."),
    "reject": ("runs_answer:reject", "Reject what a run asks."),
    "export": ("runs_export", "Write a run as one JSON document."),
}
"""Name to place below ``automata.cli.commands`` and summary."""

command = LazyGroup(
    "runs",
    TABLE,
    about="See and steer runs.",
    more="RUN is the id of a run, or as much of its beginning as names one run. "
    "Everything works while workers run: what is sent waits in the database until the run's worker takes it up.",
    examples=(
        "automata runs list --status failed --since 1d",
        "automata runs show 019a1b2c3d4e5f60 --failed-step",
        "automata runs approve 019a1b2c3d4e5f60 --comment 'Looks right'",
    ),
)
