"""The way out of the process: HTTP with checked addresses and a bound on time and size. Implements `ports.Http`.

Here a request is checked, timed and led through redirects; `wire` sends it. Never reads a proxy, a cookie or a password
from the environment. Nothing of the HTTP library is imported before the first request.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import urljoin

from attrs import evolve

from automata._core.egress import EgressPolicy, Target, parse_target
from automata.errors import InvalidInput, PermissionDenied, ProviderBroke, TimedOut
from automata.ports import HttpResponse

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from automata._core.wire import Exchange, Progress, Wire

Resolver: TypeAlias = "Callable[[str, int], Awaitable[Sequence[str]]]"
"""Looks a host up: (host, port) to addresses as text; raises OSError when there are none."""

MAX_BYTES = 10 * 1024 * 1024
"""Largest answer body accepted by default, counted after decompression."""

MAX_REDIRECTS = 3
"""Most redirects a request may ask to follow."""

MAX_CONNECTIONS = 100
"""Connections of one client at a time; further requests wait within their timeout."""


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Look *host* up as the system does, in the system's order of preference; awaits, raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedHttp:
    """The HTTP client every connector gets; one for each event loop, closed at the end.

    Example::

        async with GuardedHttp(EgressPolicy.parse(setting)) as http:
            answer = await http.request("GET", "https://api.example.com/orders")
    """

    def __init__(
        self,
        policy: EgressPolicy | None = None,
        *,
        resolve: Resolver = resolve_by_system,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy or EgressPolicy()
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._wire: Wire | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections; a later request opens new ones."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.aclose()

    async def request(  # noqa: PLR0913 - the keywords are the port's
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 30.0,
        max_bytes: int = MAX_BYTES,
        redirects: int = 0,
    ) -> HttpResponse:
        """Send one request; see `ports.Http.request` for what is raised.

        Args:
            method: A token such as ``GET``; ``CONNECT`` and ``TRACE`` are refused.
            url: http or https, in the strict spelling `parse_target` accepts.
            headers: Names to values, ASCII, one line each; those that frame the message are refused.
            body: Sent as it is.
            timeout_s: For everything together: lookup, connection, redirects, the last byte of the answer.
            max_bytes: Largest answer body, counted after decompression.
            redirects: How many to follow, at most 3. Each hop is checked like a first request; from https to http is
                refused; to another origin only ``Accept``, ``Accept-Language`` and ``Content-Type`` go along, and no
                body.
        """
        exchange = _exchange(method, url, headers or {}, body, max_bytes)
        if not 0 <= redirects <= MAX_REDIRECTS:
            raise InvalidInput(f"Number of redirects must be 0 to {MAX_REDIRECTS}, not {redirects}", sent=False)
        if timeout_s <= 0:
            raise InvalidInput(f"Timeout must be above 0 seconds, not {timeout_s}", sent=False)
        progress = self._open_progress()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(exchange, progress, redirects)
        except TimeoutError as error:
            raise TimedOut(
                f"No whole answer of {exchange.target.place!r} within {timeout_s:g} s", sent=progress.sent
            ) from error

    async def _follow(self, exchange: Exchange, progress: Progress, redirects: int) -> HttpResponse:
        for left in range(redirects, -1, -1):
            self._policy.check_port(exchange.target)
            answer = await self._open_wire().send(exchange, progress)
            location = answer.headers.get("location")
            if redirects == 0 or answer.status not in _REDIRECTS or location is None:
                return answer
            if left:
                exchange = _next(exchange, answer.status, location)
        raise ProviderBroke(f"More than {redirects} redirects, the last from {exchange.target.place!r}")

    def _open_wire(self) -> Wire:
        if self._wire is None:
            from automata._core.wire import PinnedBackend, Wire

            backend = PinnedBackend(self._policy, self._resolve)
            self._wire = Wire(backend, ssl_context=self._ssl_context, max_connections=MAX_CONNECTIONS)
        return self._wire

    @staticmethod
    def _open_progress() -> Progress:
        from automata._core.wire import Progress

        return Progress()


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_MAX_HEADERS = 100
_MAX_HEADER_BYTES = 32 * 1024
_MAX_TARGET = 16 * 1024
_FRAMING = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRAVELS = frozenset({"accept", "accept-language", "content-type"})


def _exchange(method: str, url: str, headers: Mapping[str, str], body: bytes, max_bytes: int) -> Exchange:
    """Check every part of a request before any of it is sent."""
    from automata._core.wire import Exchange

    verb = method.upper()
    if not _TOKEN.fullmatch(method) or verb in _REFUSED_METHODS:
        raise InvalidInput(f"Method {method[:40]!r} is not allowed", sent=False)
    target = parse_target(url)
    if len(target.path) > _MAX_TARGET:
        raise InvalidInput(f"URL is longer than {_MAX_TARGET} characters", sent=False)
    return Exchange(verb, target, _checked_headers(headers), body, max_bytes)


def _checked_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise InvalidInput(f"Header name {name[:80]!r} is not a token", sent=False)
        if name.lower() in _FRAMING:
            raise InvalidInput(f"Header {name!r} is set by the client itself; leave it out", sent=False)
        if not _VALUE.fullmatch(value):
            raise InvalidInput(
                f"Value of header {name!r} has a line break or another character not allowed", sent=False
            )
    if len(headers) > _MAX_HEADERS or sum(len(n) + len(v) for n, v in headers.items()) > _MAX_HEADER_BYTES:
        raise InvalidInput(f"Headers are more than {_MAX_HEADERS} or {_MAX_HEADER_BYTES} bytes", sent=False)
    return tuple((name, value.strip()) for name, value in headers.items())


def _next(exchange: Exchange, status: int, location: str) -> Exchange:
    """The request a redirect asks for (RFC 9110, section 15.4), without what must not travel."""
    before = exchange.target
    try:
        after = parse_target(_absolute(before, location))
    except InvalidInput as error:
        raise ProviderBroke(f"Redirect from {before.place!r} leads nowhere: {error}") from error
    if before.scheme == "https" and after.scheme == "http":
        raise PermissionDenied(f"Redirect from {before.place!r} to {after.place!r} would drop the encryption")
    method, body, headers = exchange.method, exchange.body, exchange.headers
    if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):  # noqa: PLR2004 - status codes
        method, body = "GET", b""
        headers = tuple((n, v) for n, v in headers if n.lower() != "content-type")
    if after.origin != before.origin:
        if body:
            raise PermissionDenied(f"Redirect from {before.place!r} to {after.place!r} would carry the body elsewhere")
        headers = tuple((n, v) for n, v in headers if n.lower() in _TRAVELS)
    return evolve(exchange, method=method, target=after, headers=headers, body=body)


def _absolute(base: Target, location: str) -> str:
    """The URL a ``Location`` names; urljoin would silently remove line breaks and tabs, so those are refused first."""
    if not _VALUE.fullmatch(location) or "\t" in location:
        raise InvalidInput("Location has characters not allowed")
    return urljoin(base.url, location)
