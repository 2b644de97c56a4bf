"""What the author of a plugin imports: records to return, the hook marker, and the errors a step may raise."""

from __future__ import annotations

import pluggy

from automata.errors import (
    AuthExpired,
    InvalidInput,
    PermissionDenied,
    ProviderBroke,
    RateLimited,
    ResourceConflict,
    ResourceNotFound,
    StepError,
    TimedOut,
    Transient,
)
from automata.model import (
    Blocking,
    Command,
    CredentialKind,
    Effect,
    Function,
    Json,
    JsonObject,
    JsonSchema,
    Kind,
    NodeType,
    Outcome,
    Port,
    Rule,
    Setting,
)
from automata.ports import BlockingContext, BlockingHttp, Context, Http, HttpResponse, TxContext

hookimpl = pluggy.HookimplMarker("automata")

__all__ = [
    "AuthExpired",
    "Blocking",
    "BlockingContext",
    "BlockingHttp",
    "Command",
    "Context",
    "CredentialKind",
    "Effect",
    "Function",
    "Http",
    "HttpResponse",
    "InvalidInput",
    "Json",
    "JsonObject",
    "JsonSchema",
    "Kind",
    "NodeType",
    "Outcome",
    "PermissionDenied",
    "Port",
    "ProviderBroke",
    "RateLimited",
    "ResourceConflict",
    "ResourceNotFound",
    "Rule",
    "Setting",
    "StepError",
    "TimedOut",
    "Transient",
    "TxContext",
    "hookimpl",
]
