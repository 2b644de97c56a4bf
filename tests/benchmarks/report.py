"""Results as a table for people, and as the page of the documentation."""

from __future__ import annotations

from targets import TARGETS, TITLES

PAGE = """\
# Results of the benchmarks

This page is written by `./dev bench --write`; {{doc}}`performance` says what the figures mean and how to repeat them.
They are medians, taken in turns with what stands beside them, on this machine: {machine}

{runs}

## Against the targets

{targets}

## Beside others in the same run

{peers}

## Every figure

{figures}
"""


def table(results):
    """Every target with its figure and verdict, as plain text."""
    rows = [("id", "what", "figure", "owed", "aim", "verdict"), *_rows(results)]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, "", *_peer_lines(results), *_reasons(results)])


def page(results):
    """The page with all that was measured."""
    machine = results["machine"]
    facts = (
        f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, {machine['kernel']}, Python "
        f"{machine['python']}, SQLite {machine['sqlite']}; the disk acknowledges 4 KiB in {machine['fsync_ms']} ms."
    )
    return PAGE.format(
        machine=facts,
        runs="\n".join(f"- {run['date']}: {', '.join(run['names'])}" for run in _runs(results)),
        targets=_markdown(("id", "what", "figure", "owed", "aim", "verdict"), _rows(results)),
        peers=_peers(results),
        figures="\n\n".join(_figures(results)),
    )


def add(results, others):
    """Take in what another run on the same machine measured; what *results* has already stays."""
    fresh = [name for name in others if name not in results]
    if fresh:
        runs = _runs(results)
        results["machine"]["runs"] = [*runs, {"date": others["machine"]["date"], "names": fresh}]
        results.update({name: others[name] for name in fresh})


def _runs(results):
    machine = results["machine"]
    own = {"date": machine["date"], "names": [name for name in results if name != "machine"]}
    return machine.get("runs", [own] if own["names"] else [])


def _rows(results):
    for target in TARGETS:
        if target.id not in results:
            continue
        value, verdict = target.judge(results)
        yield (
            target.id,
            target.what,
            "-" if value is None else number(value),
            f"{target.sense} {number(target.owed)}",
            "" if target.aim is None else number(target.aim),
            verdict,
        )
    for name in results:
        if name in TITLES and not any(target.id == name for target in TARGETS):
            yield name, TITLES[name], "-", "", "", "not measured"


def number(value):
    """A figure for people: 15,000 or 0.31."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:g}"


def _markdown(head, rows):
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def _reasons(results):
    for name, result in results.items():
        if "not measured" in result and name in TITLES:
            yield f"{name}: not measured: {result['not measured']}"
        if str(result.get("yardstick", "")).startswith("not measured"):
            yield f"{name}: yardstick {result['yardstick']}"


def _beside(results):
    for name, result in results.items():
        if not isinstance(result.get("peers"), dict) and "yardstick_steps_s" not in result:
            continue
        if "steps_s" in result:
            yield name, "automata", result["steps_s"], result.get("p50_ms"), ""
        if "yardstick_steps_s" in result:
            ratio = f"ours is {result['steps_s'] / result['yardstick_steps_s']:.0%} of it"
            yield name, "yardstick", result["yardstick_steps_s"], result.get("yardstick_p50_ms"), ratio
        for peer, one in result.get("peers", {}).items():
            if "steps_s" in one:
                yield (
                    name,
                    peer,
                    one["steps_s"],
                    one.get("p50_ms"),
                    f"ours is {result['steps_s'] / one['steps_s']:.1f} x",
                )


def _peer_lines(results):
    for name, who, rate, p50, ratio in _beside(results):
        latency = "" if p50 is None else f"p50 {number(p50)} ms"
        yield f"{name:4} {who:18} {number(rate):>10} steps/s  {latency:16} {ratio}".rstrip()
    for name, result in results.items():
        for peer, one in (result.get("peers") or {}).items():
            if "not measured" in one:
                yield f"{name:4} {peer:18} not measured: {one['not measured']}"


def _peers(results):
    rows = [
        (name, who, number(rate), "" if p50 is None else number(p50), ratio)
        for name, who, rate, p50, ratio in _beside(results)
    ]
    missing = sorted(
        {
            f"- {peer}: not measured: {one['not measured']}"
            for result in results.values()
            for peer, one in (result.get("peers") or {}).items()
            if "not measured" in one
        }
    )
    parts = [
        _markdown(("id", "system", "steps/s", "p50 of a run, ms", "ratio"), rows) if rows else "None was measured."
    ]
    return "\n\n".join([*parts, "\n".join(missing)] if missing else parts)


def _figures(results):
    for name, result in sorted(results.items(), key=lambda item: _place(item[0])):
        if name == "machine":
            continue
        title = f"### {name}: {TITLES[name]}" if name in TITLES else f"### {name}"
        lines = [f"- `{key}`: {value}" for key, value in _flat(result) if not key.startswith("peers/")]
        yield "\n".join([title, "", *lines])


def _place(name):
    return [*TITLES, name].index(name)


def _flat(result, before=""):
    for key, value in result.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}/")
        else:
            yield f"{before}{key}", number(value) if isinstance(value, int | float) else value
