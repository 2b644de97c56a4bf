"""Plugins as they are really installed: found without being imported, and contained however they are broken."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time

import pytest

from automata._core.catalog import build_catalog
from automata._core.manifest import build_manifest, dump_manifest
from automata._core.plugins import KERNEL, Status, cache_file, discover, read_index
from automata.errors import NotFound, PluginError
from automata.testing.plugins import write_distribution

GOOD = """
from automata.sdk import Effect, NodeType, hookimpl

async def greet(context, parameters):
    return "Hello"

@hookimpl
def automata_node_types():
    return [NodeType(name="{name}.say_hello", title="Say hello", summary="Greets", effect=Effect.PURE, run=greet)]
"""
HOOK = "from automata.sdk import *\n@hookimpl\ndef automata_node_types({arguments}):\n    {body}\n"


def good(name="good"):
    return GOOD.format(name=name)


def hook(body, arguments=""):
    return HOOK.format(body=body, arguments=arguments)


BROKEN = {
    "import-error": ("import nothing_of_that_name", "ModuleNotFoundError"),
    "syntax-error": ("def (:", "SyntaxError"),
    "exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "generator-exit": ("raise GeneratorExit", "GeneratorExit"),
    "recursion": ("def f():\n    f()\nf()", "RecursionError"),
    "wrong-signature": (hook("return []", "surprise"), "surprise"),
    "hook-raises": (hook("raise ValueError('no')"), "ValueError: no"),
    "hook-exits": (hook("raise SystemExit"), "SystemExit"),
    "hook-returns-junk": (hook("return 42"), "returned int"),
    "hook-returns-text": (hook("return 'abc'"), "returned str"),
    "hook-returns-strangers": (hook("return [1]"), "returned int, not NodeType"),
    "hook-is-endless": (hook("import itertools; return itertools.count()"), "More than 10000"),
    "hook-yields-and-raises": (hook("yield 1; raise OSError('half way')"), "half way"),
    "async-hook": ("from automata.sdk import hookimpl\n@hookimpl\nasync def automata_node_types(): return []", "async"),
    "wrong-field": (hook("return [NodeType(name=5, title='T', summary='S')]"), "'name' has the wrong type"),
    "bad-name": (hook("return [NodeType(name='Nope', title='T', summary='S', run=print)]"), "connector.verb_noun"),
    "bad-schema": (
        hook("return [NodeType(name='a.b', title='T', summary='S', run=print, output={'type': 'int'})]"),
        "Must be a type",
    ),
    "text-raises": ("class E(Exception):\n    def __str__(self): raise OSError\nraise E", "cannot be read"),
    "hanging-import": ("import threading; threading.Event().wait(20)", "Did not return"),
    "hanging-hook": (hook("import threading; threading.Event().wait(20)"), "Did not return"),
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    known = set(sys.modules)
    yield folder
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


def find(plugins, distribution):
    return next(info for info in plugins.infos() if info.distribution == distribution)


def messages(plugins, distribution):
    return " | ".join(report.message for report in plugins.reports() if report.plugin == distribution)


@pytest.mark.parametrize(("code", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_reported_and_the_others_go_on(site, code, reason):
    write_distribution(site, "aaa-broken", code)
    write_distribution(site, "good", good())

    plugins = discover(path=[str(site)], limit_s=0.5 if "wait" in code else 10)
    catalog = build_catalog(plugins)

    assert reason in messages(plugins, "aaa-broken")
    assert {"if", "good.say_hello"} <= set(catalog.names())
    assert not any(found.plugin == "aaa-broken" for found in catalog.types.values())
    assert find(plugins, "good").status is Status.LOADED


def test_two_records_of_one_name_are_reported_to_both_and_the_first_is_used(site):
    write_distribution(site, "one", good("same"))
    write_distribution(site, "two", good("same"))

    plugins = discover(path=[str(site)])
    catalog = build_catalog(plugins)

    assert catalog.types["same.say_hello"].plugin == "one"
    for name in ("one", "two"):
        assert "'same.say_hello' is supplied by 'one' and by 'two'" in messages(plugins, name)


def test_a_plugin_cannot_replace_a_control_node(site):
    write_distribution(site, "evil", hook("return [NodeType(name='if', title='T', summary='S', run=print)]"))

    plugins = discover(path=[str(site)])
    catalog = build_catalog(plugins)

    assert catalog.types["if"].plugin == KERNEL
    assert "supplied by 'automata-kernel' and by 'evil'" in messages(plugins, "evil")


def test_a_plugin_for_another_kernel_stays_off_and_is_named_with_its_version(site):
    write_distribution(site, "automata-kernel", "", version="0.1.0", entry_points={})
    write_distribution(site, "old", "raise SystemExit", version="2.5", requires=["automata-kernel>=7,<8"])

    plugins = discover(path=[str(site)])
    build_catalog(plugins)

    info = find(plugins, "old")
    assert info.status is Status.INCOMPATIBLE
    assert info.reason == "old 2.5 needs automata-kernel >=7,<8, and 0.1.0 is installed"
    assert info.import_ms is None


def test_a_missing_dependency_is_noted(site):
    write_distribution(site, "needy", good("needy"), requires=["not-there>=1", "optional; extra == 'x'"])

    assert find(discover(path=[str(site)]), "needy").notes == ("Needs 'not-there', which is not installed",)


@pytest.mark.parametrize("name", ["Bad_Plugin", "bad.plugin", "BAD-plugin", "entry"])
def test_a_disabled_plugin_is_not_imported_however_it_is_spelt(site, name):
    write_distribution(site, "bad-plugin", "raise SystemExit", entry_points={"entry": "bad_plugin"})

    plugins = discover(path=[str(site)], disabled=[name])
    build_catalog(plugins)

    info = find(plugins, "bad-plugin")
    assert (info.status, info.import_ms) == (Status.DISABLED, None)
    assert "bad_plugin" not in sys.modules


def test_safe_mode_leaves_out_what_only_looks_like_ours(site):
    write_distribution(site, "automata-evil", "raise SystemExit")

    plugins = discover(path=[str(site)], safe_mode=True)
    build_catalog(plugins)

    assert find(plugins, "automata-evil").status is Status.DISABLED
    assert "automata_evil" not in sys.modules


def test_what_an_import_costs_is_told(site):
    write_distribution(site, "good", good())

    plugins = discover(path=[str(site)])
    before = find(plugins, "good")
    build_catalog(plugins)
    after = find(plugins, "good")

    assert (before.status, before.import_ms) == (Status.FOUND, None)
    assert after.import_ms > 0
    assert not after.manifest
    assert after.hooks == ("automata_node_types",)


def test_three_failures_open_the_breaker(site):
    hooks = ["node_types", "functions", "graph_rules", "commands"]
    body = "\n".join(f"@hookimpl\ndef automata_{name}(): raise OSError('{name}')" for name in hooks)
    write_distribution(site, "flaky", f"from automata.sdk import hookimpl\n{body}")

    plugins = discover(path=[str(site)])
    plugins.node_types(), plugins.functions(), plugins.graph_rules(), plugins.commands()

    info = find(plugins, "flaky")
    assert (info.status, info.failures) == (Status.BROKEN, 3)
    assert "'commands'" not in messages(plugins, "flaky")


# ---------------------------------------------------------------- manifests


def describe(site, distribution, code, **overrides):
    """Write a plugin whose import leaves a trace, with its manifest."""
    package = write_distribution(site, distribution, code)
    namespace = type(sys)(distribution)
    exec(code, vars(namespace))
    manifest = build_manifest(namespace, name=distribution, version="1.0", entry_point=distribution)
    (package / "automata.json").write_text(dump_manifest(manifest | overrides), encoding="utf-8")


def test_a_plugin_with_a_manifest_is_imported_when_its_node_runs_and_not_before(site):
    describe(site, "lazy", good("lazy"))

    plugins = discover(path=[str(site)])
    catalog = build_catalog(plugins)
    described = catalog.describe("lazy.say_hello")

    assert "lazy" not in sys.modules
    assert described["effect"] == "pure"
    assert find(plugins, "lazy").status is Status.FOUND

    run = catalog.types["lazy.say_hello"].run
    assert asyncio.run(run(None, {})) == "Hello"
    assert "lazy" in sys.modules
    assert find(plugins, "lazy").import_ms is not None


@pytest.mark.parametrize(
    ("overrides", "note"),
    [
        ({"version": "0.9"}, "describes lazy 0.9"),
        ({"name": "other"}, "describes other 1.0"),
        ({"surprise": 1}, "Unknown member 'surprise'"),
    ],
    ids=["version", "name", "unknown member"],
)
def test_a_manifest_that_does_not_fit_costs_an_import_and_not_the_plugin(site, overrides, note):
    describe(site, "lazy", good("lazy"), **overrides)

    plugins = discover(path=[str(site)])

    assert note in find(plugins, "lazy").notes[0]
    assert build_catalog(plugins).get("lazy.say_hello")
    assert not find(plugins, "lazy").manifest


def test_a_manifest_that_promises_too_much_fails_where_the_promise_is_called(site):
    describe(site, "liar", good("liar"))
    (site / "liar" / "__init__.py").write_text("import nothing_of_that_name", encoding="utf-8")

    plugins = discover(path=[str(site)])
    run = build_catalog(plugins).types["liar.say_hello"].run

    with pytest.raises(Exception, match="nothing_of_that_name"):
        asyncio.run(run(None, {}))
    assert find(plugins, "liar").status is Status.BROKEN


# ---------------------------------------------------------------- the index and its cache


def test_the_cache_is_used_until_a_folder_changes(site, tmp_path):
    cache = cache_file(tmp_path / "cache")
    write_distribution(site, "one", good("one"))
    os.utime(site, (1_000_000_000, 1_000_000_000))
    read_index([str(site)], cache)
    (site / "one-1.0.dist-info" / "METADATA").write_text("Name: renamed\nVersion: 9\n", encoding="utf-8")

    assert [found.distribution for found in read_index([str(site)], cache).found] == ["one"]

    write_distribution(site, "two", good("two"))
    assert [found.distribution for found in read_index([str(site)], cache).found] == ["renamed", "two"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1, "folders": {"x": 3}}', '{"format": 99}', "[" * 100_000])
def test_a_damaged_cache_is_ignored_and_replaced(site, tmp_path, text):
    write_distribution(site, "one", good("one"))
    os.utime(site, (1_000_000_000, 1_000_000_000))
    cache = cache_file(tmp_path)
    cache.write_text(text)

    assert len(read_index([str(site)], cache).found) == 1
    assert json.loads(cache.read_text())["folders"]


def test_an_unwritable_cache_costs_nothing_but_time(site, tmp_path):
    write_distribution(site, "one", good("one"))
    (tmp_path / "file").write_text("")

    assert len(read_index([str(site)], cache_file(tmp_path / "file" / "below")).found) == 1
    assert len(read_index([str(site)], None).found) == 1


def test_a_forged_cache_cannot_name_code_to_run(site, tmp_path):
    write_distribution(site, "one", good("one"))
    (site / "victim.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    os.utime(site, (1_000_000_000, 1_000_000_000))
    cache = cache_file(tmp_path)
    read_index([str(site)], cache)
    cache.write_text(cache.read_text().replace('"value": "one"', '"value": "victim"'))

    plugins = discover(path=[str(site)], cache=cache)
    build_catalog(plugins)

    assert "no installed distribution declares" in messages(plugins, "one")
    assert "victim" not in sys.modules


COUNT = """
import sys, time
from pathlib import Path
from automata._core.plugins import discover
sys.path.insert(0, sys.argv[1])
start = time.process_time()
plugins = discover(cache=Path(sys.argv[2]))
spent = (time.process_time() - start) * 1000
names = [info.distribution for info in plugins.infos() if info.distribution.startswith("dummy")]
loaded = [name for name in sys.modules if name.startswith("dummy")]
print(len(names), len(loaded), "importlib.metadata" in sys.modules, round(spent, 2))
"""


def test_discovery_with_200_plugins_imports_none_of_them(site, tmp_path):
    for number in range(200):
        write_distribution(site, f"dummy-{number}", "raise SystemExit('imported')")
    os.utime(site, (1_000_000_000, 1_000_000_000))
    command = [sys.executable, "-c", COUNT, str(site), str(tmp_path / "index.json")]

    runs = []
    for _ in range(3):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
        runs.append(done.stdout.split())

    assert all(run[:2] == ["200", "0"] for run in runs)
    assert min(float(run[3]) for run in runs[1:]) < 60  # CPU; 15 ms is the aim on an idle machine


def test_a_hanging_import_holds_the_caller_no_longer_than_the_limit(site):
    write_distribution(site, "sleeper", "import threading; threading.Event().wait(20)")

    started = time.monotonic()
    build_catalog(discover(path=[str(site)], limit_s=0.2))

    assert time.monotonic() - started < 10


def test_an_entry_point_may_name_an_object(site):
    code = (
        "from automata.sdk import *\n\nasync def run(context, parameters): ...\n\nclass Plugin:\n    @hookimpl\n"
        "    def automata_node_types(self):\n"
        "        return [NodeType(name='obj.do_it', title='T', summary='S', run=run)]\n\n"
        "class box:\n    it = Plugin()\n"
    )
    write_distribution(site, "obj", code, entry_points={"obj": "obj:box.it"})

    assert build_catalog(discover(path=[str(site)])).get("obj.do_it").plugin == "obj"


def test_hooks_nobody_calls_are_noted(site):
    write_distribution(
        site, "newer", "from automata.sdk import hookimpl\n@hookimpl\ndef automata_routes(app): return []"
    )
    write_distribution(site, "idle", "")

    plugins = discover(path=[str(site)])
    build_catalog(plugins)

    assert find(plugins, "newer").notes == ("Implements 'automata_routes', a hook nobody here calls",)
    assert find(plugins, "idle").notes == ("Implements no hook",)


def test_a_range_that_cannot_be_read_keeps_the_plugin_off(site):
    write_distribution(site, "automata-kernel", "", version="0.1.0", entry_points={})
    write_distribution(site, "odd", "raise SystemExit", requires=["automata-kernel>=one"])

    assert "cannot be read" in find(discover(path=[str(site)]), "odd").reason


def test_a_range_in_the_manifest_counts_too(site):
    write_distribution(site, "automata-kernel", "", version="0.1.0", entry_points={})
    describe(site, "strict", good("strict"), kernel=">=5")

    info = find(discover(path=[str(site)]), "strict")

    assert (info.status, info.reason) == (
        Status.INCOMPATIBLE,
        "strict 1.0 needs automata-kernel >=5, and 0.1.0 is installed",
    )


def test_a_manifest_of_another_entry_point_is_not_used(site):
    describe(site, "two", good("two"), entry_point="two.other")

    assert not find(discover(path=[str(site)]), "two").manifest


def test_the_manifest_of_an_editable_install_is_found(site, tmp_path, monkeypatch):
    describe(site, "editable", good("editable"))
    source = tmp_path / "src"
    source.mkdir()
    (site / "editable").rename(source / "editable")
    monkeypatch.syspath_prepend(str(source))

    assert find(discover(path=[str(site)]), "editable").manifest
    assert "editable" not in sys.modules


def test_a_single_module_has_no_manifest_and_a_lost_one_is_reported(site):
    write_distribution(site, "single", "", entry_points={"single": "single_module", "lost": "lost.hooks"})
    (site / "single_module.py").write_text(good("single"), encoding="utf-8")

    plugins = discover(path=[str(site)])
    catalog = build_catalog(plugins)

    assert catalog.get("single.say_hello")
    assert "No module named 'lost'" in messages(plugins, "single")


def test_a_damaged_distribution_does_not_hide_the_others(site):
    write_distribution(site, "good", good())
    broken = write_distribution(site, "nameless", "").parent / "nameless-1.0.dist-info"
    (broken / "METADATA").write_bytes(b"\xff\xfe")

    assert [found.distribution for found in read_index([str(site), "/nothing/here"]).found] == ["good"]


def test_a_cache_of_the_wrong_types_is_ignored(site, tmp_path):
    write_distribution(site, "one", good("one"))
    os.utime(site, (1_000_000_000, 1_000_000_000))
    cache = cache_file(tmp_path)
    read_index([str(site)], cache)
    cache.write_text(cache.read_text().replace('"version": "1.0"', '"version": 1.0'))

    assert read_index([str(site)], cache).found[0].version == "1.0"


def test_a_function_in_a_manifest_is_imported_when_it_is_called(site):
    code = (
        "from automata.sdk import *\n@hookimpl\ndef automata_functions():\n"
        "    return [Function(name='fun.up', call=str.upper, signatures=('(string) -> string',), summary='S')]\n"
    )
    describe(site, "fun", code)

    function = build_catalog(discover(path=[str(site)])).functions["fun.up"]

    assert "fun" not in sys.modules
    assert function.call("a") == "A"
    assert "fun" in sys.modules


def test_a_plugin_that_is_not_there_is_said_so(site):
    with pytest.raises(NotFound, match="No plugin 'nobody'"):
        discover(path=[str(site)]).proxy("nobody")


def test_a_plugin_switched_off_is_not_called_again(site):
    write_distribution(site, "gone", "raise OSError")
    plugins = discover(path=[str(site)])
    build_catalog(plugins)

    with pytest.raises(PluginError, match="is switched off: Import failed: OSError"):
        plugins.proxy("gone").call(lambda: 1)
    with pytest.raises(PluginError, match="is switched off"):
        plugins.proxy("gone").load()
