"""One HTTP/1.1 exchange over checked and pinned addresses. The only module that imports the HTTP library.

The check sits where the connection is made, below pool, redirects and TLS: nothing above it can connect unchecked.
Imported by `http` at the first request; must know nothing of redirects, retries or connectors.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address

import httpcore2  # noqa: TID251 - the one place
from attrs import define, frozen

from automata._core.egress import Address, EgressPolicy, Target
from automata._version import __version__
from automata.errors import InvalidInput, ProviderBroke, StepError, Transient
from automata.ports import HttpResponse

MAX_ATTEMPTED = 4
"""Addresses of one host tried before giving up."""

MAX_RESPONSE_HEADERS = 256
"""Header lines accepted in an answer."""

MAX_RESPONSE_HEADER_BYTES = 64 * 1024
"""Bytes of all header lines accepted; the library stops reading an endless one."""


USER_AGENT = f"automata/{__version__}"
"""Sent unless the caller names another."""


@frozen
class Exchange:
    """One request, ready to send."""

    method: str
    target: Target
    headers: tuple[tuple[str, str], ...]
    body: bytes
    max_bytes: int
    """Largest answer body, counted after decompression."""

    @property
    def has_body(self) -> bool:
        """Whether a body is sent, be it an empty one."""
        return bool(self.body) or self.method in {"POST", "PUT", "PATCH"}

    def framed(self) -> tuple[tuple[str, str], ...]:
        """The headers as they go out: the caller's, behind the ones that frame the message."""
        given = {name.lower() for name, _value in self.headers}
        defaults = [("Accept", "*/*"), ("User-Agent", USER_AGENT), ("Accept-Encoding", "gzip, deflate")]
        frame = [("Host", self.target.authority)]
        if self.has_body:
            frame.append(("Content-Length", str(len(self.body))))
        return (*frame, *((n, v) for n, v in defaults if n.lower() not in given), *self.headers)


@define
class Progress:
    """How far a request came; says whether its effect may have happened."""

    sent: bool = False

    async def trace(self, event: str, _info: Mapping[str, object]) -> None:
        """Take the library's word that the first byte is about to be written."""
        if event == "http11.send_request_headers.started":
            self.sent = True


class PinnedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses it has looked up once and had checked; the name never reaches the system again."""

    def __init__(self, policy: EgressPolicy, resolve: Callable[[str, int], Awaitable[Sequence[str]]]) -> None:
        self._policy = policy
        self._resolve = resolve
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve, check every address, then connect to the first that answers.

        Raises:
            PermissionDenied: One of the addresses may not be reached.
            httpcore2.ConnectError: The name does not resolve, or no address answers.
        """
        addresses = await self._lookup(host, port)
        self._policy.check(host, port, addresses)
        failure: Exception | None = None
        for address in addresses[:MAX_ATTEMPTED]:
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"Host {host!r} has no address")

    async def _lookup(self, host: str, port: int) -> list[Address]:
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        try:
            return [ip_address(text) for text in await self._resolve(host, port)]
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"Host {host!r} does not resolve") from error
        except ValueError as error:
            raise httpcore2.ConnectError(f"Host {host!r} resolves to something that is no address") from error


class Wire:
    """A pool of connections; belongs to one event loop."""

    def __init__(self, backend: PinnedBackend, *, ssl_context: ssl.SSLContext | None, max_connections: int) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context or httpcore2.default_ssl_context(),
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=15.0,
            network_backend=backend,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def send(self, exchange: Exchange, progress: Progress) -> HttpResponse:
        """Send one request and read the whole answer, following nothing.

        Raises:
            StepError: One of those `ports.Http.request` names, time apart.
        """
        target = exchange.target
        url = httpcore2.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        headers = [(name.encode(), value.encode()) for name, value in exchange.framed()]
        content = exchange.body if exchange.has_body else None
        with _errors(target, progress):
            async with self._pool.stream(
                exchange.method, url, headers=headers, content=content, extensions={"trace": progress.trace}
            ) as response:
                received = _headers(response.headers, target)
                body = await _read(response.aiter_stream(), received, exchange)
        return HttpResponse(status=response.status, headers=received, body=body, url=target.url)


