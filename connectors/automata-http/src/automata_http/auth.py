"""The credential kind of this connector, and the header a credential becomes; no secret gets into a message."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import field, frozen

from automata.sdk import CredentialKind, InvalidInput, PermissionDenied

HTTP_AUTH = CredentialKind(
    name="http.auth",
    title="HTTP authentication",
    fields={
        "type": "object",
        "required": ["type"],
        "additionalProperties": False,
        "properties": {
            "type": {
                "title": "Type",
                "description": "How the request proves itself",
                "enum": ["bearer", "basic", "header"],
            },
            "token": {"title": "Token", "description": "For bearer", "type": "string", "writeOnly": True},
            "username": {"title": "User name", "description": "For basic", "type": "string"},
            "password": {"title": "Password", "description": "For basic", "type": "string", "writeOnly": True},
            "header": {"title": "Header", "description": "For header: its name, such as X-Api-Key", "type": "string"},
            "value": {"title": "Value", "description": "For header: its value", "type": "string", "writeOnly": True},
            "hosts": {
                "title": "Hosts",
                "description": "Comma-separated hosts the credential may be sent to; empty for any",
                "type": "string",
            },
        },
    },
)


@frozen
class Proof:
    """A header that proves who asks. Its text form hides the value."""

    name: str
    value: str = field(repr=lambda _value: "***")
    secrets: tuple[str, ...] = field(default=(), repr=lambda _value: "***")
    """Texts no message or excerpt may hold."""

    def redact(self, text: str) -> str:
        """Replace every secret in *text*."""
        for secret in sorted(filter(None, self.secrets), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def prove(credential: Mapping[str, str], url: str) -> Proof:
    """Turn *credential* into the header to send to *url*.

    Raises:
        PermissionDenied: The credential is bound to other hosts.
        InvalidInput: The credential lacks a field its type needs.
    """
    _check_host(credential.get("hosts", ""), url)
    kind = credential.get("type")
    if kind == "bearer":
        token = _field(credential, "token")
        return Proof("Authorization", f"Bearer {token}", (token,))
    if kind == "basic":
        user, password = _field(credential, "username"), _field(credential, "password")
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
        return Proof("Authorization", f"Basic {encoded}", (password, encoded))
    if kind == "header":
        value = _field(credential, "value")
        return Proof(_field(credential, "header"), value, (value,))
    raise InvalidInput("Connection has no type; set it to 'bearer', 'basic' or 'header'", sent=False)


def _field(credential: Mapping[str, str], name: str) -> str:
    value = credential.get(name)
    if not value or not value.isprintable():
        raise InvalidInput(f"Field {name!r} of the connection is missing or has a character not allowed", sent=False)
    return value


def _check_host(hosts: str, url: str) -> None:
    allowed = {host.strip().lower() for host in hosts.split(",") if host.strip()}
    try:
        host = (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        host = ""
    if allowed and host not in allowed:
        raise PermissionDenied(
            f"Connection may not be used for host {host!r}; it is bound to {', '.join(sorted(allowed))}", sent=False
        )
