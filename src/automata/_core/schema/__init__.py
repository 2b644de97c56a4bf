"""JSON Schema 2020-12 as data from strangers: checked before use, never fetched, bounded in work."""

from automata._core.schema.check import check_schema
from automata._core.schema.pattern import check_pattern
from automata._core.schema.validate import Validate, Violation, validator

__all__ = ["Validate", "Violation", "check_pattern", "check_schema", "validator"]
