"""What this package plugs in."""

from __future__ import annotations

from automata.sdk import CredentialKind, NodeType, hookimpl
from automata_http.actions.send_request import SEND_REQUEST
from automata_http.auth import HTTP_AUTH


@hookimpl
def automata_node_types() -> list[NodeType]:
    """The one action: ``http.request``."""
    return [SEND_REQUEST]


@hookimpl
def automata_credential_kinds() -> list[CredentialKind]:
    """How a request may prove who it is: ``http.auth``."""
    return [HTTP_AUTH]
