"""The guarded client, over real sockets on loopback."""

import asyncio
import gzip
import json
import sys
import threading
import time
import zlib
from itertools import product
from pathlib import Path

import pytest

from automata._core.egress import EgressPolicy
from automata._core.http import GuardedHttp, resolve_by_system
from automata.errors import InvalidInput, PermissionDenied, ProviderBroke, StepError, TimedOut, Transient
from automata.testing.http import Answer, HttpServer

CASES = json.loads((Path(__file__).parents[2] / "cases" / "egress_forms.json").read_text())


class Connects:
    """Counts every socket.connect of this thread while it is on."""

    def __init__(self):
        self.count = 0
        self.thread = None
        sys.addaudithook(self._hook)

    def _hook(self, event, _args):
        if event == "socket.connect" and self.thread == threading.get_ident():
            self.count += 1

    def __enter__(self):
        self.count, self.thread = 0, threading.get_ident()
        return self

    def __exit__(self, *_args):
        self.thread = None


CONNECTS = Connects()


class Names:
    """A resolver stub: names to lists of addresses, one list a call, the last one for good."""

    def __init__(self, answers=None, default=("127.0.0.1",)):
        self.answers = {name: list(lists) for name, lists in (answers or {}).items()}
        self.default = default
        self.calls = []

    async def __call__(self, host, _port):
        self.calls.append(host)
        lists = self.answers.get(host, [self.default])
        return lists.pop(0) if len(lists) > 1 else lists[0]


@pytest.fixture
def server():
    with HttpServer() as running:
        yield running


def send(*requests, allow="", resolve=resolve_by_system, **options):
    """Send requests one after the other with one client; the answers or errors."""

    async def run():
        outcomes = []
        async with GuardedHttp(EgressPolicy.parse(allow), resolve=resolve) as http:
            for method, url in requests:
                try:
                    outcomes.append(await http.request(method, url, **options))
                except StepError as error:
                    outcomes.append(error)
        return outcomes

    return asyncio.run(run())


def get(server, path, **options):
    [outcome] = send(("GET", server.url(path)), allow=server.authority, **options)
    return outcome


def raises(outcome, kind, *, sent, match):
    assert type(outcome) is kind, outcome
    assert outcome.sent is sent
    assert match in str(outcome)


def corpus(port):
    for scheme in ("http", "https"):
        for host in [h for group in CASES["hosts"].values() for h in group]:
            yield from (f"{scheme}://{host}{p}{path}" for p, path in product(("", f":{port}"), ("", "/", "/x?y=1")))
        yield from (url.replace("{s}", scheme) for url in CASES["urls"])


def test_no_form_of_an_internal_address_connects(server):
    urls = list(corpus(server.port))
    port_is_open_elsewhere = f"203.0.113.77:{server.port}"

    with CONNECTS:
        outcomes = send(*(("GET", u) for u in urls), allow=port_is_open_elsewhere, resolve=Names())

    reached = [u for u, o in zip(urls, outcomes, strict=True) if not isinstance(o, InvalidInput | PermissionDenied)]
    assert not reached
    assert len(urls) >= 1000
    assert CONNECTS.count == 0
    assert server.accepted == 0
    assert not any(o.sent for o in outcomes)


def test_the_count_of_connects_sees_one_that_is_allowed(server):
    server.answer("/", body="hello")

    with CONNECTS:
        answer = get(server, "/")

    assert answer.body == b"hello"
    assert (CONNECTS.count, server.accepted) == (1, 1)


def test_a_name_is_looked_up_once_and_its_address_pinned(server):
    server.answer("/", body="pinned")
    names = Names({"a.example": [("127.0.0.1",), ("10.0.0.1",)]})

    outcomes = send(*[("GET", f"http://a.example:{server.port}/")] * 2, allow=f"127.0.0.1:{server.port}", resolve=names)

    assert [o.body for o in outcomes] == [b"pinned", b"pinned"]
    assert names.calls == ["a.example"]
    assert server.requests[0].headers["host"] == f"a.example:{server.port}"


