"""Where large values live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Blobs(Protocol):
    """Where values live that are too large for the journal: bytes, named by their SHA-256 in hexadecimal.

    Every method may be called by many at a time, from any process, and is safe to be killed in: a name leads to all of
    its bytes or to none.
    """

    async def put(self, data: bytes) -> str:
        """Keep *data* and give its name; durable once this returns. The same bytes again are kept once.

        Putting them again also says that they are used: what was put lately is not pruned, so a reference may be
        committed after it.

        Raises:
            FixInput: It is larger than 128 MiB.
            StoreUnavailable: It could not be kept.
        """

    async def get(self, name: str) -> bytes:
        """The bytes of that name.

        Raises:
            NotFound: There are none.
            Damaged: They do not match the name.
            StoreUnavailable: They cannot be read now.
        """

    async def exists(self, name: str) -> bool:
        """Whether `get` would find them; they are not read."""

    def keep(self, parts: Iterable[bytes]) -> tuple[str, int]:
        """Do what `put` does with bytes that come in parts, which are never held as a whole. Blocks: for threads.

        Returns:
            The name, and how many bytes there were.

        Raises:
            FixInput: They are more than 128 MiB.
            StoreUnavailable: They could not be kept.
        """

    def parts(self, name: str) -> Iterator[bytes]:
        """The bytes of that name in parts of a few MiB. Blocks: for threads.

        Raises:
            NotFound: There are none.
            Damaged: They do not match the name; after the last part, so nothing may be believed before.
            StoreUnavailable: They cannot be read now.
        """
