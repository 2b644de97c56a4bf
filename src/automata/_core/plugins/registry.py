"""The typed wrapper round pluggy: one method per hook, each giving checked and stamped records, asked for once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from automata._core.manifest import KINDS, Record, shapes
from automata._core.plugins.proxy import PluginInfo, Proxy, Report
from automata.errors import NotFound
from automata.model import Command, CredentialKind, Function, NodeType, Rule, Setting

if TYPE_CHECKING:
    import pluggy

R = TypeVar("R", NodeType, Setting, CredentialKind, Function, Rule, Command)


class Plugins:
    """Every plugin that was found, and what the working ones supply.

    Names are unique in each kind of record: the kernel's come first, then plugins by the name of their distribution;
    the later of two of the same name is refused, and both are reported.
    """

    def __init__(
        self, proxies: Sequence[Proxy], off: Sequence[PluginInfo] = (), reports: Sequence[Report] = ()
    ) -> None:
        self._proxies = tuple(proxies)
        self._off = tuple(off)
        self._reports = list(reports)
        self._records: dict[str, tuple[Record, ...]] = {}
        self._manager: pluggy.PluginManager | None = None

    def node_types(self) -> tuple[NodeType, ...]:
        """Node types, the kernel's first."""
        return self._collect("automata_node_types", NodeType)

    def settings(self) -> tuple[Setting, ...]:
        """Settings of plugins."""
        return self._collect("automata_settings", Setting)

    def credential_kinds(self) -> tuple[CredentialKind, ...]:
        """Kinds of connections."""
        return self._collect("automata_credential_kinds", CredentialKind)

    def functions(self) -> tuple[Function, ...]:
        """Functions for expressions."""
        return self._collect("automata_functions", Function)

    def graph_rules(self) -> tuple[Rule, ...]:
        """Validation rules beyond the kernel's own."""
        return self._collect("automata_graph_rules", Rule)

    def commands(self) -> tuple[Command, ...]:
        """Commands of the program."""
        return self._collect("automata_commands", Command)

    def infos(self) -> tuple[PluginInfo, ...]:
        """How every plugin stands now, those that are switched off included; sorted by distribution and name."""
        everything = [*(proxy.info for proxy in self._proxies), *self._off]
        return tuple(sorted(everything, key=lambda info: (info.distribution.lower(), info.name)))

    def reports(self) -> tuple[Report, ...]:
        """Everything that went wrong and was contained, so far."""
        return (*self._reports, *(report for proxy in self._proxies for report in proxy.reports))

    def report(self, plugin: str, message: str) -> None:
        """Note something that went wrong with the distribution *plugin* and was contained."""
        self._reports.append(Report(plugin=plugin, message=message))

    def proxy(self, distribution: str) -> Proxy:
        """Return the (first) plugin of a distribution.

        Raises:
            NotFound: There is none, or it is switched off.
        """
        for proxy in self._proxies:
            if proxy.distribution == distribution:
                return proxy
        raise NotFound(f"No plugin {distribution!r}")

    @property
    def manager(self) -> pluggy.PluginManager:
        """The plugin manager all proxies are registered with; made when it is first needed."""
        if self._manager is None:
            self._manager = self._register()
        return self._manager

    def _register(self) -> pluggy.PluginManager:
        import pluggy

        from automata import hookspecs
        from automata._core.manifest.hooks import hook_specs

        manager = pluggy.PluginManager(hookspecs.GROUP)
        manager.add_hookspecs(hookspecs)
        mark = pluggy.HookimplMarker(hookspecs.GROUP)
        for position, proxy in reversed(list(enumerate(self._proxies))):  # pluggy calls the last registered first
            proxy.answer_to(hook_specs(), mark)
            manager.register(proxy, f"{position}.{proxy.distribution}")
        return manager

    def _collect(self, hook: str, kind: type[R]) -> tuple[R, ...]:
        if hook not in self._records:
            results: list[tuple[Record, ...]] = getattr(self.manager.hook, hook)()
            self._records[hook] = self._unique(hook, [record for records in results for record in records])
        return tuple(record for record in self._records[hook] if isinstance(record, kind))

    def _unique(self, hook: str, records: Sequence[Any]) -> tuple[Record, ...]:
        shape = shapes()[KINDS[hook]]
        first: dict[str, Any] = {}
        for record in records:
            name = getattr(record, shape.key)
            other = first.setdefault(name, record)
            if other is not record:
                text = f"{shape.record.__name__} {name!r} is supplied by {other.plugin!r} and by {record.plugin!r}"
                for plugin in dict.fromkeys((record.plugin, other.plugin)):
                    self.report(plugin, f"{text}; the one of {other.plugin!r} is used")
        return tuple(first.values())