@pytest.mark.parametrize(
    "lists", [[("127.0.0.1",)], [("1.1.1.1", "127.0.0.1")], [("127.0.0.1", "1.1.1.1")], [("::1",)]]
)
def test_a_name_with_any_internal_address_is_refused(lists):
    names = Names({"rebind.example": lists})

    with CONNECTS:
        [outcome] = send(("GET", "http://rebind.example/"), resolve=names)

    raises(outcome, PermissionDenied, sent=False, match="is refused")
    assert CONNECTS.count == 0
    assert names.calls == ["rebind.example"]


def test_the_next_address_is_tried_when_one_does_not_answer(server):
    server.answer("/", body="second")
    names = Names({"two.example": [("::1", "127.0.0.1")]})

    [answer] = send(("GET", f"http://two.example:{server.port}/"), allow=f"two.example:{server.port}", resolve=names)

    assert answer.body == b"second"


@pytest.mark.parametrize("found", [(), ("not an address",)])
def test_a_resolver_without_a_usable_address_is_a_transient_failure(found):
    [outcome] = send(("GET", "http://a.example/"), resolve=Names(default=found))

    raises(outcome, Transient, sent=False, match="a.example")


def test_an_unknown_name_and_a_closed_port_were_not_sent():
    async def fail(host, port):
        raise OSError("no such host")

    with HttpServer() as server:
        closed = server.authority
    [unknown] = send(("GET", "http://a.example/"), resolve=fail)
    [refused] = send(("GET", f"http://{closed}/"), allow=closed)

    raises(unknown, Transient, sent=False, match="does not resolve")
    raises(refused, Transient, sent=False, match="failed")


def test_a_proxy_in_the_environment_is_ignored(server, monkeypatch):
    server.answer("/", body="direct")
    with HttpServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url())

        assert get(server, "/").body == b"direct"
        assert proxy.accepted == 0


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET\r\nX: y", "/", {}),
        ("GET /x HTTP/1.1\r\nX:", "/", {}),
        ("CONNECT", "/", {}),
        ("trace", "/", {}),
        ("", "/", {}),
        ("GET", "/a\r\nSET x y\r\n", {}),
        ("GET", "/a b", {}),
        ("GET", "/", {"X": "a\r\nY: b"}),
        ("GET", "/", {"X": "a\nb"}),
        ("GET", "/", {"X": "a\x00b"}),
        ("GET", "/", {"X": "ü"}),
        ("GET", "/", {"X\r\nY": "b"}),
        ("GET", "/", {"X Y": "b"}),
        ("GET", "/", {"Host": "internal"}),
        ("POST", "/", {"Transfer-Encoding": "chunked"}),
        ("POST", "/", {"content-length": "3"}),
        ("GET", "/", {f"X-{i}": "y" for i in range(101)}),
        ("GET", "/", {"X": "y" * 40_000}),
        ("GET", "/" + "a" * 20_000, {}),
    ],
)
def test_a_request_that_could_be_read_as_two_is_refused(server, method, path, headers):
    [outcome] = send((method, server.url(path)), allow=server.authority, headers=headers)

    assert type(outcome) is InvalidInput
    assert server.accepted == 0


@pytest.mark.parametrize("options", [{"timeout_s": 0}, {"redirects": 4}, {"redirects": -1}])
def test_options_out_of_range_are_refused(server, options):
    raises(get(server, "/", **options), InvalidInput, sent=False, match="must be")


def test_a_request_arrives_as_it_was_given(server):
    server.answer("/in", status=201, body="ok", headers={"X-Two": "b"})

    [answer] = send(
        ("post", server.url("/in?q=1")),
        allow=server.authority,
        headers={"X-One": " a ", "Accept": "text/plain"},
        body=b"data",
    )

    [received] = server.requests
    assert (received.method, received.path, received.body) == ("POST", "/in?q=1", b"data")
    assert (received.headers["x-one"], received.headers["accept"]) == ("a", "text/plain")
    assert received.headers["user-agent"].startswith("automata/")
    assert (answer.status, answer.headers["x-two"], answer.url) == (201, "b", server.url("/in?q=1"))


