"""The egress policy: what is public, what a URL may look like, what the operator opens."""

import json
from ipaddress import ip_address
from pathlib import Path

import pytest

from automata._core.egress import EgressPolicy, denied, parse_host, parse_target
from automata.errors import InvalidInput, InvalidSetting, PermissionDenied

CASES = json.loads((Path(__file__).parents[2] / "cases" / "egress_forms.json").read_text())


def check(policy, url, *addresses):
    target = parse_target(url)
    policy.check_port(target)
    found = [target.literal] if target.literal else [ip_address(a) for a in addresses]
    policy.check(target.host, target.port, found)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "192.0.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_public_addresses_are_open(address):
    assert denied(ip_address(address)) is None


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::1", "192.0.0.192",
        "192.88.99.1", "168.63.129.16", "224.0.0.1", "ff02::1", "5f00::1", "::ffff:8.8.8.8", "2001:2::1", "2001:20::1",
        "239.255.255.255", "0.0.0.0", "fd00:ec2::254", "fe80::1%eth0", "100::1", "4000::1", "1fff::1",
    ],
)  # fmt: skip
def test_addresses_python_may_call_global_are_denied(address):
    assert denied(ip_address(address))


def test_every_host_form_is_refused_as_text_or_as_address():
    for host in [h for group in CASES["hosts"].values() for h in group]:
        with pytest.raises((InvalidInput, PermissionDenied)):
            check(EgressPolicy(), f"http://{host}/", "127.0.0.1")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("HTTPS://Example.COM", "example.com", 443, "/"),
        ("http://example.com./a?b=c#d", "example.com", 80, "/a?b=c"),
        ("http://example.com?x=1", "example.com", 80, "/?x=1"),
        ("http://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example", 80, "/"),
        ("http://a_b.example:8080/%2e%2E/ü?q=é", "a_b.example", 8080, "/%2e%2E/%C3%BC?q=%C3%A9"),
        ("http://[2606:4700:0::1111]:443/x", "2606:4700::1111", 443, "/x"),
        ('http://example.com/a"<>^`{|}', "example.com", 80, "/a%22%3C%3E%5E%60%7B%7C%7D"),
    ],
)
def test_a_url_is_taken_apart(url, host, port, path):
    target = parse_target(url)

    assert (target.host, target.port, target.path) == (host, port, path)
    assert parse_target(target.url) == target


def test_the_host_header_keeps_brackets_and_leaves_out_the_default_port():
    assert parse_target("http://[2606:4700::1]:80/").authority == "[2606:4700::1]"
    assert parse_target("https://example.com:8443/").authority == "example.com:8443"


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("http://user:secret@example.com/", "user name or password"),
        ("ftp://example.com/", "must start with http"),
        ("http://example.com:0/", "port '0' is not a number from 1"),
        ("http://bücher.example/", "punycode"),
        ("http://2130706433/", "four decimal numbers"),
        ("http://[fe80::1%25lo]/", "zone"),
        ("http://example.com/a b", "percent-encode"),
        ("http://[::1/", "brackets"),
        ("http://[1::2::3]/", "brackets"),
        ("http:///x", "host is empty"),
        ("http://exa$mple.com/", "not a host name"),
    ],
)
def test_a_url_with_two_readings_is_refused(url, match):
    with pytest.raises(InvalidInput, match=match) as caught:
        parse_target(url)

    assert not caught.value.sent


def test_a_bad_url_does_not_repeat_its_query_or_password():
    for url in ("http://example.com:x/?key=hush", "http://me:hush@example.com/", "http://me:hush@exa mple.com/"):
        with pytest.raises(InvalidInput) as caught:
            parse_target(url)
        assert "hush" not in str(caught.value)


def test_one_denied_address_among_public_ones_refuses_the_host():
    with pytest.raises(PermissionDenied, match=r"Address 10\.0\.0\.1 of 'mixed\.example' is refused: it is private"):
        check(EgressPolicy(), "https://mixed.example/", "1.1.1.1", "10.0.0.1")


def test_the_refusal_names_the_entry_that_opens_it():
    for url, entry in [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://internal.example:8080/", "internal.example:8080"),
    ]:
        with pytest.raises(PermissionDenied) as caught:
            check(EgressPolicy(), url, "10.0.0.1")
        assert f"AUTOMATA_EGRESS_ALLOW={entry} " in str(caught.value)

        check(EgressPolicy.parse(entry), url, "10.0.0.1")


@pytest.mark.parametrize(
    ("allow", "url", "address"),
    [
        ("localhost", "http://localhost/", "127.0.0.1"),
        ("LocalHost.", "http://localhost./", "127.0.0.1"),
        ("127.0.0.1", "https://127.0.0.1/", ""),
        ("10.0.0.0/8", "http://erp.example/", "10.1.2.3"),
        ("10.0.0.0/8:8080", "http://erp.example:8080/", "10.1.2.3"),
        ("[fd00::/8]:8080", "http://[fd00::1]:8080/", ""),
        ("fd00::/8", "http://[fd00::1]/", ""),
        ("127.0.0.1:*", "http://127.0.0.1:5555/", ""),
        (" a.example , localhost:* ,", "http://localhost:5555/", "127.0.0.1"),
        ("api.example:8443", "https://api.example:8443/", "1.1.1.1"),
    ],
)
def test_an_entry_opens_what_it_names(allow, url, address):
    check(EgressPolicy.parse(allow), url, *filter(None, [address]))


@pytest.mark.parametrize(
    ("allow", "url", "address"),
    [
        ("localhost", "http://other.example/", "127.0.0.1"),
        ("localhost", "http://127.0.0.1/", ""),
        ("localhost", "http://sub.localhost/", "127.0.0.1"),
        ("localhost:8080", "http://localhost/", "127.0.0.1"),
        ("localhost", "http://localhost:8080/", "127.0.0.1"),
        ("127.0.0.1:8080", "http://127.0.0.1:8081/", ""),
        ("127.0.0.1", "http://[::ffff:127.0.0.1]/", ""),
        ("10.0.0.0/8", "http://erp.example/", "192.168.0.1"),
        ("10.0.0.0/8:8080", "http://api.example:8080/", "1.1.1.1"),
    ],
)
def test_an_entry_opens_nothing_else(allow, url, address):
    with pytest.raises(PermissionDenied):
        check(EgressPolicy.parse(allow), url, *filter(None, [address]))


def test_every_wrong_entry_is_reported_at_once():
    text = "*.example, 10.0.0.1/8, http://x, a:0, a:99999, 127.1, ok.example, [::1, 12, b:c:d"

    with pytest.raises(InvalidSetting) as caught:
        EgressPolicy.parse(text)

    message = str(caught.value)
    for entry in [e.strip() for e in text.split(",") if "ok" not in e]:
        assert f"entry {entry!r}: " in message
    assert "ok.example" not in message


@pytest.mark.parametrize("text", [None, "", " , "])
def test_no_entries_open_nothing(text):
    assert EgressPolicy.parse(text) == EgressPolicy()


def test_parse_host_refuses_a_name_that_is_too_long():
    with pytest.raises(ValueError, match="not a host name"):
        parse_host(".".join(["a" * 60] * 5))
