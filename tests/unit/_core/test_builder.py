import pytest

from automata._core import codec
from automata._core.builder import expr, workflow
from automata.errors import Conflict, FixInput, InvalidDocument

YAML = """
automata: 1
name: Order triage
description: Price it
vars: {limit: 1000}
settings: {timeout: 1h}
nodes:
  order: {use: manual}
  price:
    use: http.request
    with: {url: "https://prices.example/${order.sku}"}
    retry: {attempts: 4}
    timeout: 20s
    connection: prices
    key: "${order.id}"
    note: Slow
    compensate: {use: http.request, with: {url: "https://prices.example/undo"}}
  big: {use: if, with: {condition: "${price.body.total > vars.limit}"}}
  each:
    use: scope
    body: {nodes: {one: {use: set, with: {x: 1}}, two: {use: set}}, edges: [one -> two], output: "${two}"}
    finally: {nodes: {tidy: {use: set}}}
  done: {use: wait, with: {for: 1s}, join: any, cancel: true, disabled: true}
edges:
  - order -> price -> big.true -> each -> done
  - big.false -> done
  - price.error/rate_limited -> done
  - price.error -> done
output: "${each}"
errors: done
tests: [{name: Works, event: {sku: a}}]
"""


def test_builder_and_hand_written_document_are_the_same_workflow():
    flow = workflow("Order triage", description="Price it", limit=1000).settings(timeout="1h")
    order = flow.node("order", "manual")
    price = flow.node("price", "http.request", url=f"https://prices.example/{expr(f'{order}.sku')}")
    price.retry(attempts=4).timeout("20s").connect("prices").key(expr("order.id")).note("Slow")
    price.compensate("http.request", url="https://prices.example/undo")
    big = flow.node("big", "if", condition=expr(f"{price}.body.total > vars.limit"))
    each = flow.node("each", "scope")
    with each.body() as body:
        body.node("one", "set", x=1) >> body.node("two", "set")
        body.output = expr("two")
    with each.cleanup() as cleanup:
        cleanup.node("tidy", "set")
    done = flow.node("done", "wait", {"for": "1s"}).join("any", cancel=True).disable()
    order >> price >> big["true"] >> each >> done
    [big["false"], price.on_error("rate_limited"), price.on_error()] >> done
    flow.errors(done).test("Works", event={"sku": "a"})
    flow.output = expr(str(each))

    built = flow.build()

    assert built == codec.load(YAML).workflow


def test_edges_fan_out_and_in():
    flow = workflow("Fan")
    a, b, c, d = (flow.node(name, "set") for name in "abcd")

    a >> (b, c)
    [b, c] >> d["out"]

    assert codec.encode_shorthand(flow.build())["edges"] == ["a -> b", "a -> c", "b -> d", "c -> d"]


def test_every_problem_is_told_when_building():
    flow = workflow("")
    flow.node("Big", "set").timeout("soon")

    with pytest.raises(InvalidDocument) as caught:
        flow.build()

    assert [problem.code for problem in caught.value.problems] == ["DOC-024", "DOC-025", "DOC-027"]


def test_second_node_of_one_id_is_refused():
    flow = workflow("Twice")
    flow.node("a", "set")

    with pytest.raises(Conflict, match="'a' exists already"):
        flow.node("a", "set")


def test_edge_into_another_body_is_refused():
    flow = workflow("Crossing")
    each = flow.node("each", "foreach")
    inner = each.body().node("inner", "set")

    with pytest.raises(FixInput, match="edges stay inside one body"):
        each >> inner
