"""Large values on their way to a child process and back: between the store for them and the shared file.

Everything here blocks, and is called in threads. Without a store what comes back is read into memory.
"""

from __future__ import annotations

from collections.abc import Mapping

from automata._core.blobs import put_out, read_value
from automata._core.large import LARGEST_BYTES, Large, opened, references, restored, written
from automata._core.pool.spool import Spool, place_of, places_of
from automata._core.pool.wire import Garbled
from automata.errors import AutomataError, StepError, StoreUnavailable
from automata.model import Json, JsonObject
from automata.ports import Blobs

CARRIED_BYTES = 2 * LARGEST_BYTES
"""What one call may get; more does not fit the memory of a child process."""


def load(parameters: JsonObject, spool: Spool, blobs: Blobs | None) -> dict[str, Json]:
    """Write what the references of *parameters* stand for to the shared file; the fields of the call's frame.

    Raises:
        StepError: They are too large together, or one is not there.
    """
    found = {large.name: large for large in references(parameters)}
    if not found:
        return {"parameters": parameters}
    total = sum(large.size for large in found.values())
    if total > CARRIED_BYTES or blobs is None:
        raise StepError(
            f"The parameters take {total} bytes, more than the {CARRIED_BYTES} a call may get",
            error_class="payload_too_large",
            sent=False,
        )
    spool.begin()
    for name in found:
        try:
            spool.keep(blobs.parts(name))
        except (StoreUnavailable, OSError) as error:
            raise StepError(
                f"A large value cannot be handed over: {error}", error_class="transient", sent=False
            ) from error
        except AutomataError as error:
            raise StepError(error.message, error_class="not_found", sent=False) from error
    return {"parameters": written(parameters), "large": [place.to_json() for place in spool.places]}


def unload(message: Mapping[str, Json], spool: Spool, blobs: Blobs | None) -> Json:
    """Keep what a child has written to the shared file; its output with references to what is kept.

    Raises:
        Garbled: The frame and the file do not agree.
        StoreUnavailable: It cannot be kept.
        TooLarge: It is larger than any value may be.
    """
    try:
        places = places_of(message.get("large"))
        output: Json = restored(message.get("output"))
        for large in references(output):
            place_of(places, large)
    except ValueError as error:
        raise Garbled(str(error)) from None
    if blobs is None:
        return opened(output, lambda large: read_value(spool.parts(place_of(places, large))))
    for place in places:
        name, _ = blobs.keep(spool.parts(place))
        if name != place.name:
            raise Garbled("A large value is not what its frame says")
    return output


def received(message: Mapping[str, Json], spool: Spool) -> Json:
    """In the child: the parameters of a call, whole."""
    if "large" not in message:
        return message["parameters"]
    places = places_of(message["large"])
    spool.begin(places)

    def fetch(large: Large) -> Json:
        return read_value(spool.parts(place_of(places, large)))

    return opened(restored(message["parameters"]), fetch)


def sent(output: Json, spool: Spool) -> dict[str, Json]:
    """In the child: the fields of a result's frame, with what is too large in the shared file."""
    left = put_out(output, spool.keep, what="The output")
    if left is output:
        return {"output": output}
    return {"output": written(left), "large": [place.to_json() for place in spool.places]}
