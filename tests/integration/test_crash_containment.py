"""Whatever one step does, the run next to it ends as it should (execution contract, G16 to G18)."""

import asyncio
import importlib.util
from pathlib import Path

import pytest

from automata._core.engine import Engine
from automata.memory import run_virtual
from automata.model import RunStatus

_place = Path(__file__).parents[1] / "unit" / "_core" / "engine" / "conftest.py"
_spec = importlib.util.spec_from_file_location("engine_world", _place)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

BAD = {
    **{
        name: f"{{use: t.raise, with: {{error: {name}}}}}"
        for name in ("SystemExit", "KeyboardInterrupt", "MemoryError")
    },
    "deaf": "{use: t.deaf, timeout: 1s, with: {times: 5}}",
    "tuple of a set": "{use: t.junk, with: {name: set}}",
    "nan": "{use: t.junk, with: {name: nan}}",
    "deep": "{use: t.junk, with: {name: deep}}",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_step_fails_its_own_run_and_no_other(bad):
    world = _module.World()
    deep = 1
    for _ in range(100):
        deep = [deep]
    world.junk = {"set": ({1},), "nan": float("nan"), "deep": deep}
    good = world.document(
        "nodes: {a: {use: t.slow, with: {s: 20}}, b: {use: t.ok}}\nedges: [a -> b]\noutput: ${b}", "good"
    )
    ill = world.document(f"nodes: {{a: {bad}}}", "ill")

    async def main():
        async with Engine(world.host(), world.catalog()) as engine:
            return await asyncio.gather(engine.execute(good), engine.execute(ill))

    well, sick = run_virtual(main())
    assert (well.status, well.output) == (RunStatus.SUCCEEDED, "b")
    assert (sick.status, sick.error.node) == (RunStatus.FAILED, "a")
