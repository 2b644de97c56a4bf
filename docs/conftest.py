"""Run the Python examples of the pages: every block of a page is run in order, in one namespace."""

from __future__ import annotations

from sybil import Sybil
from sybil.parsers.myst import DocTestDirectiveParser, PythonCodeBlockParser, SkipParser

pytest_collect_file = Sybil(
    parsers=[DocTestDirectiveParser(), PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    excludes=["_build/**", "reference/generated/**"],
).pytest()
