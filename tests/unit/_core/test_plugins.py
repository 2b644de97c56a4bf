"""Which versions a requirement admits, and what the guard lets through."""

from __future__ import annotations

import threading

import pytest

from automata._core.plugins.guard import Contained, contain, explain
from automata._core.plugins.versions import admits, normalize, read_requirement, read_version

ORDERED = [
    "1.0.dev1",
    "1.0a1.dev1",
    "1.0a1",
    "1.0b2",
    "1.0rc1",
    "1.0",
    "1.0.post1.dev2",
    "1.0.post1",
    "1.0.1",
    "1.10",
    "1!0.1",
]


def test_versions_are_ordered_as_pep_440_says():
    keys = [read_version(text) for text in ORDERED]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "same", [("1.0", "1"), ("1.0", "v1.0.0"), ("1.0RC1", "1.0-c.1"), ("1.0-1", "1.0.post1"), ("1+x.1", "1")]
)
def test_spellings_of_one_version_are_one(same):
    assert read_version(same[0]) == read_version(same[1])


@pytest.mark.parametrize(
    ("clauses", "version", "expected"),
    [
        (">=1,<2", "1.5", True),
        (">=1,<2", "2.0", False),
        ("<2", "2.0rc1", False),
        ("<2rc2", "2.0rc1", True),
        (">1", "1.post1", False),
        (">1.post0", "1.post1", True),
        ("~=1.4", "1.9", True),
        ("~=1.4", "2.0", False),
        ("~=1.4.2", "1.5", False),
        ("==1.*", "1.9.9", True),
        ("==1.1.*", "1", False),
        ("!=1.*", "1.9.9", False),
        ("!=1.5", "1.5.0", False),
        ("==1", "1.0+local", True),
        ("===1.0", "1.0", True),
        ("===1.0", "1", False),
        ("<=0.1", "0.1.0", True),
        ("", "3", True),
    ],
)
def test_a_range_admits_what_pep_440_says(clauses, version, expected):
    assert admits(clauses, version) is expected


@pytest.mark.parametrize(("clauses", "version"), [("=1", "1"), (">=x", "1"), ("~=1", "1"), (">=1", "one")])
def test_what_cannot_be_read_is_an_error(clauses, version):
    with pytest.raises(ValueError, match="Not a version"):
        admits(clauses, version)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("automata-kernel<1,>=0.1", ("automata-kernel", "<1,>=0.1")),
        ("Automata.Kernel[http] (>=1)", ("automata-kernel", ">=1")),
        ("other", ("other", "")),
        ("other; python_version > '3'", None),
        ("other @ https://x.example/o.whl", None),
        ("", None),
    ],
)
def test_requirements_are_read(line, expected):
    found = read_requirement(line)

    assert (found and (found.name, found.range)) == expected


def test_names_are_normalised():
    assert normalize("A__b.-C") == "a-b-c"


@pytest.mark.parametrize("error", [SystemExit(2), KeyboardInterrupt(), GeneratorExit(), RecursionError("deep")])
def test_the_guard_contains_whatever_is_raised(error):
    def call():
        raise error

    with pytest.raises(Contained, match=type(error).__name__):
        contain(call)


def test_the_guard_does_not_wait_for_ever():
    with pytest.raises(Contained, match="Did not return within") as caught:
        contain(lambda: threading.Event().wait(5), limit_s=0.05)

    assert caught.value.hung


def test_the_text_of_an_error_is_one_printable_line():
    assert explain(ValueError("a\n\x1b[31mb")) == "ValueError: a  [31mb"
    assert len(explain(ValueError("x" * 1000))) == 300
