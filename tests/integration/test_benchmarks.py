"""The benchmarks themselves, with next to no work: each gives a result of the promised shape. No time is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "benchmarks"
WANTED = {
    "P1": {"steps_s", "p50_ms", "p99_ms", "commits_per_run"},
    "P3": {"steps_s", "raw_commits_s", "raw_ratio"},
    "P4": {"steps_s", "flat", "peak_mib_over_idle", "sizes"},
    "P5": {"not measured"},
    "P7": {"run_s", "version_ms_over_python"},
    "P8": {"decisions_s", "cpu_us_a_step"},
    "P9": {"nodes_10_ms"},
    "P10": {"evaluations_s", "items_10000_ms", "compile_us"},
    "P11": {"restart_to_next_step_s", "all_readmitted_s", "completed_steps_repeated"},
    "P12": {"full_ratio", "claim_ratio", "waiting_ratio", "wide_ratio", "list"},
    "P13": {"plugins_add_ms", "modules_imported"},
    "P15": {"p50_ms", "p95_ms", "rows"},
    "memory": {"mib_per_million_steps"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where databases and compiled modules go."""
    return tmp_path_factory.mktemp("bench")


def bench(*arguments, folder):
    environment = {**os.environ, "BENCH_HOME": str(folder), "AUTOMATA_BENCH_SCRIPTS": str(folder / "nowhere")}
    return subprocess.run(
        [sys.executable, str(BENCH), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("name", WANTED)
def test_a_benchmark_gives_the_figures_it_promises(name, home):
    done = bench(name, "--tiny", "--json", folder=home)

    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert set(results) == {"machine", name}
    assert set(results[name]) >= WANTED[name], results[name]


def test_what_is_not_there_is_said_not_to_be_measured(home):
    done = bench("P3", "P5", "--tiny", folder=home)

    assert "P5: not measured: webhook" in done.stdout
    assert "P3: yardstick not measured: " in done.stdout


def test_a_name_that_does_not_exist_is_a_usage_error(home):
    done = bench("P99", folder=home)

    assert done.returncode == 2
    assert "there is no P99" in done.stderr
