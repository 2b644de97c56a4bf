"""A shop whose orders and runs live in one database: an order and its run are there together, or not at all.

Start it with any ASGI server, for instance: ``uvicorn --factory shop:application``
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from automata import Kernel, load
from automata.errors import AutomataError, Conflict, InvalidValue, NotFound, Overloaded, StoreUnavailable

ORDER = load(Path(__file__).with_name("order.yaml").read_text(encoding="utf-8")).workflow
TABLES = sa.MetaData()
ORDERS = sa.Table(
    "orders",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
)
ANSWERS = {InvalidValue: 422, NotFound: 404, Conflict: 409, Overloaded: 429, StoreUnavailable: 503}


def application(url: str = "sqlite:///shop.db") -> Starlette:
    """Put the shop together; *url* names the database of both."""
    database = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
    kernel = Kernel(database=url)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with database.begin() as connection:
            await connection.run_sync(TABLES.create_all)
        try:
            async with kernel.engine(claims=True):  # Takes up runs here; leave it out where workers run elsewhere.
                yield
        finally:
            await kernel.close()
            await database.dispose()

    async def place(request: Request) -> JSONResponse:
        asked = await request.json()
        try:
            async with database.begin() as connection:
                run = await kernel.start(ORDER, asked, connection=connection)  # Holds the input to its schema too.
                await connection.execute(ORDERS.insert().values(**asked, run=run.id))
        except sa.exc.IntegrityError:  # Rolled back: the run that was accepted a moment ago has never been there.
            return JSONResponse({"error": "There is such an order already"}, 409)
        return JSONResponse({"order": asked["id"], "run": run.id}, 201)

    async def pay(request: Request) -> JSONResponse:
        paid = await request.json()
        order = ORDERS.c.id == request.path_params["id"]
        async with database.connect() as connection:
            run = (await connection.execute(sa.select(ORDERS.c.run).where(order))).scalar_one_or_none()
        if run is None:
            return JSONResponse({"error": "There is no such order"}, 404)
        new = await kernel.emit(run, "paid", {"amount": paid["amount"]}, signal_id=paid["receipt"])
        return JSONResponse({"accepted": new}, 202)

    async def show(request: Request) -> JSONResponse:
        order = ORDERS.c.id == request.path_params["id"]
        async with database.connect() as connection:
            row = (await connection.execute(sa.select(ORDERS).where(order))).one_or_none()
        run = None if row is None else await kernel.store.run(row.run)
        if row is None or run is None:
            return JSONResponse({"error": "There is no such order"}, 404)
        return JSONResponse({"article": row.article, "state": str(run.status), "slip": run.output})

    routes = [
        Route("/orders", place, methods=["POST"]),
        Route("/orders/{id:int}", show),
        Route("/orders/{id:int}/payments", pay, methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={AutomataError: refuse})


async def refuse(_request: Request, error: Exception) -> JSONResponse:
    """Say what the kernel refuses."""
    status = next((code for kind, code in ANSWERS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"error": str(error)}, status)
