"""What is owed, what is aimed for, and which figure decides it."""

from __future__ import annotations

from attrs import frozen

LATER = {
    "P5": "webhook -> three durable nodes -> response: needs the server",
    "P6": "Windmill's public benchmark: needs code steps",
    "P14": "connector call, in-process and isolated: needs isolation",
}
TITLES = {
    "P1": "durable chain of 10 steps, 100 runs at once, SQLite with synchronous=FULL",
    "P2": "the same on PostgreSQL",
    "P3": "durable chain, one run after another, SQLite",
    "P4": "one step for each of 1,000 / 10,000 / 100,000 items",
    "P5": "webhook to response",
    "P6": "Windmill's public benchmark",
    "P7": "cold start, a whole process",
    "P8": "kernel overhead in memory",
    "P9": "validation, soundness included",
    "P10": "expressions",
    "P11": "kill -9 and restart",
    "P12": "growth",
    "P13": "discovery with 200 plugins installed",
    "P14": "connector call",
    "P15": "list of runs, first page",
    "P16": "commits of a 10-step run",
    "memory": "memory of a long-lived worker",
}


@frozen
class Target:
    """One promise: the figure at *path* of a result is at least, or at most, *owed*."""

    id: str
    path: str
    what: str
    sense: str
    owed: float
    aim: float | None = None

    def judge(self, results):
        """``(figure, verdict)``; the figure is None when it was not measured."""
        value = results.get(self.id, {})
        for part in self.path.split("/"):
            value = value.get(part) if isinstance(value, dict) else None
        if not isinstance(value, int | float):
            return None, "not measured"
        if self._holds(value, self.aim):
            return value, "met, the aim too"
        return value, "met" if self._holds(value, self.owed) else "not met"

    def _holds(self, value, bound):
        if bound is None:
            return False
        return value >= bound if self.sense == ">=" else value <= bound


TARGETS = (
    Target("P1", "steps_s", "steps/s", ">=", 15_000, 25_000),
    Target("P1", "yardstick_ratio", "of the yardstick", ">=", 0.5, 0.8),
    Target("P1", "times/dbos", "times DBOS", ">=", 60),
    Target("P1", "times/restate", "times Restate", ">=", 30),
    Target("P1", "times/celery", "times Celery", ">=", 30),
    Target("P1", "p99_ms", "p99 of a run, ms", "<=", 80),
    Target("P2", "times/dbos", "times DBOS", ">=", 50),
    Target("P2", "yardstick_ratio", "of the yardstick", ">=", 0.5, 0.75),
    Target("P3", "times/dbos", "times DBOS", ">=", 5),
    Target("P3", "times/best", "times the best peer", ">=", 4),
    Target("P3", "raw_ratio", "of raw one-row commits", ">=", 0.6, 0.75),
    Target("P4", "steps_s", "steps/s, the slowest of the three", ">=", 10_000, 20_000),
    Target("P4", "flat", "steps/s at 100,000 over steps/s at 1,000", ">=", 0.8),
    Target("P4", "times/langgraph", "times LangGraph", ">=", 20),
    Target("P4", "peak_mib_over_idle", "peak memory over idle at 100,000, MiB", "<=", 100),
    Target("P7", "run_s", "`automata run` of one node, s", "<=", 0.6, 0.4),
    Target("P7", "times_faster_than_the_fastest_peer", "times faster than the fastest peer", ">=", 4),
    Target("P7", "version_ms_over_python", "`--version` over bare Python, ms", "<=", 120),
    Target("P8", "decisions_s", "decisions/s, the slower of chain and fan-out", ">=", 100_000),
    Target("P8", "cpu_us_a_step", "processor time of a step, us", "<=", 40, 25),
    Target("P9", "nodes_10_ms", "10 nodes, ms", "<=", 5),
    Target("P9", "nodes_200_ms", "200 nodes, ms", "<=", 100),
    Target("P9", "nodes_2000_ms", "2,000 nodes, ms", "<=", 2000),
    Target("P9", "growth_for_ten_times_the_nodes", "times the time for ten times the nodes", "<=", 18),
    Target("P10", "evaluations_s", "evaluations/s, geometric mean", ">=", 300_000, 1_000_000),
    Target("P10", "items_10000_ms", "map over 10,000 items, ms", "<=", 10),
    Target("P10", "compile_us", "compiling one, us", "<=", 300),
    Target("P11", "restart_to_next_step_s", "restart to the next step, the lease being over, s", "<=", 0.6),
    Target("P11", "at_once_restart_to_next_step_s", "restart at once to the next step, s", "<=", 0.6),
    Target("P11", "all_readmitted_s", "10,000 runs at work again, s", "<=", 5),
    Target("P11", "completed_steps_repeated", "completed steps repeated", "<=", 0),
    Target("P12", "full_ratio", "steps/s beside 1,000,000 finished runs over an empty store", ">=", 0.8),
    Target("P12", "claim_ratio", "time of a claim, the same", "<=", 1.2),
    Target("P12", "waiting_ratio", "steps/s beside 10,000 waiting runs", ">=", 0.8),
    Target("P12", "wide_ratio", "steps/s of 10 x wider graphs", ">=", 0.8),
    Target("P12", "waiting_store_kib", "a waiting run in the store, KiB", "<=", 5),
    Target("P12", "waiting_memory_mib_all", "10,000 waiting runs in memory, MiB", "<=", 50),
    Target("P13", "plugins_add_ms", "added by 200 plugins, ms", "<=", 15),
    Target("P13", "modules_imported", "modules of theirs imported", "<=", 0),
    Target("P15", "p95_ms", "p95 with 1,000,000 rows, ms", "<=", 50),
    Target("P16", "alone_fsyncs_per_run", "fsyncs of a run alone", "<=", 11),
    Target("P16", "at_once_fsyncs_per_run", "fsyncs of a run, 100 at once", "<=", 0.3),
    Target("P16", "pure_fsyncs_per_run", "fsyncs of a pure chain", "<=", 1),
    Target("P16", "alone_commits_per_run", "commits of a run alone", "<=", 11),
    Target("P16", "at_once_commits_per_run", "commits of a run, 100 at once", "<=", 0.3),
    Target("P16", "pure_commits_per_run", "commits of a pure chain", "<=", 1),
    Target("memory", "mib_per_million_steps", "growth for a million steps, MiB", "<=", 5),
)


def compare(id_, result):
    """Put ours over each peer: ``times`` by family and over the best. DBOS counts on the database that ours is on."""
    rates = {name: one["steps_s"] for name, one in result.get("peers", {}).items() if "steps_s" in one}
    ours = result.get("steps_s")
    if not rates or not ours:
        return result
    other = "dbos-sqlite" if id_ == "P2" else "dbos-postgresql"
    families = {name.partition("-")[0]: rate for name, rate in rates.items() if name != other}
    families["best"] = max(rates.values())
    return result | {"times": {name: round(ours / rate, 1) for name, rate in families.items()}}
