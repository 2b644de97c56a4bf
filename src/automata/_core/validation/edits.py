"""Change one edge of a document as it was written, be it an object or a part of a chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from automata._core.patch import join, resolve
from automata._core.validation.survey import View
from automata.model import Fix, Json


def rename_port(view: View, number: int, port: str) -> Fix | None:
    """A fix that lets edge *number* leave by *port*."""
    return _edit(view, number, f"Leave by {port!r}", 0, lambda piece: f"{_id(piece)}.{port}", {"port": port})


def rename_source(view: View, number: int, id_: str) -> Fix | None:
    """A fix that lets edge *number* leave node *id_*."""
    return _edit(view, number, f"Rename to {id_!r}", 0, lambda piece: id_ + piece[len(_id(piece)) :], {"from": id_})


def rename_target(view: View, number: int, id_: str) -> Fix | None:
    """A fix that lets edge *number* lead to node *id_*."""
    return _edit(view, number, f"Rename to {id_!r}", 1, lambda piece: id_ + piece[len(_id(piece)) :], {"to": id_})


def remove_edge(view: View, number: int) -> Fix | None:
    """A fix that removes edge *number*; the rest of its chain stays."""
    pointer, place = _locate(view, number)
    item = _item(view, pointer)
    title = "Remove the edge"
    if not isinstance(item, str):
        return Fix(title, ({"op": "remove", "path": pointer},)) if isinstance(item, Mapping) else None
    pieces = [p.strip() for p in item.split("->")]
    kept = [[*pieces[:place], _id(pieces[place])], pieces[place + 1 :]]
    lines = [" -> ".join(part) for part in kept if len(part) > 1]
    if not lines:
        return Fix(title, ({"op": "remove", "path": pointer},))
    patch: list[Mapping[str, Json]] = [{"op": "replace", "path": pointer, "value": lines[0]}]
    if len(lines) > 1:
        parent, _, index = pointer.rpartition("/")
        patch.append({"op": "add", "path": join(parent, int(index) + 1), "value": lines[1]})
    return Fix(title, tuple(patch))


def _edit(
    view: View, number: int, title: str, offset: int, change: Callable[[str], str], values: Mapping[str, Json]
) -> Fix | None:
    pointer, place = _locate(view, number)
    item = _item(view, pointer)
    if isinstance(item, Mapping):
        return Fix(title, ({"op": "replace", "path": pointer, "value": {**item, **values}},))
    if not isinstance(item, str):
        return None
    pieces = [p.strip() for p in item.split("->")]
    pieces[place + offset] = change(pieces[place + offset])
    return Fix(title, ({"op": "replace", "path": pointer, "value": " -> ".join(pieces)},))


def _locate(view: View, number: int) -> tuple[str, int]:
    """Pointer of the item edge *number* was written in, and which arrow of it."""
    pointer = view.edge_pointers[number]
    return pointer, number - view.edge_pointers.index(pointer)


def _item(view: View, pointer: str) -> Json:
    try:
        return resolve(view.survey.raw, pointer)
    except ValueError:
        return None


def _id(piece: str) -> str:
    return piece.partition(".")[0]
