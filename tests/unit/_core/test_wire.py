"""What goes over the wire: framing, and the words failures are said in."""

import asyncio
import ssl

import pytest

from automata._core.egress import EgressPolicy, parse_target
from automata._core.wire import Exchange, PinnedBackend, Progress, Wire
from automata.errors import InvalidInput, ProviderBroke
from automata.testing.http import HttpServer


def exchange(url, method="GET", headers=(), body=b""):
    return Exchange(method, parse_target(url), tuple(headers), body, 1000)


async def unreachable(host, port):
    raise AssertionError("no lookup expected")


def send(request, allow):
    async def run():
        backend = PinnedBackend(EgressPolicy.parse(allow), unreachable)
        wire = Wire(backend, ssl_context=ssl.create_default_context(), max_connections=1)
        try:
            return await wire.send(request, Progress())
        finally:
            await wire.aclose()

    return asyncio.run(run())


def test_a_body_is_framed_by_its_length_even_when_it_is_empty():
    assert ("Content-Length", "0") in exchange("http://a.example/", "POST").framed()
    assert ("Content-Length", "2") in exchange("http://a.example/", "DELETE", body=b"ab").framed()
    assert "Content-Length" not in dict(exchange("http://a.example/").framed())


def test_the_callers_headers_take_the_place_of_defaults():
    framed = exchange("http://[2606:4700::1]:8080/", headers=[("user-agent", "mine")]).framed()

    assert [v for n, v in framed if n.lower() == "user-agent"] == ["mine"]
    assert dict(framed)["Host"] == "[2606:4700::1]:8080"


def test_an_address_is_connected_to_without_a_lookup():
    with HttpServer() as server:
        server.answer("/", body="x")

        answer = send(exchange(server.url("/")), server.authority)

    assert answer.body == b"x"


def test_repeated_headers_are_joined():
    with HttpServer() as server:
        server.raw("/", b"HTTP/1.1 200 OK\r\nX: a\r\nx: b\r\nContent-Length: 0\r\n\r\n")

        assert send(exchange(server.url("/")), server.authority).headers["x"] == "a, b"


def test_an_answer_with_two_lengths_is_refused():
    with HttpServer() as server:
        server.raw("/", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy")

        with pytest.raises(ProviderBroke, match="is not HTTP"):
            send(exchange(server.url("/")), server.authority)


def test_a_request_the_library_refuses_is_the_callers_fault():
    with HttpServer() as server, pytest.raises(InvalidInput, match="not valid HTTP"):
        send(exchange(server.url("/"), headers=[("X", "a\nb")]), server.authority)
