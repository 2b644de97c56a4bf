"""Ten typical expressions against hand-written Python in the same run; `pytest tests/benchmarks/bench_expressions.py`.

The figures of P10: evaluations a second (geometric mean), a map over 10,000 items, compile time.
"""

import math
import timeit

import pytest

from automata._core.expressions import Scope, compile_expression

ROOTS = {
    "order": {
        "total": 120.5,
        "status": 204,
        "country": "NO",
        "email": "a@b.c",
        "name": "Ada",
        "items": [{"sku": f"s{i}", "qty": i, "price": i * 1.5} for i in range(20)],
    },
    "vars": {"limit": 100, "countries": ["NO", "SE", "DK"]},
    "big": [{"price": i, "qty": 2} for i in range(10_000)],
}
SCOPE = Scope(ROOTS)
TEN = {
    "order.total > vars.limit": lambda r: r["order"]["total"] > r["vars"]["limit"],
    "order.country in vars.countries": lambda r: r["order"]["country"] in r["vars"]["countries"],
    "order.status >= 200 && order.status < 300": lambda r: 200 <= r["order"]["status"] < 300,
    "'Hello ' + order.name": lambda r: "Hello " + r["order"]["name"],
    "order.total > 100 ? 'big' : 'small'": lambda r: "big" if r["order"]["total"] > 100 else "small",
    "order.items.filter(i, i.qty > 10).map(i, i.sku)": lambda r: [
        i["sku"] for i in r["order"]["items"] if i["qty"] > 10
    ],
    "order.items.exists(i, i.qty == 5)": lambda r: any(i["qty"] == 5 for i in r["order"]["items"]),
    "has(order.phone) ? order.phone : '-'": lambda r: r["order"].get("phone", "-"),
    "size(order.items)": lambda r: len(r["order"]["items"]),
    "{'id': order.email, 'total': order.total}": lambda r: {"id": r["order"]["email"], "total": r["order"]["total"]},
}


def rate(work):
    """Give calls a second, the best of three."""
    timer = timeit.Timer(work)
    count, _ = timer.autorange(lambda *_: None)
    count = max(count // 10, 1)
    return count / min(timer.repeat(3, count))


@pytest.mark.parametrize("text", TEN)
def test_one_expression(benchmark, text):
    program = compile_expression(text)

    assert benchmark(program.evaluate, SCOPE) == TEN[text](ROOTS)


def test_ten_thousand_items(benchmark):
    program = compile_expression("big.map(i, i.price * i.qty)")

    assert len(benchmark(program.evaluate, SCOPE)) == 10_000


def test_compile(benchmark):
    benchmark(lambda: [compile_expression(text) for text in TEN])


# ruff: noqa: B008 - a benchmark prints its figures


def test_geometric_mean_beside_bare_python(capsys):
    ours = [rate(lambda program=compile_expression(text): program.evaluate(SCOPE)) for text in TEN]
    bare = [rate(lambda work=work: work(ROOTS)) for work in TEN.values()]
    mean, floor = (math.exp(sum(map(math.log, rates)) / len(rates)) for rates in (ours, bare))
    with capsys.disabled():
        for text, one, other in zip(TEN, ours, bare, strict=True):
            print(f"\n{one:12,.0f}/s  bare {other:12,.0f}/s  {text}", end="")
        print(f"\n{mean:12,.0f}/s geometric mean; bare Python {floor:,.0f}/s, {floor / mean:.1f} times")

    assert mean > 100_000