def _headers(raw: Sequence[tuple[bytes, bytes]], target: Target) -> dict[str, str]:
    """Names in lower case, values as Latin-1 (RFC 9110, section 5.5), repeated ones joined."""
    size = sum(len(name) + len(value) for name, value in raw)
    if len(raw) > MAX_RESPONSE_HEADERS or size > MAX_RESPONSE_HEADER_BYTES:
        raise ProviderBroke(
            f"Answer of {target.place!r} has {len(raw)} headers of {size} bytes; "
            f"{MAX_RESPONSE_HEADERS} of {MAX_RESPONSE_HEADER_BYTES} are accepted"
        )
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _read(chunks: AsyncIterable[bytes], headers: dict[str, str], exchange: Exchange) -> bytes:
    """The body, decompressed; drops the headers that describe what came over the wire and no longer hold.

    Raises:
        ProviderBroke: It is larger than allowed, or compressed in a way that was not asked for, or badly.
    """
    place, limit = exchange.target.place, exchange.max_bytes
    announced = headers.get("content-length", "")
    if exchange.method != "HEAD" and announced.isdecimal() and int(announced) > limit:
        raise ProviderBroke(f"Answer of {place!r} announces {announced} bytes; {limit} are accepted")
    inflate = _inflater(headers.get("content-encoding", ""), place)
    body = bytearray()
    try:
        async for chunk in chunks:
            body += chunk if inflate is None else inflate(chunk, limit + 1 - len(body))
            if len(body) > limit:
                raise ProviderBroke(f"Answer of {place!r} is larger than {limit} bytes")
        if inflate is not None and body:
            inflate.finish()
    except zlib.error as error:
        raise ProviderBroke(f"Answer of {place!r} is not valid {headers['content-encoding']}") from error
    if inflate is not None:
        headers.pop("content-encoding")
        headers.pop("content-length", None)
    return bytes(body)


class _Inflater:
    """Decompresses up to a limit and not one byte more, so that a bomb costs what a body may cost."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: gzip or zlib, by their first bytes

    def __call__(self, data: bytes, limit: int) -> bytes:
        """The plain form of *data*, cut at *limit* bytes."""
        return self._decoder.decompress(data, limit)

    def finish(self) -> None:
        """Raise zlib.error unless the stream came to its end."""
        if not self._decoder.eof:
            raise zlib.error("incomplete stream")


def _inflater(coding: str, place: str) -> _Inflater | None:
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise ProviderBroke(f"Answer of {place!r} is encoded as {coding[:40]!r}, which was not asked for")
    return _Inflater()


@contextmanager
def _errors(target: Target, progress: Progress) -> Iterator[None]:
    """Say the library's failures in the words of the tree."""
    try:
        yield
    except httpcore2.LocalProtocolError as error:
        raise InvalidInput(f"Request to {target.place!r} is not valid HTTP: {error}", sent=progress.sent) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, ssl.SSLError) as error:
        raise _failure(error, target, progress) from error


def _failure(error: Exception, target: Target, progress: Progress) -> StepError:
    place, sent = target.place, progress.sent
    if certificate := _certificate_error(error):
        return ProviderBroke(f"Certificate of {target.host!r} is not valid: {certificate}", sent=sent)
    if isinstance(error, httpcore2.ProtocolError) and not _hung_up(error):
        return ProviderBroke(f"Answer of {place!r} is not HTTP: {error}", sent=sent)
    what = "Connection to" if not sent else "Connection was lost during the request to"
    why = f": {error}" if str(error) else ""
    return Transient(f"{what} {place!r} failed{why}" if not sent else f"{what} {place!r}{why}", sent=sent)


def _hung_up(error: Exception) -> bool:
    """Whether the far side went away; the library has no class of its own for it."""
    return "disconnected" in str(error) or "closed connection" in str(error)


def _certificate_error(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return None
