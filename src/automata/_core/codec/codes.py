"""The problems of texts and of structure: code, title, and what to do. Rules about meaning live in `validation`."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, tuple[str, str]]] = {
    "DOC-001": ("Not a UTF-8 text", "Save the file as UTF-8 without a byte order mark."),
    "DOC-002": (
        "Document too large",
        "A document has at most 1 MiB; move data out of it, and parts of it into workflows it calls.",
    ),
    "DOC-003": ("Syntax error", "The text is neither JSON nor YAML at this place."),
    "DOC-004": ("Nested too deep", "Objects and lists nest at most 64 deep."),
    "DOC-005": ("Duplicate key", "One object gives the same key twice; rename or remove one."),
    "DOC-006": (
        "Number out of range",
        "Numbers are finite, fit a double, and integers lie within 2^53 - 1; write larger ones as text.",
    ),
    "DOC-007": ("Character not allowed", "A text holds Unicode characters; not NUL and not half a surrogate pair."),
    "DOC-008": (
        "YAML feature not allowed",
        "Anchors, aliases, tags, merge keys and several documents in one file are not part of the format.",
    ),
    "DOC-009": ("Not a JSON value", "Keys are texts, and values are what JSON knows; quote the key or the value."),
    "DOC-010": ("Too many values", "A document holds at most 100,000 values."),
    "DOC-020": ("Wrong type", "The value has another type than its key wants; nothing is converted silently."),
    "DOC-021": ("Unknown key", "The key is not part of the format; look for a slip of the pen."),
    "DOC-022": ("Missing key", "The object cannot do without this key."),
    "DOC-023": ("Not one of the choices", "Only the listed values exist."),
    "DOC-024": ("Value out of bounds", "A number or a text's length or form is outside what is allowed."),
    "DOC-025": (
        "Bad node id",
        "Ids start with a lower-case letter, then letters, digits and _; at most 63 characters.",
    ),
    "DOC-026": ("Reserved id", "The name has a meaning in expressions, so that no node can have it."),
    "DOC-027": ("Bad duration", "Write 500ms, 10s, 1h30m, 2d or ISO 8601 like PT5M."),
    "DOC-028": (
        "Bad edge",
        "Write a -> b, a.port -> b or a.error/class -> b; or an object with from, port, class and to.",
    ),
    "DOC-029": ("Edge given twice", "The same edge stands in the list twice; remove one."),
    "DOC-030": ("Unknown format version", "This release reads version 1 of the format."),
    "DOC-031": ("Too many nodes", "A workflow has at most 2,000 nodes; move parts of it into workflows it calls."),
    "DOC-032": ("Too many edges", "A workflow has at most 10,000 edges; move parts of it into workflows it calls."),
    "DOC-033": (
        "Bodies nested too deep",
        "Bodies nest at most 16 deep; move the inner ones into a workflow of their own.",
    ),
    "DOC-034": ("More problems", "Only the first 200 problems are listed; the rest shows once they are fixed."),
}
"""Code to title and way out, in the order of the document reference."""
