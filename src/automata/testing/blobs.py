"""What every place for large values has to keep, as a suite: subclass it in a test module and say what to try.

::

    class TestFolder(BlobSuite):
        @pytest.fixture
        def blobs(self, tmp_path):
            return MyBlobs(tmp_path)
"""

# ruff: noqa: S101 - a suite of tests

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from automata.errors import FixInput, NotFound
from automata.ports import Blobs

__all__ = ["BlobSuite"]

_LIMIT_BYTES = 128 * 1024 * 1024


class BlobSuite:
    """The contract of `automata.ports.Blobs`."""

    @pytest.fixture
    def blobs(self) -> Blobs:
        """What is tried, empty; a subclass gives it."""
        raise NotImplementedError

    @pytest.mark.parametrize("data", [b"", b"{}", bytes(range(256)) * 1000, "ä\0".encode() * 1_000_000])
    def test_what_is_put_is_got(self, blobs: Blobs, data: bytes) -> None:
        """Bytes of any size and content come back as they were."""

        async def go() -> bytes:
            return await blobs.get(await blobs.put(data))

        assert asyncio.run(go()) == data

    def test_a_name_is_the_sha_256(self, blobs: Blobs) -> None:
        """Names can be computed by anybody."""
        assert asyncio.run(blobs.put(b"abc")) == sha256(b"abc").hexdigest()

    def test_what_was_not_put_is_not_there(self, blobs: Blobs) -> None:
        """A name nobody put leads to nothing, and neither does what is no name."""

        async def go() -> list[bool]:
            return [await blobs.exists(name) for name in (await blobs.put(b"a"), sha256(b"b").hexdigest())]

        assert asyncio.run(go()) == [True, False]
        with pytest.raises(NotFound):
            asyncio.run(blobs.get(sha256(b"b").hexdigest()))
        with pytest.raises(NotFound):
            asyncio.run(blobs.get("../../etc/passwd"))

    def test_the_same_twice_is_kept_once(self, blobs: Blobs) -> None:
        """Putting is idempotent."""

        async def go() -> tuple[str, str, bytes]:
            first = await blobs.put(b"twice")
            return first, await blobs.put(b"twice"), await blobs.get(first)

        first, second, data = asyncio.run(go())
        assert (first, data) == (second, b"twice")

    def test_many_may_put_at_a_time(self, blobs: Blobs) -> None:
        """The same and different values, all at once."""
        values = [b"%d" % (at % 7) * 10_000 for at in range(40)]

        async def go() -> list[bytes]:
            names = await asyncio.gather(*(blobs.put(value) for value in values))
            return await asyncio.gather(*(blobs.get(name) for name in names))

        assert asyncio.run(go()) == values

    @pytest.mark.parametrize("count", [0, 1, 9])
    def test_parts_are_kept_as_one(self, blobs: Blobs, count: int) -> None:
        """What comes in parts has the name of the whole, and is got in parts or whole."""
        parts = [b"%d" % at * 700_000 for at in range(count)]
        whole = b"".join(parts)

        name, size = blobs.keep(iter(parts))

        assert (name, size) == (sha256(whole).hexdigest(), len(whole))
        assert b"".join(blobs.parts(name)) == whole
        assert asyncio.run(blobs.get(name)) == whole

    def test_parts_of_what_was_not_put_are_not_there(self, blobs: Blobs) -> None:
        """A name nobody put has no parts."""
        with pytest.raises(NotFound):
            list(blobs.parts(sha256(b"never").hexdigest()))

    def test_too_large_a_value_is_refused_however_it_comes(self, blobs: Blobs) -> None:
        """The limit holds for the sum of the parts."""
        part = bytes(1024 * 1024)
        with pytest.raises(FixInput, match="larger than"):
            blobs.keep(part for _ in range(_LIMIT_BYTES // len(part) + 1))

    def test_too_large_a_value_is_refused(self, blobs: Blobs) -> None:
        """The limit is 128 MiB."""
        with pytest.raises(FixInput, match="larger than"):
            asyncio.run(blobs.put(bytes(_LIMIT_BYTES + 1)))
