"""The suite for places of large values finds what it is there to find."""

from __future__ import annotations

from hashlib import sha256

import pytest

from automata.errors import FixInput, NotFound
from automata.testing.blobs import BlobSuite


class Dictionary:
    """A place in memory."""

    def __init__(self):
        self.kept = {}

    async def put(self, data):
        if len(data) > 64 * 1024 * 1024:
            raise FixInput("A value is larger than 64 MiB")
        name = sha256(data).hexdigest()
        self.kept[name] = data
        return name

    async def get(self, name):
        if name not in self.kept:
            raise NotFound(name)
        return self.kept[name]

    async def exists(self, name):
        return name in self.kept


class Cutting(Dictionary):
    """One that loses what is long."""

    async def get(self, name):
        return (await super().get(name))[:1000]


class TestDictionary(BlobSuite):
    @pytest.fixture
    def blobs(self):
        return Dictionary()


def test_a_place_that_loses_bytes_fails_the_suite():
    with pytest.raises(AssertionError):
        BlobSuite().test_what_is_put_is_got(Cutting(), b"x" * 2000)