def test_cookies_are_not_kept(server):
    server.answer("/", headers={"Set-Cookie": "a=b"})

    send(*[("GET", server.url("/"))] * 2, allow=server.authority)

    assert "cookie" not in server.requests[1].headers


def test_a_body_beyond_the_limit_is_cut(server):
    server.answer("/", body=b"x" * 1001)

    raises(get(server, "/", max_bytes=1000), ProviderBroke, sent=True, match="announces 1001 bytes")
    assert len(get(server, "/", max_bytes=1001).body) == 1001


def chunked(server, path, data):
    pieces = [data[i : i + 4096] for i in range(0, len(data), 4096)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    server.raw(path, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed)


def test_a_body_that_does_not_announce_its_size_is_cut_too(server):
    chunked(server, "/", b"x" * 20_000)

    raises(get(server, "/", max_bytes=10_000), ProviderBroke, sent=True, match="larger than 10000 bytes")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "x-gzip"])
def test_a_compressed_body_is_given_plain(server, coding):
    data = (zlib.compress if coding == "deflate" else gzip.compress)(b"plain" * 100)
    server.answer("/", body=data, headers={"Content-Encoding": coding})

    answer = get(server, "/")

    assert answer.body == b"plain" * 100
    assert not {"content-encoding", "content-length"} & set(answer.headers)


def test_a_bomb_costs_no_more_than_the_limit(server):
    server.answer("/", body=gzip.compress(b"\0" * 200_000_000, 9), headers={"Content-Encoding": "gzip"})
    before = time.process_time()

    outcome = get(server, "/", max_bytes=1_000_000)

    raises(outcome, ProviderBroke, sent=True, match="larger than 1000000 bytes")
    assert time.process_time() - before < 2


@pytest.mark.parametrize(
    ("coding", "body", "match"),
    [
        ("gzip", b"not gzip", "not valid gzip"),
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)[:-10], "not valid gzip"),
        ("br", b"x", "was not asked for"),
        ("gzip, gzip", b"x", "was not asked for"),
    ],
)
def test_a_body_that_cannot_be_decompressed_is_the_providers_fault(server, coding, body, match):
    server.answer("/", body=body, headers={"Content-Encoding": coding})

    raises(get(server, "/"), ProviderBroke, sent=True, match=match)


def test_too_many_headers_are_the_providers_fault(server):
    server.answer("/", headers={f"x-{i}": "y" for i in range(300)})
    server.answer("/long", headers={"x": "y" * 60_000, "z": "y" * 60_000})

    raises(get(server, "/"), ProviderBroke, sent=True, match="headers")
    assert isinstance(get(server, "/long"), ProviderBroke)


def test_a_slow_body_ends_at_the_timeout(server):
    server.answer("/", body=b"x" * 1000, drip_s=0.05)

    raises(get(server, "/", timeout_s=0.3), TimedOut, sent=True, match="within 0.3 s")


def test_a_slow_lookup_ends_at_the_timeout_and_nothing_was_sent():
    async def hang(host, port):
        await asyncio.Event().wait()

    [outcome] = send(("POST", "http://a.example/"), resolve=hang, timeout_s=0.05)

    raises(outcome, TimedOut, sent=False, match="within 0.05 s")


@pytest.mark.parametrize(
    ("fault", "kind"), [("disconnect", Transient), ("garbage", ProviderBroke)], ids=["disconnect", "garbage"]
)
def test_a_server_that_breaks_off_may_have_done_its_work(server, fault, kind):
    server.answer("/", fail=1, fault=fault)
    server.answer("/cut", body=b"x" * 100, cut=True)

    raises(get(server, "/"), kind, sent=True, match="/")
    raises(get(server, "/cut"), Transient, sent=True, match="lost during the request")


