"""How far a foreach is, and when a log hears of it."""

from automata.cli.fan import Fans
from automata.model import BodyFailed, BodyFinished, ErrorInfo, RunStarted, StepStarted


def begun(total, clock):
    fans = Fans(lambda address: address == "each", lambda: clock[0])
    fans(StepStarted("each", 1, {"items": list(range(total))}))
    return fans


def test_a_log_gets_ten_lines_however_many_items_there_are():
    clock = [0.0]
    fans, told = begun(1000, clock), 0

    for at in range(1000):
        clock[0] += 0.1
        told += fans(BodyFinished(f"each[{at}]", None)).due()

    assert 9 <= told <= 11


def test_a_slow_foreach_is_heard_of_every_ten_seconds():
    clock = [0.0]
    fans = begun(1000, clock)
    told = []

    for at in range(5):
        clock[0] += 6
        told.append(fans(BodyFailed(f"each[{at}]", ErrorInfo("a", "b"))).due())

    assert told == [False, True, False, True, False]


def test_the_note_has_number_rate_and_time_left():
    clock = [0.0]
    fans = begun(4, clock)
    clock[0] = 1.0

    assert fans(BodyFinished("each[0]", None)).note == "1/4, 1.0/s, 3 s left"


def test_what_is_no_foreach_is_not_counted():
    fans = begun(3, [0.0])

    assert fans(StepStarted("other", 1, {"items": [1]})) is None
    assert fans(BodyFinished("", None)) is None
    assert fans(BodyFinished("loop[0]", None)) is None
    assert fans(RunStarted(None)) is None


def test_an_empty_foreach_is_due_like_a_finished_one():
    clock = [0.0]
    fans = begun(0, clock)
    clock[0] = 3.0
    fan = fans(BodyFinished("each[0]", None))

    assert fan.due()
