"""The processes that get killed, forked from a parent that has imported everything, and the files they write."""

import asyncio
import gc
import os
import signal
import sys
import traceback
from pathlib import Path

from actions import VARIABLE
from attrs import field, frozen
from oracle import Entry
from shapes import Shape

from automata import Kernel
from automata._core import fault
from automata._core.catalog import Catalog, build_catalog
from automata._core.plugins import Plugins, discover
from automata._core.settings import Configuration, load_settings
from automata.model import Workflow
from automata.testing.plugins import write_distribution

DEADLINE_S = 20
"""A process that has not ended by then is stuck."""


def install_actions(folder: Path) -> Plugins:
    """Make the node types of `actions` an installed plugin."""
    folder.mkdir(parents=True)
    write_distribution(folder, "chaos-actions", Path(__file__).with_name("actions.py").read_text())
    sys.path.insert(0, str(folder))
    return discover(path=[str(folder)])


@frozen
class Files:
    """Where the processes of one cycle write, so that nothing they said is lost with them."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """Effects."""
        return self.folder / "ledger"

    @property
    def accepted(self) -> Path:
        """What clients and observers were told."""
        return self.folder / "accepted"

    @property
    def points(self) -> Path:
        """Fault points, of the last process."""
        return self.folder / "points"

    @property
    def output(self) -> Path:
        """Whatever the processes printed."""
        return self.folder / "output"

    def entries(self) -> list[Entry]:
        """The ledger."""
        parts = (line.split(" ") for line in _lines(self.ledger))
        return [Entry(run, step, key, int(n), kind, int(pid)) for run, step, key, n, kind, pid in parts]

    def said(self) -> list[str]:
        """The accepted things."""
        return _lines(self.accepted)

    def hits(self) -> list[str]:
        """Fault points hit by the last process."""
        return _lines(self.points)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


@frozen(kw_only=True)
class Stage:
    """What all processes of a matrix share, made before the first fork."""

    plugins: Plugins
    settings: Configuration
    catalog: Catalog
    workflows: dict[str, tuple[Workflow, tuple[Workflow, ...]]] = field(factory=dict)

    def documents(self, shape: Shape) -> tuple[Workflow, tuple[Workflow, ...]]:
        """The workflow of a shape, and those it calls."""
        if shape.name not in self.workflows:
            kernel = self.kernel(None)
            own, *others = (kernel.validate_text(text).workflow for text in (shape.document, *shape.others))
            self.workflows[shape.name] = (own, tuple(others))
        return self.workflows[shape.name]

    def kernel(self, store) -> Kernel:
        """A kernel with the counted actions."""
        kernel = Kernel(store=store, plugins=self.plugins, settings=self.settings)
        kernel.__dict__["catalog"] = self.catalog  # made once, as it takes as long as a whole cycle
        return kernel


def make_stage(folder: Path) -> Stage:
    """Import and compute everything that does not belong to one process."""
    plugins = install_actions(folder / "site")
    stage = Stage(plugins=plugins, settings=load_settings(environ={}, partial=True), catalog=build_catalog(plugins))
    gc.freeze()
    return stage


def fork(work, files: Files, faults: str = "") -> int:
    """Have a child do *work* under *faults*; 0 when it got to its end, -9 when it was killed, else what went wrong."""
    files.points.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(DEADLINE_S)
            output = os.open(files.output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.environ[VARIABLE] = str(files.ledger)
            fault.install(",".join(filter(None, (faults, f"log:{files.points}"))))
            asyncio.run(work())
            status = 0
        except BaseException:  # noqa: BLE001 - a child must not return into the parent's code
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
