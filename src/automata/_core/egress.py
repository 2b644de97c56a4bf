"""Where the process may connect to: strict URLs, denied addresses, and what the operator opened. Pure, no I/O.

The rule is closed by default: an address must be a public unicast one, on port 80 or 443, unless an entry of
``AUTOMATA_EGRESS_ALLOW`` opens it. ``ipaddress.is_global`` is not asked: it calls NAT64, 6to4 and several
metadata addresses global.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import quote

from attrs import field, frozen

from automata.errors import InvalidInput, InvalidSetting, PermissionDenied

Address: TypeAlias = "IPv4Address | IPv6Address"
Network: TypeAlias = "IPv4Network | IPv6Network"

EGRESS_ALLOW = "AUTOMATA_EGRESS_ALLOW"
"""The setting a policy is read from."""

WEB_PORTS = frozenset({80, 443})
"""Ports that need no entry of their own."""


@frozen
class Target:
    """A URL taken apart: what to connect to and what to ask for."""

    scheme: str
    host: str
    """Lower case, without brackets or a final dot."""
    port: int
    path: str
    """Request target: path and query, percent-encoded, never empty."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two URLs must share for credentials to go along."""
        return (self.scheme, self.host, self.port)

    @property
    def literal(self) -> Address | None:
        """The address, when the host is one."""
        return _literal(self.host)

    @property
    def authority(self) -> str:
        """Host and port as the ``Host`` header wants them (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in its normal form."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def place(self) -> str:
        """The URL without its query, fit for messages: queries hold keys."""
        return self.url.partition("?")[0]


@frozen
class Opening:
    """One entry of the allow list: a host name or a network, with a port, ``*`` (None) or the web ports."""

    host: str | None
    network: Network | None
    ports: frozenset[int] | None
    """None opens every port."""

    def admits(self, host: str, address: Address, port: int) -> bool:
        """Whether this entry opens *address*, found under *host*, at *port*."""
        if self.ports is not None and port not in self.ports:
            return False
        if self.network is not None:
            return address.version == self.network.version and address in self.network
        return host == self.host

    def may_admit(self, host: str, port: int) -> bool:
        """Whether it could open *host* at *port*, before the name is looked up."""
        if self.ports is not None and port not in self.ports:
            return False
        return self.network is not None or host == self.host


@frozen
class EgressPolicy:
    """What may be reached. The default policy opens nothing but public addresses on the web ports."""

    openings: tuple[Opening, ...] = field(default=())

    @classmethod
    def parse(cls, text: str | None) -> EgressPolicy:
        """Read the value of ``AUTOMATA_EGRESS_ALLOW``.

        An entry is a host name, an IP address or a network (``10.0.0.0/8``), each with an optional ``:port``; IPv6
        with a port goes in brackets (``[::1]:8080``). Without a port an entry opens 80 and 443, with ``:*`` every port.
        A name opens that host, whatever it resolves to.

        Raises:
            InvalidSetting: Naming every wrong entry.
        """
        entries = [entry.strip() for entry in (text or "").split(",")]
        openings, mistakes = [], []
        for entry in filter(None, entries):
            try:
                openings.append(_opening(entry))
            except ValueError as error:
                mistakes.append(f"entry {entry!r}: {error}")
        if mistakes:
            raise InvalidSetting(f"Setting {EGRESS_ALLOW} is wrong: {'; '.join(mistakes)}")
        return cls(tuple(openings))

    def check_port(self, target: Target) -> None:
        """Refuse a port that no lookup could make good.

        Raises:
            PermissionDenied: No entry opens the port for this host.
        """
        if target.port in WEB_PORTS or any(o.may_admit(target.host, target.port) for o in self.openings):
            return
        raise PermissionDenied(
            f"Port {target.port} of {target.host!r} is not open; ports 80 and 443 are, "
            f"set {EGRESS_ALLOW}={_entry(target.host, target.port)} to open this one",
            details={"host": target.host, "port": target.port, "setting": EGRESS_ALLOW},
            sent=False,
        )

    def check(self, host: str, port: int, addresses: Sequence[Address]) -> None:
        """Refuse a host if any one of its addresses may not be reached.

        One bad address among good ones refuses the whole: which of them is taken would be chance, or the choice of
        whoever runs the name server.

        Raises:
            PermissionDenied: Naming the address, why, and the entry that would open it.
        """
        for address in addresses:
            if any(opening.admits(host, address, port) for opening in self.openings):
                continue
            reason = denied(address) or (None if port in WEB_PORTS else f"port {port} is not open")
            if reason is None:
                continue
            found = f"Address {address}" if str(address) == host else f"Address {address} of {host!r}"
            raise PermissionDenied(
                f"{found} is refused: {reason}; set {EGRESS_ALLOW}={_entry(host, port)} to open it",
                details={"host": host, "port": port, "address": str(address), "setting": EGRESS_ALLOW},
                sent=False,
            )


def denied(address: Address) -> str | None:
    """Return why *address* is not a public unicast one, or None when it is.

    Sources: IANA special-purpose address registries (RFC 6890 and its updates), RFC 6052 (NAT64), RFC 3056 (6to4),
    and the metadata addresses of cloud providers that lie in public space.
    """
    if isinstance(address, IPv6Address):
        if address not in _IPV6_UNICAST:
            return "it is an IPv6 address outside 2000::/3 (loopback, private, link-local, mapped or translated)"
        return next((f"it is {why}" for network, why in _DENIED_V6 if address in network), None)
    return next((f"it is {why}" for network, why in _DENIED_V4 if address in network), None)


def parse_target(url: str) -> Target:
    """Take *url* apart, accepting one spelling only.

    Everything parsers disagree about is refused: user names, numbers for hosts, percent signs and non-ASCII characters
    in hosts, backslashes, spaces and control characters anywhere. A fragment is dropped. Non-ASCII characters in path
    and query are percent-encoded as UTF-8.

    Raises:
        InvalidInput: Saying what is wrong; the query is never repeated in the message.
    """
    if found := _FORBIDDEN.search(url):
        raise _bad_url(url, f"character {found.group()!r} is not allowed; percent-encode it")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in {"http", "https"}:
        raise _bad_url(url, "it must start with http:// or https://")
    end = next((i for i, c in enumerate(rest) if c in "/?#"), len(rest))
    authority, tail = rest[:end], rest[end:].partition("#")[0]
    if "@" in authority:
        raise InvalidInput("URL holds a user name or password; give the node a connection instead", sent=False)
    host, port = _authority(url, authority, 443 if scheme == "https" else 80)
    path = tail if tail.startswith("/") else "/" + tail
    return Target(scheme, host, port, quote(path, safe=_PATH_SAFE, errors="strict"))


def parse_host(text: str) -> str:
    """Check one host and return its normal form: lower case, no brackets, no final dot.

    Raises:
        ValueError: With the reason as a sentence part.
    """
    if not text:
        raise ValueError("the host is empty")
    if text.startswith("["):
        return _ipv6(text)
    if not text.isascii():
        raise ValueError("the host has non-ASCII characters; write it in punycode (xn--...)")
    host = text.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > _MAX_HOST:
        raise ValueError(f"{text!r} is not a host name")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _ipv4(host)
    return host


_MAX_HOST = 253
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\xad\\\u2000-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufeff\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_MAX_PORT = 65535
_PATH_SAFE = "/?:@!$&'()*+,;=-._~%[]"

_IPV6_UNICAST = IPv6Network("2000::/3")

_DENIED_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this host on this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carriers, and some clouds' metadata"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's internal service"),
        ("169.254.0.0/16", "link-local, where clouds serve metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols, and some clouds' metadata"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved or broadcast"),
    )
)

_DENIED_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), why)
    for network, why in (
        ("2001::/23", "reserved for protocols (Teredo, benchmarks, ORCHID)"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "6to4, which carries an IPv4 address"),
        ("3fff::/20", "for documentation"),
    )
)


def _bad_url(url: str, why: str) -> InvalidInput:
    address = re.split(r"[?#]", url, maxsplit=1)[0]
    shown = re.sub(r"//.*@", "//***@", address, flags=re.DOTALL)[:200]
    return InvalidInput(f"URL {shown!r} is not usable: {why}", sent=False)


def _authority(url: str, authority: str, default: int) -> tuple[str, int]:
    try:
        host, port = _split_port(authority)
        return parse_host(host), default if port is None else _port(port)
    except ValueError as error:
        raise _bad_url(url, str(error)) from error


def _split_port(text: str) -> tuple[str, str | None]:
    """``host[:port]`` in two; None when there is no colon after the host."""
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is not an IPv6 address in brackets")
        return host + bracket, rest[1:] if rest else None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _port(text: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > _MAX_PORT:
        raise ValueError(f"port {text!r} is not a number from 1 to {_MAX_PORT}")
    return int(text)


def _ipv6(text: str) -> str:
    inner = text[1:-1]
    if "%" in inner:
        raise ValueError("an IPv6 zone is not allowed")
    try:
        return str(IPv6Address(inner))
    except ValueError as error:
        raise ValueError(f"{text!r} is not an IPv6 address in brackets") from error


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is not an IPv4 address of four decimal numbers") from error


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _entry(host: str, port: int) -> str:
    """The allow-list entry that opens *host* at *port*."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port in WEB_PORTS else f"{shown}:{port}"


def _opening(entry: str) -> Opening:
    """One entry of the allow list; raises ValueError."""
    host = entry
    ports: frozenset[int] | None = WEB_PORTS
    if _literal_network(entry) is None:
        host, port = _split_port(entry)
        ports = WEB_PORTS if port is None else None if port == "*" else frozenset({_port(port)})
    network = _literal_network(host[1:-1] if host.startswith("[") else host)
    if network is not None:
        return Opening(None, network, ports)
    if "/" in host:
        raise ValueError("it is not a network such as 10.0.0.0/8 (host bits must be zero), nor a host: leave out paths")
    if "*" in host:
        raise ValueError("wildcards are not supported: name each host or open a network")
    return Opening(parse_host(host), None, ports)


def _literal_network(text: str) -> Network | None:
    if text.isdecimal():  # ip_network("1") is 0.0.0.1
        return None
    try:
        return ip_network(text)
    except ValueError:
        return None
