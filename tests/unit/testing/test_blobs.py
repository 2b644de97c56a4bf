"""The suite for places of large values finds what it is there to find."""

from __future__ import annotations

from hashlib import sha256

import pytest

from automata._core.large import LARGEST_BYTES
from automata.errors import FixInput, NotFound
from automata.testing.blobs import BlobSuite


class Dictionary:
    """A place in memory."""

    def __init__(self):
        self.kept = {}

    async def put(self, data):
        return self.keep([data])[0]

    async def get(self, name):
        return b"".join(self.parts(name))

    async def exists(self, name):
        return name in self.kept

    def keep(self, parts):
        data = bytearray()
        for part in parts:
            data += part
            if len(data) > LARGEST_BYTES:
                raise FixInput("A value is larger than 128 MiB")
        name = sha256(data).hexdigest()
        self.kept[name] = bytes(data)
        return name, len(data)

    def parts(self, name):
        if name not in self.kept:
            raise NotFound(name)
        yield self.kept[name]


class Cutting(Dictionary):
    """One that loses what is long."""

    async def get(self, name):
        return (await super().get(name))[:1000]


class TestDictionary(BlobSuite):
    @pytest.fixture
    def blobs(self):
        return Dictionary()


class Forgiving(Dictionary):
    """One that takes anything."""

    def keep(self, parts):
        data = b"".join(parts)
        name = sha256(data).hexdigest()
        self.kept[name] = data
        return name, len(data)


def test_a_place_without_a_limit_fails_the_suite():
    with pytest.raises(pytest.fail.Exception):
        BlobSuite().test_too_large_a_value_is_refused_however_it_comes(Forgiving())


def test_a_place_that_loses_bytes_fails_the_suite():
    with pytest.raises(AssertionError):
        BlobSuite().test_what_is_put_is_got(Cutting(), b"x" * 2000)
