"""JSON Pointer (RFC 6901) and JSON Patch (RFC 6902); never changes the value it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from automata.model import Json, JsonObject

_MOST_DIGITS = 9
"""An index with more digits is beyond any array, and not worth converting."""

_Put: TypeAlias = Callable[[Json, str, Json], Json]
"""Changes one member of a container and returns the new container."""


def escape(token: str) -> str:
    """Write one reference token so that it can stand in a pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def join(pointer: str, *tokens: str | int) -> str:
    """Extend *pointer* by keys and indexes, escaping each."""
    return pointer + "".join(f"/{escape(str(key))}" for key in tokens)


def split(pointer: str) -> tuple[str, ...]:
    """Give the unescaped reference tokens of *pointer*.

    Raises:
        ValueError: It neither is empty nor starts with ``/``.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"The pointer {pointer!r} must be empty or start with '/'")
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in pointer[1:].split("/"))


def resolve(document: Json, pointer: str) -> Json:
    """Give the value *pointer* names in *document*.

    Raises:
        ValueError: It names nothing.
    """
    value = document
    for key in split(pointer):
        value = _member(value, key)
    return value


def apply_patch(document: Json, patch: Sequence[JsonObject]) -> Json:
    """Apply the operations of *patch* in order and give the new document; containers on the way are copied.

    Raises:
        ValueError: An operation is malformed, names nothing, or its ``test`` fails; nothing is applied then.
    """
    for operation in patch:
        document = _apply(document, operation)
    return document


def _apply(document: Json, operation: JsonObject) -> Json:
    name, path = operation.get("op"), split(_text(operation, "path"))
    if name == "add":
        return _change(document, path, _value(operation), _add)
    if name == "replace":
        return _change(document, path, _value(operation), _replace)
    if name == "remove":
        return _change(document, path, None, _remove)
    if name == "test":
        if not _same(resolve(document, _text(operation, "path")), _value(operation)):
            raise ValueError(f"The value at {operation['path']!r} is another")
        return document
    if name in {"copy", "move"}:
        return _transfer(document, _text(operation, "from"), path, move=name == "move")
    raise ValueError(f"Unknown patch operation {name!r}")


def _transfer(document: Json, source: str, path: tuple[str, ...], *, move: bool) -> Json:
    value = resolve(document, source)
    if move:
        tokens = split(source)
        if path[: len(tokens)] == tokens and path != tokens:
            raise ValueError(f"{source!r} cannot move into itself")
        document = document if path == tokens else _change(document, tokens, None, _remove)
        if path == tokens:
            return document
    return _change(document, path, value, _add)


def _change(document: Json, path: tuple[str, ...], value: Json, put: _Put) -> Json:
    if not path:
        if put is _remove:
            raise ValueError("The whole document cannot be removed")
        return value
    if len(path) == 1:
        return put(document, path[0], value)
    return _replace(document, path[0], _change(_member(document, path[0]), path[1:], value, put))


def _add(container: Json, key: str, value: Json) -> Json:
    if isinstance(container, Mapping):
        return {**container, key: value}
    items = _items(container, key)
    index = len(items) if key == "-" else _index(key, len(items) + 1)
    return [*items[:index], value, *items[index:]]


def _replace(container: Json, key: str, value: Json) -> Json:
    _member(container, key)
    if isinstance(container, Mapping):
        return {**container, key: value}
    items = list(_items(container, key))
    items[_index(key, len(items))] = value
    return items


def _remove(container: Json, key: str, _value: Json) -> Json:
    _member(container, key)
    if isinstance(container, Mapping):
        return {name: item for name, item in container.items() if name != key}
    items = list(_items(container, key))
    del items[_index(key, len(items))]
    return items


def _member(container: Json, key: str) -> Json:
    if isinstance(container, Mapping):
        if key not in container:
            raise ValueError(f"There is no member {key!r}")
        return container[key]
    items = _items(container, key)
    return items[_index(key, len(items))]


def _items(container: Json, key: str) -> Sequence[Json]:
    if isinstance(container, str) or not isinstance(container, Sequence):
        raise ValueError(f"{key!r} names nothing in a value that is neither object nor array")  # noqa: TRY004 - a patch is input: one kind of error
    return container


def _index(key: str, length: int) -> int:
    digits = key.isascii() and key.isdigit() and (key == "0" or key[0] != "0") and len(key) <= _MOST_DIGITS
    if not digits or int(key) >= length:
        raise ValueError(f"There is no item {key!r} in an array of {length}")
    return int(key)


def _text(operation: JsonObject, key: str) -> str:
    value = operation.get(key)
    if not isinstance(value, str):
        raise ValueError(f"A patch operation needs a text as {key!r}, not {value!r}")  # noqa: TRY004 - a patch is input: one kind of error
    return value


def _value(operation: JsonObject) -> Json:
    if "value" not in operation:
        raise ValueError(f"The patch operation {operation.get('op')!r} needs a 'value'")
    return operation["value"]


def _same(left: Json, right: Json) -> bool:
    """Compare as JSON does: ``1`` equals ``1.0`` but ``true`` does not equal ``1``."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
    return left == right
