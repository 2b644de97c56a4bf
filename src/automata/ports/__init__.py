"""What the kernel needs from outside, as Protocols; the contract of each method stands in its docstring.

One file a family; import the names from here.
"""

from automata.ports.blobs import Blobs
from automata.ports.clock import Clock, Random
from automata.ports.context import BlockingContext, BlockingHttp, Context, Http, HttpResponse, TxContext
from automata.ports.outbox import Outbox
from automata.ports.store import RunQuery, Store, Transactor, Turn

__all__ = [
    "Blobs",
    "BlockingContext",
    "BlockingHttp",
    "Clock",
    "Context",
    "Http",
    "HttpResponse",
    "Outbox",
    "Random",
    "RunQuery",
    "Store",
    "Transactor",
    "Turn",
    "TxContext",
]
