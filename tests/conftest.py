"""What holds for every test: no network but loopback, and property tests that repeat."""

from __future__ import annotations

import ipaddress
import os
import secrets
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile(
    "automata", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("automata")


@pytest.fixture
def untraced() -> Iterator[None]:
    """Take the coverage tracer off, for a test that bounds processor time; its lines are covered elsewhere."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.fixture
def slowness(untraced: None) -> float:
    """How many times longer this machine takes just now than the one the limits were set on; at least 1."""
    return max(1.0, min(_effort() for _ in range(3)) / 0.02)


def _effort() -> float:
    start = time.process_time()
    made = {f"k{number}": number for number in range(100_000)}
    spent = time.process_time() - start
    assert len(made) == 100_000
    return spent


@pytest.fixture
def connectors() -> None:
    """Skip where the kernel stands alone: effects and plugins that are not its own come with connectors."""
    for package in ("automata_http", "automata_files"):
        pytest.importorskip(package, reason="needs the connectors, and only the kernel is installed")


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """Make an own database on a PostgreSQL server, dropped after the module.

    AUTOMATA_TEST_POSTGRES names the server, which then must answer; without it, a local one is tried.
    """
    psycopg = pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    chosen = os.environ.get("AUTOMATA_TEST_POSTGRES")
    server = (chosen or "postgresql://postgres@127.0.0.1:5432/postgres").replace("+psycopg", "")
    try:
        admin = psycopg.connect(server, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if chosen:
            raise
        pytest.skip(f"no PostgreSQL server answers ({str(error).splitlines()[0]}); set AUTOMATA_TEST_POSTGRES")
    name = f"automata_test_{secrets.token_hex(6)}"
    admin.execute(f"CREATE DATABASE {name}")
    try:
        yield server.replace("postgresql://", "postgresql+psycopg://").rpartition("/")[0] + f"/{name}"
    finally:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.close()


def pytest_configure() -> None:
    """Refuse every way off the machine for the whole session; an audit hook cannot be undone by a test."""
    sys.addaudithook(_stay_on_this_machine)


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, str) and not _is_here(host):
        pytest.fail(f"A test tried to leave the machine: {host!r}; serve it from loopback", pytrace=True)


def _is_here(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
