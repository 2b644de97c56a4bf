"""The stand-in for one plugin: imports it at first need behind the guard, and keeps count. Policy is elsewhere."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from automata._core.manifest import KINDS, Manifest, Record, shapes
from automata._core.plugins.guard import LIMIT_S, Contained, contain
from automata._core.plugins.index import Found, declares
from automata.errors import PluginError

if TYPE_CHECKING:
    import pluggy

FAILURES = 3
"""After so many failed calls a plugin is not called any more in this process."""


class Status(StrEnum):
    """How a plugin stands."""

    FOUND = "found"
    """Nothing is known against it, and none of its code has run."""
    LOADED = "loaded"
    DISABLED = "disabled"
    """An operator switched it off; its code is not run."""
    INCOMPATIBLE = "incompatible"
    """It asks for another kernel; its code is not run."""
    BROKEN = "broken"
    """It failed; what it supplied before still stands, and nothing new is asked of it."""


@frozen(kw_only=True)
class Report:
    """One thing that went wrong with a plugin, and was contained."""

    plugin: str
    """Distribution."""
    message: str


@frozen(kw_only=True)
class PluginInfo:
    """What there is to know about one plugin."""

    name: str
    """Name of the entry point."""
    distribution: str
    version: str
    value: str
    """Value of the entry point: ``package.module[:attribute]``."""
    summary: str = ""
    status: Status = Status.FOUND
    reason: str = ""
    """Why the status is not found or loaded; one sentence."""
    manifest: bool = False
    """Whether it was described by ``automata.json``, so that listing it costs no import."""
    notes: tuple[str, ...] = ()
    """What is worth knowing and keeps nothing from working."""
    hooks: tuple[str, ...] | None = None
    """Hooks it implements, where that is known."""
    import_ms: float | None = None
    """What importing it cost; None when it was not imported."""
    calls: int = 0
    call_ms: float = 0.0
    """Time spent in its hooks, the import not counted."""
    failures: int = 0


class Proxy:
    """One plugin as pluggy sees it: real functions in the instance's dictionary, one for each hook it answers.

    pluggy looks hooks up without running descriptors or ``__getattr__`` (its ``_static_hook_attr``), so the
    functions are made before registering, from the hooks the manifest names, or all of them where there is no manifest.
    """

    def __init__(
        self, found: Found, manifest: Manifest | None, *, limit_s: float = LIMIT_S, notes: tuple[str, ...] = ()
    ) -> None:
        self._found = found
        self._manifest = manifest
        self._limit_s = limit_s
        self._notes = list(notes)
        self._plugin: object | None = None
        self._manager: pluggy.PluginManager | None = None
        self._status = Status.FOUND
        self._reason = ""
        self._import_ms: float | None = None
        self._calls, self._call_ms, self._failures = 0, 0.0, 0
        self._live: dict[str, tuple[Record, ...]] = {}
        self.reports: list[Report] = []

    def __dir__(self) -> list[str]:
        """Only what pluggy should look at, which halves the cost of registering."""
        return [name for name in vars(self) if name.startswith("automata_")]

    @property
    def distribution(self) -> str:
        """The distribution to name in records and reports."""
        return self._found.distribution

    @property
    def info(self) -> PluginInfo:
        """How the plugin stands now."""
        found, hooks = self._found, None
        if self._manifest is not None:
            hooks = self._manifest.hooks
        elif self._manager is not None:
            hooks = tuple(sorted(caller.name for caller in self._manager.get_hookcallers(self._plugin) or ()))
        return PluginInfo(
            name=found.name,
            distribution=found.distribution,
            version=found.version,
            value=found.value,
            summary=found.summary,
            status=self._status,
            reason=self._reason,
            manifest=self._manifest is not None,
            notes=tuple(self._notes),
            hooks=hooks,
            import_ms=self._import_ms,
            calls=self._calls,
            call_ms=self._call_ms,
            failures=self._failures,
        )

    def answer_to(self, specs: Mapping[str, Callable[..., Any]], mark: Callable[[Any], Any]) -> None:
        """Take a function for each hook of *specs* this plugin answers; *mark* is the hook marker."""
        for hook, spec in specs.items():
            if self._manifest is None or hook in self._manifest.hooks:
                vars(self)[hook] = mark(self._forwarder(hook, inspect.signature(spec)))

    def records(self, hook: str, arguments: Mapping[str, object] | None = None) -> tuple[Record, ...]:
        """What the plugin supplies through *hook*, checked and stamped; empty, and reported, when it fails."""
        if self._manifest is None:
            return self._ask(hook, arguments or {})
        if hook not in self._manifest.hooks:
            return ()
        return tuple(evolve(record, plugin=self.distribution) for record in self._manifest.records(hook, self._refer))

    def call(self, function: Callable[[], Any]) -> Any:
        """Call code of this plugin behind the guard.

        Raises:
            PluginError: It failed, or the plugin has failed too often before.
        """
        if self._status is Status.BROKEN:
            raise self._off()
        started = time.perf_counter()
        try:
            result = contain(function, self._limit_s)
        except Contained as failure:
            self._fail(failure)
            raise PluginError(self.distribution, f"Plugin {self.distribution!r} failed: {failure.reason}") from failure
        finally:
            self._calls += 1
            self._call_ms += (time.perf_counter() - started) * 1000
        return result

    def report(self, message: str) -> None:
        """Note something that went wrong and was contained."""
        self.reports.append(Report(plugin=self.distribution, message=message))

    def load(self) -> pluggy.PluginManager:
        """Import the plugin if that has not happened yet; blocks up to the time limit.

        Raises:
            PluginError: It cannot be imported, or failed before.
        """
        if self._manager is not None:
            return self._manager
        if self._status is Status.BROKEN:
            raise self._off()
        started = time.perf_counter()
        try:
            plugin, manager = contain(self._import, self._limit_s)
        except Contained as failure:
            self._failures += 1
            self._break(f"Import failed: {failure.reason}")
            raise PluginError(
                self.distribution, f"Plugin {self.distribution!r} cannot be imported: {failure.reason}"
            ) from failure
        finally:
            self._import_ms = (time.perf_counter() - started) * 1000
        self._plugin, self._manager, self._status = plugin, manager, Status.LOADED
        self._note_unknown_hooks(manager)
        return manager

    def _import(self) -> tuple[object, pluggy.PluginManager]:
        from importlib import import_module

        from automata._core.manifest.hooks import manager_of

        if not declares(self._found):
            raise ImportError("no installed distribution declares this entry point any more")
        module, _, attributes = self._found.value.partition(":")
        plugin: object = import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            plugin = getattr(plugin, attribute)
        return plugin, manager_of(plugin, self._found.name)

    def _note_unknown_hooks(self, manager: pluggy.PluginManager) -> None:
        for caller in manager.get_hookcallers(self._plugin) or ():
            if not caller.has_spec():
                self._notes.append(f"Implements {caller.name!r}, a hook nobody here calls")
        if not manager.get_hookcallers(self._plugin):
            self._notes.append("Implements no hook")

    def _ask(self, hook: str, arguments: Mapping[str, object]) -> tuple[Record, ...]:
        if hook in self._live:
            return self._live[hook]
        try:
            manager = self.load()
            kept: tuple[Record, ...]
            refused: list[str]
            kept, refused = self.call(lambda: _sift(manager, hook, arguments, self.distribution))
        except PluginError:
            return ()
        for reason in refused:
            self._fail(Contained(reason))
        self._live[hook] = kept
        return kept

    def _refer(self, hook: str, name: str, attribute: str) -> Callable[..., Any]:
        """A callable for code the manifest only names: an awaitable one for ``run``, a plain one for the rest."""

        def resolve() -> Callable[..., Any]:
            key = shapes()[KINDS[hook]].key
            for record in self._ask(hook, {}):
                if getattr(record, key) == name and (code := getattr(record, attribute)) is not None:
                    return code  # type: ignore[no-any-return] # a field that holds code, by the manifest's shape
            raise PluginError(
                self.distribution,
                f"Plugin {self.distribution!r} does not supply {attribute!r} of {name!r}, which its manifest promises"
                + (f": {self._reason}" if self._reason else ""),
            )

        async def run(context: Any, parameters: Any) -> Any:
            return await resolve()(context, parameters)

        def call(*arguments: Any) -> Any:
            return resolve()(*arguments)

        reference: Any = run if attribute == "run" else call
        reference.resolve = resolve
        return reference  # type: ignore[no-any-return] # a function that carries one more attribute

    def _forwarder(self, hook: str, signature: inspect.Signature) -> Callable[..., Any]:
        def forward(*arguments: object) -> tuple[Record, ...]:
            return self.records(hook, dict(zip(signature.parameters, arguments, strict=True)))

        forward.__signature__ = signature  # type: ignore[attr-defined] # what inspect, and so pluggy, reads
        return forward

    def _off(self) -> PluginError:
        return PluginError(self.distribution, f"Plugin {self.distribution!r} is switched off: {self._reason}")

    def _fail(self, failure: Contained) -> None:
        self._failures += 1
        self.report(failure.reason)
        if failure.hung or self._failures >= FAILURES:
            self._break(f"Switched off after {self._failures} failures, the last: {failure.reason}", report=False)

    def _break(self, reason: str, *, report: bool = True) -> None:
        self._status, self._reason = Status.BROKEN, reason
        if report:
            self.report(reason)


def _sift(
    manager: pluggy.PluginManager, hook: str, arguments: Mapping[str, object], distribution: str
) -> tuple[tuple[Record, ...], list[str]]:
    """Call the plugin's hook, and part sound records from the rest. Runs inside the guard: it all is foreign."""
    from automata._core.manifest.hooks import answers

    shape = shapes()[KINDS[hook]]
    kept: list[Record] = []
    refused: list[str] = []
    for record in answers(manager, hook, arguments):
        if type(record) is not shape.record:
            refused.append(f"{hook} returned {type(record).__name__}, not {shape.record.__name__}")
        elif faults := shape.faults(record):
            refused.append(
                f"{shape.record.__name__} {str(getattr(record, shape.key))!r} is refused: {'; '.join(faults)}"
            )
        else:
            kept.append(evolve(record, plugin=distribution))
    return tuple(kept), refused