def test_tls_to_a_server_without_it_fails_before_anything_is_sent(server):
    url = server.url("/").replace("http:", "https:")

    [outcome] = send(("POST", url), allow=server.authority)

    assert type(outcome) is Transient
    assert outcome.sent is False


def test_redirects_are_not_followed_unless_asked_for(server):
    server.answer("/", status=302, headers={"Location": "/next"})

    assert get(server, "/").status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("GET", 301, "GET"),
        ("POST", 302, "GET"),
        ("PUT", 303, "GET"),
        ("HEAD", 303, "HEAD"),
        ("POST", 307, "POST"),
        ("PUT", 308, "PUT"),
    ],
)
def test_a_redirect_is_followed_with_the_right_method(server, method, status, then):
    server.answer("/", status=status, headers={"Location": "next?a=b"})
    server.answer("/next", body="there")
    body = b"" if method in {"GET", "HEAD"} else b"data"

    [answer] = send((method, server.url("/")), allow=server.authority, redirects=1, body=body, headers={"X-Key": "k"})

    assert answer.url == server.url("/next?a=b")
    assert server.requests[1].method == then
    assert server.requests[1].body == (body if then == method else b"")
    assert server.requests[1].headers["x-key"] == "k"


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://10.0.0.1/", PermissionDenied),
        ("//169.254.169.254/latest", PermissionDenied),
        ("http://internal.example/", PermissionDenied),
        ("http://[::ffff:127.0.0.1]/", PermissionDenied),
        ("http://127.0.0.1:6379/", PermissionDenied),
        ("http://2130706433/", ProviderBroke),
        ("file:///etc/passwd", ProviderBroke),
        ("gopher://127.0.0.1/_x", ProviderBroke),
        ("ftp://127.0.0.1/", ProviderBroke),
        ("http://a@127.0.0.1/", ProviderBroke),
        ("/a\tb", ProviderBroke),
        ("/", ProviderBroke),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_somewhere_refused_stops_there(server, status, location, kind):
    server.answer("/", status=status, headers={"Location": location})

    [outcome] = send(("GET", server.url("/")), allow=server.authority, redirects=3, resolve=Names())

    assert type(outcome) is kind
    assert server.accepted == 1


def test_a_redirect_to_another_origin_takes_no_credentials_and_no_body(server):
    with HttpServer() as other:
        other.answer("/", body="other")
        server.answer("/", status=302, headers={"Location": other.url("/")})
        server.answer("/post", status=307, headers={"Location": other.url("/")})
        allow = f"{server.authority},{other.authority}"
        headers = {"Authorization": "Bearer t", "X-Api-Key": "k", "Cookie": "c=d", "Accept": "text/plain"}

        [answer] = send(("GET", server.url("/")), allow=allow, redirects=1, headers=headers)
        [refused] = send(("POST", server.url("/post")), allow=allow, redirects=1, body=b"secret")

        assert answer.body == b"other"
        assert not {"authorization", "x-api-key", "cookie"} & set(other.requests[0].headers)
        assert other.requests[0].headers["accept"] == "text/plain"
        raises(refused, PermissionDenied, sent=True, match="carry the body elsewhere")
        assert len(other.requests) == 1


def test_concurrent_requests_share_the_client(server):
    server.answer("/", body="x")

    async def run():
        http = GuardedHttp(EgressPolicy.parse(server.authority))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(http.request("GET", server.url("/"))) for _ in range(20)]
        await http.aclose()
        await http.aclose()
        return [task.result().status for task in tasks]

    assert asyncio.run(run()) == [200] * 20


def test_a_cancelled_request_ends_at_once(server):
    arrived = threading.Event()

    def hold(_request):
        arrived.set()
        return Answer(delay_s=30)

    server.handle("/", hold)

    async def run():
        async with GuardedHttp(EgressPolicy.parse(server.authority)) as http, asyncio.TaskGroup() as group:
            task = group.create_task(http.request("GET", server.url("/")))
            await asyncio.to_thread(arrived.wait, 10)
            task.cancel()
        return task.cancelled()

    assert asyncio.run(run())
