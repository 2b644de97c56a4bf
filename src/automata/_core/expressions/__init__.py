"""The expression language: CEL's syntax and semantics on JSON, compiled to closures with counted fuel.

No host access of any kind: values are JSON and CEL's own kinds, and nothing of the text is executed by Python.
"""

from automata._core.expressions.checker import Typed
from automata._core.expressions.checking import Checked, check_expression, check_template
from automata._core.expressions.exposure import evaluate_large, is_too_long
from automata._core.expressions.functions import standard_functions
from automata._core.expressions.lexer import Malformed
from automata._core.expressions.limits import DEFAULT_LIMITS, Limits, Scope, Volatile
from automata._core.expressions.parser import parse
from automata._core.expressions.program import Program, compile_expression
from automata._core.expressions.syntax import Expression
from automata._core.expressions.template import Template, compile_template
from automata._core.expressions.unparse import unparse

__all__ = [
    "DEFAULT_LIMITS",
    "Checked",
    "Expression",
    "Limits",
    "Malformed",
    "Program",
    "Scope",
    "Template",
    "Typed",
    "Volatile",
    "check_expression",
    "check_template",
    "compile_expression",
    "compile_template",
    "evaluate_large",
    "is_too_long",
    "parse",
    "standard_functions",
    "unparse",
]
