"""What an action in a child process may use: asked of the kernel, forgotten afterwards, and never in a log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from automata._core.pool.context import AskingContext, Facts
from automata._core.pool.pool import ChildPool
from automata._core.pool.process import Bounds
from automata.errors import PermissionDenied, StepError
from automata.ports import BlockingContext, HttpResponse

TOKEN = "sk-very-secret"


@pytest.fixture
def one():
    return ChildPool(Bounds(size=1))


def run(pool, call, *actions, **parameters):
    async def main():
        async with pool:
            return [await tried(call, action, **parameters) for action in actions]

    return asyncio.run(main())


async def tried(call, action, **parameters):
    try:
        return await call(action, **parameters)
    except StepError as error:
        return error


def test_an_action_knows_its_attempt(pool, call, context):
    context.deadline = context.time + timedelta(seconds=30)
    context.settings = {"AUTOMATA_TEST_COLOUR": "red"}
    context.credential = {"token": TOKEN}

    (facts,) = run(pool, call, "facts")

    now = datetime.fromisoformat(facts.pop("now"))
    assert timedelta(0) <= now - context.time < timedelta(seconds=10)
    assert facts == {
        "run": "run",
        "node": "node",
        "attempt": 1,
        "key": "key-of-node",
        "dry": False,
        "deadline": context.deadline.isoformat(),
        "setting": "red",
        "credential": {"token": TOKEN},
        "evaluated": "when evaluated",
        "cancelled": False,
    }


def test_an_action_says_how_far_it_is(pool, call, context):
    run(pool, call, "tell")

    assert context.logs == [("Half way", {"rows": 5})]
    assert context.steps == [(1, 2, "rows")]


def test_an_unknown_parameter_is_the_same_error_as_outside(pool, call):
    assert run(pool, call, "look_up") == ["'missing'"]


def test_threads_of_an_action_may_ask_at_once(pool, call, context):
    context.settings = {"AUTOMATA_TEST_COLOUR": "red"}

    assert run(pool, call, "ask_in_threads") == [["red"] * 8]


class Client:
    def __init__(self, error=None):
        self.error = error
        self.seen = []

    async def request(self, method, url, **more):
        self.seen.append((method, url, more))
        if self.error is not None:
            raise self.error
        return HttpResponse(status=201, headers={"x-b": "c"}, body=b"\xff\x00", url=url)


def test_requests_go_through_the_kernels_client(pool, call, context):
    context.http = Client()

    (answer,) = run(pool, call, "fetch", url="https://example.org/")

    assert answer == {"status": 201, "body": [255, 0], "headers": {"x-b": "c"}}
    method, url, more = context.http.seen[0]
    assert (method, url, more["body"], more["headers"]) == (
        "POST",
        "https://example.org/",
        b"\x00\xff",
        {"x-a": "b"},
    )


def test_a_refused_request_is_the_same_error_as_outside(pool, call, context):
    context.http = Client(PermissionDenied("Not a public address"))

    (error,) = run(pool, call, "fetch", url="http://10.0.0.1/")

    assert type(error) is PermissionDenied
    assert error.message == "Not a public address"


def test_a_cancelled_action_is_woken_from_its_sleep(pool, call, context):
    async def main():
        async with pool:
            task = asyncio.get_running_loop().create_task(call("sleep", seconds=60))
            async with asyncio.timeout(5):
                while not context.logs:  # noqa: ASYNC110 - a process is watched from outside
                    await asyncio.sleep(0.005)
            (pid,) = pool.pids
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return pid, (await call("whoami"))["pid"]

    async def sleep(seconds):
        await asyncio.sleep(seconds)

    object.__setattr__(context, "sleep", sleep)
    before, after = asyncio.run(main())

    assert before == after


def test_a_credential_is_gone_after_the_attempt(one, call, context):
    call.pool = one
    context.credential = {"token": TOKEN}

    error, recalled = run(one, call, "keep_secret", "recall")

    assert isinstance(error, StepError)
    assert recalled == {"kept": [{}]}


def test_a_credential_is_in_no_log_and_no_error(pool, call, context):
    context.credential = {"token": TOKEN}

    (error,) = run(pool, call, "keep_secret")

    assert error.message == "ValueError: Refused ***"
    assert TOKEN not in str(error.details)
    assert context.logs == [("the secret is ***", {"source": "output"})]


def made(asked):
    def ask(question, given):
        asked.append(question)
        return {"credential": {"token": "x"}, "idempotency_key": "k"}.get(question)

    facts = Facts(run_id="r", node="n", attempt=1, dry_run=True, deadline=None, now=datetime.now(UTC).isoformat())
    return AskingContext(facts, ask, lambda kind, given: None, lambda: False)


def test_what_cannot_change_is_asked_once():
    asked = []
    context: BlockingContext = made(asked)

    assert {context.idempotency_key, context.idempotency_key} == {"k"}
    assert context.credential is context.credential
    assert asked == ["idempotency_key", "credential"]
    assert (context.deadline, context.dry_run, context.cancelled) == (None, True, False)


def test_a_closed_context_has_forgotten():
    context = made([])
    kept = context.credential

    context.close()

    assert kept == {}
