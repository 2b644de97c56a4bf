"""What an operator has set: flags, environment, ``automata.toml``, defaults. The one place that reads the environment.

Values stay text until they are asked for by type; every fault is found when they are loaded, and all are told at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attrs import frozen

from automata.errors import InvalidSetting, KernelBug
from automata.model import Setting

Origin: TypeAlias = Literal["flag", "environment", "project", "default"]

PROJECT_FILE = "automata.toml"
KERNEL_SETTINGS = (
    Setting(
        name="AUTOMATA_BLOBS",
        summary="Where values above 256 KiB are put: files (a folder beside the SQLite file), table (in the database), "
        "or the path of a folder of this database alone; default: files for SQLite, table for PostgreSQL",
    ),
    Setting(
        name="AUTOMATA_CONNECTIONS",
        summary="Connections as a JSON object: name to an object with the fields of its credential kind",
        secret=True,
    ),
    Setting(
        name="AUTOMATA_DATABASE",
        summary="Where runs are kept: a sqlite:/// or postgresql:// URL, or the path of a SQLite file; "
        "default: .automata/automata.db in a project, else automata.db below the user's folder for data",
        secret=True,
    ),
    Setting(
        name="AUTOMATA_DISABLED_PLUGINS",
        summary="Plugins to leave out: distributions or entry points, comma-separated",
        default="",
        kind="list",
    ),
    Setting(name="AUTOMATA_SAFE_MODE", summary="Load first-party plugins only", default="false", kind="flag"),
    Setting(
        name="AUTOMATA_PLUGIN_TIMEOUT",
        summary="How long a plugin may take to be imported, or to answer a hook",
        default="10s",
        kind="duration",
    ),
    Setting(
        name="AUTOMATA_CACHE_DIR",
        summary="Folder for what can be computed again; default: automata below XDG_CACHE_HOME or ~/.cache",
        kind="path",
    ),
    Setting(
        name="AUTOMATA_EGRESS_ALLOW",
        summary="Non-public addresses workflows may reach, as host[:port], comma-separated",
        default="",
        kind="list",
    ),
)
"""The kernel's own settings; those of plugins come through the hook ``automata_settings``."""

_PREFIX = "AUTOMATA_"
_NAME = re.compile(r"AUTOMATA_[A-Z][A-Z0-9_]*")
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})
_LIMIT_BYTES = 1024 * 1024


@frozen(kw_only=True)
class Value:
    """What one setting is set to, and by whom."""

    setting: Setting
    text: str | None
    """None when it is not set and has no default."""
    origin: Origin
    source: str = ""
    """Name of the variable or file the text comes from; empty for a default."""

    @property
    def shown(self) -> str:
        """The text for people, a secret as ``***``."""
        return "***" if self.setting.secret and self.text else self.text or ""


@frozen
class Configuration:
    """Every known setting with its value; immutable."""

    by_name: Mapping[str, Value]
    unknown: tuple[str, ...] = ()
    """Variables of the environment that look like settings, and are none; worth a warning, not a failure."""

    def values(self) -> tuple[Value, ...]:
        """All values, sorted by name."""
        return tuple(self.by_name[name] for name in sorted(self.by_name))

    def text(self, name: str) -> str | None:
        """The value as text, or None when it is not set."""
        if name not in self.by_name:
            raise KernelBug(f"Setting {name!r} was asked for, and nobody supplies it")
        return self.by_name[name].text

    def flag(self, name: str) -> bool:
        """Whether it is on; not set means off."""
        return read_flag(self.text(name) or "")

    def integer(self, name: str) -> int | None:
        """The value as a whole number."""
        text = self.text(name)
        return None if text is None else read_integer(text)

    def duration(self, name: str) -> timedelta | None:
        """The value as a length of time."""
        text = self.text(name)
        return None if text is None else read_duration(text)

    def names(self, name: str) -> tuple[str, ...]:
        """The comma-separated parts, trimmed, empty ones left out."""
        return read_list(self.text(name) or "")

    def path(self, name: str) -> Path | None:
        """The value as a path; one from the project file counts from the file's folder. Empty means not set."""
        value = self.text(name)
        if not value:
            return None
        found = self.by_name[name]
        return Path(found.source).parent / value if found.origin == "project" else Path(value)


