"""A small real HTTP server on loopback, for tests and examples: programmed answers, faults, delays, slow bodies.

Standard library only; runs in a thread of its own. Never use it to serve anything to anyone.

Example::

    with HttpServer() as server:
        server.answer("/orders", json=[{"id": 1}], fail=2)  # two times 503, then the list
        server.url("/orders")  # http://127.0.0.1:PORT/orders
"""

from __future__ import annotations

import json as jsonlib
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from attrs import field, frozen

if TYPE_CHECKING:
    from types import TracebackType

    from automata.model import Json

Fault: TypeAlias = "int | Literal['disconnect', 'garbage']"
"""What an injected failure does: answer with that status, hang up without an answer, or answer with no HTTP."""


@frozen(kw_only=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return jsonlib.loads(self.body)


@frozen(kw_only=True)
class Answer:
    """What is sent back."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""
    delay_s: float = 0.0
    """Wait before the status line."""
    drip_s: float = 0.0
    """Wait after each byte of the body: a slow sender."""
    cut: bool = False
    """Announce the whole body, send half of it, hang up."""
    raw: bytes | None = None
    """Sent in the place of everything else, status line included; then the connection is closed."""


Handler: TypeAlias = "Callable[[Received], Answer]"


class HttpServer:
    """A server on a free port of 127.0.0.1, started by ``with``.

    Attributes:
        requests: Every request received, in order of arrival; injected failures included.
        accepted: Connections accepted so far.
    """

    def __init__(self, *, port: int = 0) -> None:
        """Prepare a server on *port*; 0 for a free one."""
        self.requests: list[Received] = []
        self.accepted = 0
        self._wanted_port = port
        self._routes: dict[tuple[str, str], Handler] = {}
        self._faults: dict[tuple[str, str], list[Fault]] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("HttpServer is not running; use it in a with statement")
        return int(self._server.server_address[1])

    @property
    def authority(self) -> str:
        """``127.0.0.1:port``: the entry for ``AUTOMATA_EGRESS_ALLOW``."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        """The URL of *path* on this server."""
        return f"http://{self.authority}{path}"

    def answer(  # noqa: PLR0913 - keywords, each with a default
        self,
        path: str,
        *,
        method: str = "*",
        status: int = 200,
        json: Json | None = None,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        fail: int = 0,
        fault: Fault = 503,
        delay_s: float = 0.0,
        drip_s: float = 0.0,
        cut: bool = False,
    ) -> None:
        """Answer requests for *path* (its query ignored) this way.

        Args:
            path: Exact path.
            method: Only for this method; ``*`` for any.
            status: Of the answer.
            json: Body as JSON; sets the content type.
            body: Body as it is; a string is sent as UTF-8 text.
            headers: More headers.
            fail: The first so many requests meet *fault* instead.
            fault: A status, ``disconnect`` or ``garbage``.
            delay_s: Seconds before the answer.
            drip_s: Seconds between the bytes of the body.
            cut: Hang up in the middle of the body.
        """
        content, kind = _content(json, body)
        sent = {"content-type": kind, **{k.lower(): v for k, v in (headers or {}).items()}}
        fixed = Answer(status=status, headers=sent, body=content, delay_s=delay_s, drip_s=drip_s, cut=cut)
        self.handle(path, lambda _request: fixed, method=method, fail=fail, fault=fault)

    def handle(self, path: str, handler: Handler, *, method: str = "*", fail: int = 0, fault: Fault = 503) -> None:
        """Answer requests for *path* with what *handler* returns; it runs in a thread of the server."""
        with self._lock:
            self._routes[method, path] = handler
            self._faults[method, path] = [fault] * fail

    def raw(self, path: str, data: bytes) -> None:
        """Answer requests for *path* with these bytes, status line included, and hang up."""
        self.handle(path, lambda _request: Answer(raw=data))

    def _take(self, request: Received) -> Answer | Fault:
        """What *request* gets: the next fault of its route, else the route's answer, else 404."""
        path = request.path.partition("?")[0]
        with self._lock:
            self.requests.append(request)
            key = next((k for k in ((request.method, path), ("*", path)) if k in self._routes), None)
            if key is None:
                return Answer(status=404, body=b"no such path")
            if self._faults[key]:
                return self._faults[key].pop(0)
            handler = self._routes[key]
        return handler(request)

    def _count(self) -> None:
        with self._lock:
            self.accepted += 1

    def _pause(self, seconds: float) -> bool:
        """Wait, but not beyond the end of the server; returns whether the server goes on."""
        return not self._stop.wait(seconds)


def _content(json: Json | None, body: bytes | str) -> tuple[bytes, str]:
    if json is not None:
        return jsonlib.dumps(json).encode(), "application/json"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return body, "application/octet-stream"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: HttpServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", owner._wanted_port), _Connection)  # noqa: SLF001 - one module, two classes

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients of these tests hang up on purpose."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 10

    def setup(self) -> None:
        super().setup()
        self.server.owner._count()  # noqa: SLF001 - one module, two classes

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay off stderr."""

    def handle_one_request(self) -> None:
        """Read one request of any method and answer it."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        length = int(self.headers.get("content-length") or 0)
        received = Received(
            method=self.command,
            path=self.path,
            headers={k.lower(): v for k, v in self.headers.items()},
            body=self.rfile.read(length),
        )
        outcome = self.server.owner._take(received)  # noqa: SLF001 - one module, two classes
        if isinstance(outcome, int):
            outcome = Answer(status=outcome, headers={"content-type": "text/plain"}, body=b"injected failure")
        if isinstance(outcome, Answer):
            self._send(outcome)
            return
        self.close_connection = True
        if outcome == "garbage":
            self.wfile.write(b"this is not HTTP\r\n\r\n")

    def _send(self, answer: Answer) -> None:
        if answer.delay_s and not self._wait(answer.delay_s):
            return
        if answer.raw is not None:
            self.wfile.write(answer.raw)
            self.close_connection = True
            return
        self.send_response(answer.status)
        headers = {"content-length": str(len(answer.body)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.cut:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        elif answer.drip_s:
            self._drip(answer)
        else:
            self.wfile.write(answer.body)

    def _drip(self, answer: Answer) -> None:
        for i in range(len(answer.body)):
            self.wfile.write(answer.body[i : i + 1])
            if not self._wait(answer.drip_s):
                return

    def _wait(self, seconds: float) -> bool:
        goes_on = self.server.owner._pause(seconds)  # noqa: SLF001 - one module, two classes
        self.close_connection = self.close_connection or not goes_on
        return goes_on
