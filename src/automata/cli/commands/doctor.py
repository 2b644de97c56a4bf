"""``automata doctor``: is this installation in order, and if not, what helps."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from attrs import frozen

from automata._version import __version__
from automata.cli.command import Command, console
from automata.cli.exits import Exit
from automata.cli.places import log_directory
from automata.cli.text import safe

if TYPE_CHECKING:
    from automata.cli.console import Console


@frozen
class Check:
    """One thing that was looked at."""

    name: str
    status: Literal["ok", "warning", "error"]
    detail: str
    fix: str = ""


@click.command(
    "doctor",
    cls=Command,
    short_help="Check this installation and say what to do about it.",
    help="Check this installation and say what to do about it. Exit code 7 means something is wrong.",
    examples=("automata doctor", "automata doctor --json"),
)
@click.pass_context
def command(context: click.Context) -> int:
    """Look at everything, whatever fails on the way."""
    out = console(context)
    checks = [check for look in _LOOKS for check in _guarded(look)]
    good = all(check.status != "error" for check in checks)
    payload = {
        "ok": good,
        "checks": [{"name": c.name, "status": c.status, "detail": c.detail, "fix": c.fix or None} for c in checks],
    }
    out.emit(payload, lambda: _lines(checks, out), rows="checks")
    return Exit.OK if good else Exit.PARTIAL


def _guarded(look: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(look())
    except Exception as error:  # noqa: BLE001 - what a doctor finds is a finding, whatever it is
        return [Check(look.__name__.strip("_"), "error", f"{type(error).__name__}: {error}")]


def _versions() -> Iterator[Check]:
    yield Check("kernel", "ok", __version__)
    good = sys.version_info >= (3, 11)
    yield Check("python", "ok" if good else "error", f"{platform.python_version()} at {sys.executable}")


def _plugins() -> Iterator[Check]:
    from automata.cli import access

    found = access.plugins()
    access.catalog(found)
    for info in found.infos():
        bad = info.status in {"broken", "incompatible"}
        detail = f"{info.version} {info.status}" + (f": {info.reason}" if info.reason else "")
        fix = f"pip install --upgrade {info.distribution}, or set AUTOMATA_DISABLED_PLUGINS={info.distribution}"
        yield Check(f"plugin {info.distribution}", "error" if bad else "ok", detail, fix if bad else "")
    for report in found.reports():
        yield Check(f"plugin {report.plugin}", "warning", report.message)


def _settings() -> Iterator[Check]:
    from automata.cli import access

    configuration = access.settings(access.plugins())
    for name in sorted(configuration.by_name):
        value = configuration.by_name[name]
        yield Check(f"setting {name}", "ok", f"{value.shown!r} ({value.origin})")


def _egress() -> Iterator[Check]:
    from automata.cli import access

    allowed = access.settings(access.plugins()).text("AUTOMATA_EGRESS_ALLOW")
    yield Check("egress", "ok", "public addresses only" + (f", and {allowed}" if allowed else ""))


def _folders() -> Iterator[Check]:
    from automata.cli import access

    cache = access.cache_folder()
    yield Check("cache", "ok" if cache else "warning", str(cache or "none"), "" if cache else "set AUTOMATA_CACHE_DIR")
    for name, folder in (
        ("logs", log_directory()),
        ("working folder", Path.cwd()),
        ("temporary folder", Path(tempfile.gettempdir())),
    ):
        good = os.access(folder, os.W_OK)
        yield Check(name, "ok" if good else "warning", str(folder), "" if good else "make it writable")


def _clock() -> Iterator[Check]:
    from datetime import UTC, datetime

    from automata._core.system import SystemClock
    from automata.cli.fan import STOPWATCH

    began, first = STOPWATCH(), SystemClock().now()
    moved = (SystemClock().now() - first).total_seconds() - (STOPWATCH() - began)
    good = first >= datetime(2025, 1, 1, tzinfo=UTC) and abs(moved) < 1
    fix = "" if good else "set the clock of this machine, and keep it by NTP"
    yield Check("clock", "ok" if good else "error", f"{first:%Y-%m-%d %H:%M:%S} UTC", fix)
    yield from _zones()


def _zones() -> Iterator[Check]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        yield Check("time zones", "error", "no time zone data", "pip install tzdata")
    else:
        yield Check("time zones", "ok", "found")


_LOOKS = (_versions, _plugins, _settings, _egress, _folders, _clock)


def _lines(checks: list[Check], out: Console) -> Iterator[str]:
    roles = {"ok": "success", "warning": "warning", "error": "error"}
    for check in checks:
        yield f"  {out.style(f'{check.status:<7}', roles[check.status])}  {safe(check.name)}: {safe(check.detail)}"
        if check.fix:
            yield f"           fix: {safe(check.fix)}"
