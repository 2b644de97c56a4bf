"""A script without asyncio: what it accepts in a transaction is there if the transaction commits, and only then.

Start it with the URL of a database: ``python script.py sqlite:///shop.db``
"""

from __future__ import annotations

import sys
from pathlib import Path

import sqlalchemy as sa

from automata import SyncKernel, load

ORDER = load(Path(__file__).with_name("order.yaml").read_text(encoding="utf-8")).workflow
TABLES = sa.MetaData()
ORDERS = sa.Table(
    "orders",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
)


class SoldOut(Exception):
    """There is none of that article."""


def order(kernel: SyncKernel, database: sa.Engine, number: int, article: str) -> str:
    """Place an order; it and its run are one transaction."""
    with database.begin() as connection:
        run = kernel.start(ORDER, {"id": number, "article": article}, key=f"order-{number}", connection=connection)
        connection.execute(ORDERS.insert().values(id=number, article=article, run=run.id))
        if article == "chair":
            raise SoldOut  # Rolls back: neither the order nor its run has ever been there.
    return run.id


def main(url: str) -> None:
    """Order a lamp and a chair, and pay for the lamp."""
    database = sa.create_engine(url)
    TABLES.create_all(database)
    with SyncKernel(engine=database) as kernel:
        run = order(kernel, database, 1, "lamp")
        try:
            order(kernel, database, 2, "chair")
        except SoldOut:
            print("There is no chair left")
        with database.begin() as connection:
            kernel.emit(run, "paid", {"amount": 25}, signal_id="receipt-81", connection=connection)
    print(f"Run {run} was accepted and paid; automata worker --database {url} carries it out")


if __name__ == "__main__":
    main(sys.argv[1])
