"""The outside world of the examples: a small API on loopback that fails now and then, on purpose and repeatably.

Start it in a terminal of its own and leave it running::

    python docs/examples/server.py [PORT]

Every service is one function; what it does wrong stands in its docstring. Never serve anything real with this.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from automata.testing.http import Answer, HttpServer, Received

PORT = 8099
"""Where the inputs of the examples look for it."""
PRICES = {"lamp": 25.5, "desk": 399.0, "chair": 74.0, "shelf": 55.0}
RED_MM, AMBER_MM = 45, 30
COUNTRIES = {"PT", "ES", "FR", "DE", "BR", "US"}
Service = Callable[[Received], Answer]


class World:
    """What the services remember: how often each was asked, and running numbers."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.kept: set[str] = set()
        """What is reserved or borrowed and was not given back."""

    def asked(self, what: str) -> int:
        """Count a question and say the how manieth of its kind it is."""
        with self._lock:
            self._asked[what] += 1
            return self._asked[what]

    def number(self, kind: str) -> str:
        """Give the next identifier, and keep it."""
        with self._lock:
            name = f"{kind}-{next(self._numbers)}"
            self.kept.add(name)
        return name

    def drop(self, name: str) -> None:
        """Give something back."""
        with self._lock:
            self.kept.discard(name)

    # ------------------------------------------------------------ storm-watch

    def flood(self, request: Received) -> Answer:
        """Judge a wet day. Some first questions break, come too fast or hang; for one day it is broken for good."""
        day, rain = _query(request, "date"), float(_query(request, "rain"))
        time = self.asked(f"flood {day}")
        if day == "2015-11-14":
            return _problem(503, "The gauge of that day is broken for good")
        if time == 1 and day in {"2015-02-05", "2015-08-29", "2015-12-08"}:
            return _problem(503, "Try again")
        if time == 1 and day == "2015-10-10":
            return _problem(429, "Too many questions", **{"retry-after": "1"})
        delay = 3.0 if time == 1 and day == "2015-11-13" else 0.03
        return _json({"level": "red" if rain >= RED_MM else "amber" if rain >= AMBER_MM else "green"}, delay_s=delay)

    # ------------------------------------------------------------ price-basket

    def price(self, request: Received) -> Answer:
        """Price an article. The first question for a chair comes too fast, a shelf hangs, there is no fax."""
        sku = _query(request, "sku")
        if sku == "chair" and self.asked("price chair") == 1:
            return _problem(429, "Slower, please", **{"retry-after": "1"})
        if sku not in PRICES:
            return _problem(404, f"No {sku!r} here")
        return _json({"sku": sku, "price": PRICES[sku]}, delay_s=2.0 if sku == "shelf" else 0.02)

    # ------------------------------------------------------------ ship-or-refund

    def reserve(self, request: Received) -> Answer:
        """Reserve goods, or release them."""
        if request.method == "DELETE":
            self.drop(_query(request, "id"))
            return Answer(status=204)
        return _json({"id": self.number("reservation")}, status=201)

    def charge(self, request: Received) -> Answer:
        """Charge a customer; the first try of every key meets a server that is just restarting."""
        if self.asked(f"charge {request.headers.get('idempotency-key', '')}") == 1:
            return _problem(503, "Restarting")
        return _json({"id": self.number("charge")}, status=201)

    def refund(self, request: Received) -> Answer:
        """Give the money back."""
        self.drop(json.loads(request.body)["charge"])
        return _json({"id": "refund-1"}, status=201)

    def ship(self, request: Received) -> Answer:
        """Ship, to where the carrier goes."""
        country = json.loads(request.body)["country"]
        if country not in COUNTRIES:
            return _problem(422, f"The carrier does not go to {country}")
        return _json({"id": self.number("shipment")}, status=201)

    # ------------------------------------------------------------ the others

    def export(self, request: Received) -> Answer:
        """Start an export, or say how far it is: ready at the third look."""
        if request.method == "POST":
            return _json({"id": self.number("export")}, status=202)
        look = self.asked(f"export {_query(request, 'id')}")
        return _json({"state": "ready" if look >= 3 else "running", "rows": min(look, 3) * 40})  # noqa: PLR2004

    def workspace(self, request: Received) -> Answer:
        """Lend a workspace, or take it back."""
        if request.method == "DELETE":
            self.drop(_query(request, "id"))
            return Answer(status=204)
        return _json({"id": self.number("workspace")}, status=201)

    def page(self, request: Received) -> Answer:
        """Take a page; the second one meets a busy server once."""
        name = _query(request, "page")
        if name == "2" and self.asked(f"page {_query(request, 'id')}") == 1:
            return _problem(503, "Busy")
        return _json({"words": len(str(json.loads(request.body)["text"]).split())})

    def backup(self, _request: Received) -> Answer:
        """Tell of the last backup; every other question meets a broken gateway."""
        if self.asked("backup") % 2:
            return _problem(502, "Bad gateway")
        return _json({"age_hours": 4, "size_mb": 640.5})


def serve(port: int = 0) -> HttpServer:
    """Put every service on a server that is not started yet; ``with`` starts it, on a free port unless one is given."""
    server, world = HttpServer(port=port), World()
    services: dict[str, Service] = {
        "/flood": world.flood,
        "/prices": world.price,
        "/reservations": world.reserve,
        "/charges": world.charge,
        "/refunds": world.refund,
        "/shipments": world.ship,
        "/exports": world.export,
        "/workspaces": world.workspace,
        "/workspaces/page": world.page,
        "/backups/last": world.backup,
        "/kept": lambda _request: _json(sorted(world.kept)),
    }
    for path, service in services.items():
        server.handle(path, service)
    server.answer("/mirrors/near/catalogue", json={"items": 120}, delay_s=0.05)
    server.answer("/mirrors/far/catalogue", json={"items": 120}, delay_s=2.0)
    return server


def _query(request: Received, name: str) -> str:
    return parse_qs(urlsplit(request.path).query).get(name, [""])[0]


def _json(value: object, *, status: int = 200, delay_s: float = 0.0) -> Answer:
    body = json.dumps(value).encode()
    return Answer(status=status, headers={"content-type": "application/json"}, body=body, delay_s=delay_s)


def _problem(status: int, title: str, **headers: str) -> Answer:
    body = json.dumps({"title": title, "status": status}).encode()
    return Answer(status=status, headers={"content-type": "application/problem+json", **headers}, body=body)


def main(arguments: list[str]) -> int:
    """Serve until somebody presses Ctrl-C."""
    with serve(int(arguments[0]) if arguments else PORT) as server:
        sys.stdout.write(
            f"The outside world of the examples answers at {server.url('')}; Ctrl-C ends it.\n"
            f"Open the way to it for a run: export AUTOMATA_EGRESS_ALLOW={server.authority}\n"
        )
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
