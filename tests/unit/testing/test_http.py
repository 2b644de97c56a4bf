"""The loopback server, asked with a client of the standard library."""

import http.client

import pytest

from automata.testing.http import Answer, HttpServer


def ask(server, path, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_failures_come_first_and_as_many_as_said():
    with HttpServer() as server:
        server.answer("/", json={"a": 1}, fail=2, fault=500)

        assert [ask(server, "/")[0] for _ in range(3)] == [500, 500, 200]
        assert len(server.requests) == server.accepted == 3


def test_a_route_may_depend_on_method_and_request():
    with HttpServer() as server:
        server.answer("/x", method="GET", body="got")
        server.handle(
            "/x", lambda request: Answer(status=201, body=str(request.json()["n"] + 1).encode()), method="POST"
        )

        assert ask(server, "/x?q=1") == (200, b"got")
        assert ask(server, "/x", "POST", b'{"n": 1}') == (201, b"2")
        assert ask(server, "/y")[0] == 404


def test_the_port_is_known_only_while_it_runs():
    with pytest.raises(RuntimeError, match="with statement"):
        _ = HttpServer().port
    with HttpServer() as server:
        assert server.authority == f"127.0.0.1:{server.port}"


def test_stopping_does_not_wait_for_a_slow_answer():
    with HttpServer() as server:
        server.answer("/", delay_s=60)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/")
    connection.close()
