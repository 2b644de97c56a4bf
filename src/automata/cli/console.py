"""What a command writes with: data to stdout in the format asked for, everything said to people to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from automata.cli.text import safe

if TYPE_CHECKING:
    from automata.cli.failure import Failure

FORMATS = ("table", "json", "jsonl", "yaml")

_STYLES = {
    "error": "31;1",
    "warning": "33",
    "success": "32",
    "title": "1",
    "name": "36",
    "muted": "2",
    "added": "32",
    "removed": "31",
}


class Console:
    """The choices of the global flags, and the two streams they shape."""

    def __init__(self) -> None:
        self.format = "table"
        self.quiet = False
        self.verbosity = 0
        self.color = True
        self.input = True
        self._cut = False

    # -- choices -------------------------------------------------------------------------------------------------

    @property
    def machine(self) -> bool:
        """Whether stdout is read by a program, which gets data and nothing else."""
        return self.format != "table"

    @property
    def can_ask(self) -> bool:
        """Whether a question can be answered: both ends are a terminal and nobody forbade it."""
        return self.input and not self.machine and sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def lively(self) -> bool:
        """Whether stderr is a terminal that can redraw a line."""
        return not self.quiet and self._colored(sys.stderr)

    def symbols(self, stream: TextIO | None = None) -> bool:
        """Whether the stream's encoding can show more than ASCII."""
        return "utf" in ((stream or sys.stdout).encoding or "").lower()

    def style(self, text: object, role: str, *, err: bool = False) -> str:
        """Make *text* safe to print, and coloured where the stream (stdout, or stderr with *err*) is a terminal."""
        stream = sys.stderr if err else sys.stdout
        plain = safe(text)
        return f"\x1b[{_STYLES[role]}m{plain}\x1b[0m" if self._colored(stream) else plain

    # -- data, to stdout -----------------------------------------------------------------------------------------

    def emit(self, payload: object, people: Callable[[], Iterable[str]], *, rows: str | None = None) -> None:
        """Write the result of a command.

        Args:
            payload: The documented JSON value.
            people: Lines for ``table``, made only when they are wanted.
            rows: Name of the payload's main list, whose entries ``jsonl`` writes one a line.
        """
        if self.format == "table":
            self.lines(people())
        elif self.format == "jsonl" and rows is not None and isinstance(payload, Mapping):
            self.lines(_dumped(entry, indent=None) for entry in payload[rows])
        elif self.format == "jsonl":
            self.lines([_dumped(payload, indent=None)])
        elif self.format == "yaml":
            self.raw(_yaml(payload))
        else:
            self.lines([_dumped(payload, indent=2)])

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines to stdout; stops quietly when the reader has gone."""
        for line in lines:
            if not self.raw(f"{line}\n"):
                return

    def raw(self, text: str) -> bool:
        """Write text to stdout as it is; False when nobody reads any more."""
        if self._cut:
            return False
        try:
            sys.stdout.write(text)
        except BrokenPipeError:
            self._hang_up()
        return not self._cut

    def flush(self) -> None:
        """Send what is buffered; quiet when the reader has gone."""
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            self._hang_up()

    # -- messages, to stderr -------------------------------------------------------------------------------------

    def say(self, text: str = "") -> None:
        """Tell people something; ``-q`` silences it."""
        if not self.quiet:
            self.flush()
            print(text, file=sys.stderr)  # noqa: T201 - this is the program's voice

    def tell(self, text: str) -> None:
        """Tell people something ``-q`` must not silence."""
        self.flush()
        print(text, file=sys.stderr)  # noqa: T201 - this is the program's voice

    def warn(self, message: str) -> None:
        """Tell people about something that is not as it should be, though the command goes on."""
        self.flush()
        print(f"{self.style('warning', 'warning', err=True)}: {safe(message)}", file=sys.stderr)  # noqa: T201

    def next(self, *commands: str) -> None:
        """Suggest what to do next."""
        if not self.machine:
            for at, command in enumerate(commands):
                lead = "Next:" if at == 0 else "     "
                self.say(f"{self.style(lead, 'muted', err=True)} {safe(command)}")

    def fail(self, failure: Failure) -> None:
        """Print a failure: for people to stderr and, with ``--json``, as an object to stdout too."""
        self.flush()
        lines = [f"{self.style(f'error[{failure.code}]', 'error', err=True)}: {safe(failure.message, lines=True)}"]
        told = (("because", failure.because), ("fix", failure.fix))
        lines += [f"  {label}: {safe(text, lines=True)}" for label, text in told if text]
        if failure.docs:
            lines.append(f"  docs: automata docs {safe(failure.docs)}")
        print("\n".join(lines), file=sys.stderr)  # noqa: T201
        if self.machine:
            self.emit(failure.payload(), list)

    def ask(self, question: str, *, default: bool = False) -> bool:
        """Ask a yes-or-no question on the terminal; the default when nobody can be asked."""
        if not self.can_ask:
            return default
        answer = self.read_line(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
        return default if not answer else answer in {"y", "yes"}

    def read_line(self, prompt: str) -> str:
        """Read one line from the terminal, the prompt going to stderr; empty at its end."""
        self.flush()
        print(prompt, end="", file=sys.stderr, flush=True)  # noqa: T201
        return sys.stdin.readline().rstrip("\n")

    def _colored(self, stream: TextIO) -> bool:
        return self.color and stream.isatty() and not _monochrome()

    def _hang_up(self) -> None:
        """Point stdout at nothing, so that the interpreter's own last flush stays quiet too."""
        self._cut = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _monochrome() -> bool:
    environment = os.environ  # noqa: TID251 - conventions of terminals, not settings of ours
    return bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"


def _dumped(value: object, *, indent: int | None) -> str:
    # A lone surrogate leaves through the stream's error handler as the escape JSON has for it.
    return json.dumps(value, indent=indent, ensure_ascii=not _unicode(sys.stdout), default=_listed)


def _unicode(stream: TextIO) -> bool:
    return "utf" in (stream.encoding or "").lower()


def _listed(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _yaml(payload: object) -> str:
    import yaml

    plain = json.loads(json.dumps(payload, default=_listed))
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=_unicode(sys.stdout)))