def load_settings(
    supplied: Iterable[Setting] = (),
    *,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    partial: bool = False,
) -> Configuration:
    """Read the kernel's settings and those *supplied* by plugins.

    Flags win over the environment, that over the project file, that over defaults.

    Args:
        supplied: Settings of plugins.
        flags: Setting name to the text a command-line flag gave; None for a flag that was not given.
        environ: The environment; the process's own when None.
        folder: Where to look for ``automata.toml``, and nowhere above; None for no project file.
        partial: Plugins are not known yet: let names pass that nobody known supplies.

    Raises:
        InvalidSetting: One or more values are wrong; the message names all of them.
    """
    environment = os.environ if environ is None else environ
    known = {setting.name: setting for setting in (*KERNEL_SETTINGS, *supplied)}
    faults: list[str] = [f"Setting {name!r} is not named AUTOMATA_..." for name in known if not _NAME.fullmatch(name)]
    file = folder / PROJECT_FILE if folder else None
    project = _read_project(file, faults)
    faults += [] if partial else [_unknown(name, known) for name in project if name not in known]
    given = {name: text for name, text in (flags or {}).items() if text is not None}
    chosen = {name: _choose(setting, given, environment, project, str(file or "")) for name, setting in known.items()}
    faults += [fault for value in chosen.values() if (fault := _check(value))]
    if faults:
        raise InvalidSetting("; ".join(faults))
    strangers = [name for name in environment if name.startswith(_PREFIX) and name not in known]
    return Configuration(chosen, () if partial else tuple(sorted(strangers)))


def cache_folder(configuration: Configuration, environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder for caches, or None without a setting, ``XDG_CACHE_HOME`` and ``HOME``."""
    own = configuration.path("AUTOMATA_CACHE_DIR")
    if own is not None:
        return own
    environment = os.environ if environ is None else environ
    for variable, below in (("XDG_CACHE_HOME", "automata"), ("HOME", ".cache/automata")):
        base = environment.get(variable, "")
        if base and Path(base).is_absolute():
            return Path(base) / below
    return None


def read_flag(text: str) -> bool:
    """Read a truth value.

    Raises:
        ValueError: It is none of the accepted words.
    """
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("is neither true nor false")
    return word in _TRUE


def read_integer(text: str) -> int:
    """Read a whole number in decimal digits.

    Raises:
        ValueError: It is no such number.
    """
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()):
        raise ValueError("is not a whole number")
    return int(text)


def read_duration(text: str) -> timedelta:
    """Read a length of time: ``500ms``, ``10s``, ``PT5M``.

    Raises:
        ValueError: It is none.
    """
    from automata._core.durations import parse_duration

    try:
        return parse_duration(text.strip())
    except ValueError as error:
        raise ValueError("is not a duration such as '10s'") from error


def read_list(text: str) -> tuple[str, ...]:
    """Return the comma-separated parts of *text*, trimmed, empty ones left out."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


_READERS: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "flag": read_flag,
    "integer": read_integer,
    "duration": read_duration,
    "list": read_list,
    "path": str,
}


def _choose(
    setting: Setting, flags: Mapping[str, str], environ: Mapping[str, str], project: Mapping[str, str], file: str
) -> Value:
    name = setting.name
    if name in flags:
        return Value(setting=setting, text=flags[name], origin="flag")
    if name in environ:
        return Value(setting=setting, text=environ[name], origin="environment", source=name)
    if name in project:
        return Value(setting=setting, text=project[name], origin="project", source=file)
    return Value(setting=setting, text=setting.default, origin="default")


def _check(value: Value) -> str | None:
    setting, text = value.setting, value.text
    if text is None:
        return None
    reason = "holds a NUL character" if "\0" in text else None
    try:
        _READERS[setting.kind](text)
    except ValueError as error:
        reason = str(error)
    if reason is None:
        return None
    origin = f" ({value.source})" if value.origin == "project" else ""
    return f"{setting.name}{origin} {reason}: {value.shown!r}"


def _read_project(file: Path | None, faults: list[str]) -> dict[str, str]:
    """Setting name to text, from the ``[settings]`` table of the project file; faults are appended."""
    if file is None or not file.is_file():
        return {}
    import tomllib

    try:
        with file.open("rb") as source:
            data = source.read(_LIMIT_BYTES)
        table = tomllib.loads(data.decode()).get("settings", {})
    except (OSError, ValueError, RecursionError) as error:
        faults.append(f"{file} cannot be read: {error}")
        return {}
    if not isinstance(table, dict):
        faults.append(f"{file} cannot be read: 'settings' is not a table")
        return {}
    result: dict[str, str] = {}
    for key, member in table.items():
        text = _as_text(member)
        if text is None or not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            faults.append(
                f"{file} sets {key!r} to something that is no setting: use a lower-case name and a plain value"
            )
        else:
            result[_PREFIX + key.upper()] = text
    return result


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) and "," not in item for item in value):
        return ",".join(value)
    return None


def _unknown(name: str, known: Iterable[str]) -> str:
    from automata._core.suggest import did_you_mean

    key = name.removeprefix(_PREFIX).lower()
    names = [other.removeprefix(_PREFIX).lower() for other in known]
    return f"{PROJECT_FILE} sets {key!r}, which is no setting{did_you_mean(key, names)}"
