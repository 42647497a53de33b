"""Messages reach their channels: in order, at a pace, again and again, and given up in the end."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from exporters.core import Delivery, DeliveryError, Message
from limnograph.delivery import Courier, deliver_due, keep_delivering
from limnograph.handing_over import Delivered, Means, Send
from limnograph.incident_metrics import NOTIFICATIONS
from limnograph.pacing import FIRST_WAIT, LONGEST_WAIT, Terms, asked, backoff
from limnograph.store import SERVICE, Store
from monitors.errors import SecretError
from tests.limnograph.store.judgements import FAIL, PASS, WARN, check, judge, minute
from tests.limnograph.store.samples import NOW

pytestmark = pytest.mark.wide

FAST = Terms(rate=1_000_000.0)
Answer = Callable[[Message], Exception | None]


@dataclass
class Time:
    """A clock that moves when somebody waits, and never by itself."""

    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return (self.now - NOW).total_seconds()

    async def pause(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class Receiver:
    """Takes messages, unless `answer` says otherwise; gives the number of each as its receipt."""

    answer: Answer = lambda message: None
    got: list[tuple[Message, Mapping[str, str]]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    time: Time | None = None

    async def __call__(self, message: Message, receipt: Mapping[str, str]) -> Delivery:
        await asyncio.sleep(0)
        if self.time:
            self.at.append(self.time.monotonic())
        if error := self.answer(message):
            raise error
        self.got.append((message, receipt))
        return Delivery({"ts": str(len(self.got))})

    @property
    def changes(self) -> list[str]:
        return [str(message.change) for message, _ in self.got]


def fails(error: Exception, times: int = 10**9) -> Answer:
    """Raises an error so many times, and is content then."""
    left = [error] * min(times, 1000)

    def answer(message: Message) -> Exception | None:
        return left.pop() if left else None

    return answer


def courier(store: Store, time: Time, terms: Terms = FAST) -> Courier:
    return Courier(Means(store, time, terms, random.Random(0), time.monotonic, time.pause))


def delivered(
    store: Store, channels: Mapping[str, Send], time: Time | None = None, terms: Terms = FAST
) -> Delivered:
    return asyncio.run(courier(store, time or Time(minute(10)), terms).deliver(channels))


def counts(store: Store) -> dict[tuple[str, ...], float]:
    return {r.labels: r.value for r in store.counters([SERVICE]) if r.metric == NOTIFICATIONS.name}


def a_story(store: Store, id: str = "posts-a-day") -> None:
    for number, verdict in enumerate([WARN, FAIL, PASS]):
        judge(store, verdict, of=check(id), at=minute(number))


def test_messages_of_an_incident_arrive_in_order_with_the_receipt_of_the_one_before(
    store: Store,
) -> None:
    a_story(store)
    slack = Receiver()
    assert delivered(store, {"slack": slack}) == Delivered(delivered=3)
    assert slack.changes == ["opened", "updated", "resolved"]
    assert [receipt for _, receipt in slack.got] == [{}, {"ts": "1"}, {"ts": "2"}]
    assert delivered(store, {"slack": slack}) == Delivered()
    assert counts(store) == {("slack", "delivered"): 3}


def test_messages_of_many_incidents_all_arrive_each_in_order(store: Store) -> None:
    for number in range(20):
        a_story(store, f"c{number}")
    slack = Receiver()
    assert delivered(store, {"slack": slack}).delivered == 60
    for number in range(20):
        mine = [str(m.change) for m, _ in slack.got if m.check == f"c{number}"]
        assert mine == ["opened", "updated", "resolved"]


def test_a_channel_that_fails_holds_up_no_other_and_loses_nothing(store: Store) -> None:
    judge(store, FAIL, routes=lambda message: ["bad", "good"])
    judge(store, PASS, at=minute(1), routes=lambda message: ["bad", "good"])
    bad, good = Receiver(fails(DeliveryError("busy"), 1)), Receiver()
    with structlog.testing.capture_logs() as logs:
        made = delivered(store, {"bad": bad, "good": good})
    assert made == Delivered(delivered=2, retried=1, waiting=2)
    assert made.undelivered == 2
    assert (good.changes, bad.changes) == (["opened", "resolved"], [])
    assert [(log["event"], log["channel"], log["reason"]) for log in logs] == [
        ("message not taken", "bad", "busy")
    ]
    later = Time(minute(11))
    assert delivered(store, {"bad": bad, "good": good}, later).delivered == 2
    assert bad.changes == ["opened", "resolved"]


def test_what_is_refused_for_good_is_given_up_and_told_in_the_log(store: Store) -> None:
    a_story(store)
    gone = DeliveryError("the channel is gone", "mend it", permanent=True)
    slack = Receiver(fails(gone, 1))
    with structlog.testing.capture_logs() as logs:
        made = delivered(store, {"slack": slack})
    assert made == Delivered(delivered=2, dead=1)
    assert slack.changes == ["updated", "resolved"]
    (log,) = logs
    assert (log["log_level"], log["event"], log["mend"]) == (
        "error",
        "message given up",
        "mend it",
    )
    (dead,) = store.outbox("dead")
    assert dead.error == "the channel is gone; mend it"
    assert counts(store) == {("slack", "dead"): 1, ("slack", "delivered"): 2}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SecretError("env:HOOK is not set", "set it"), "env:HOOK is not set; set it"),
        (RuntimeError("https://hooks/SECRET"), "failed with RuntimeError"),
        (TimeoutError(), "no answer after 60 s; see whether it can be reached"),
    ],
)
def test_whatever_fails_is_tried_again_and_tells_no_secret(
    store: Store, error: Exception, told: str
) -> None:
    judge(store, FAIL)
    with structlog.testing.capture_logs() as logs:
        assert delivered(store, {"slack": Receiver(fails(error, 1))}).retried == 1
    assert store.outbox()[0].error == told
    assert "SECRET" not in repr(logs)


def test_a_receiver_that_does_not_answer_costs_a_time_out(store: Store) -> None:
    judge(store, FAIL)

    async def silent(message: Message, receipt: Mapping[str, str]) -> Delivery:
        await asyncio.Event().wait()
        raise AssertionError

    made = delivered(store, {"slack": silent}, terms=Terms(timeout=0.01))
    assert (made.retried, store.outbox()[0].error[:12]) == (1, "no answer af")


def test_a_time_that_the_receiver_names_is_kept_for_the_whole_channel(store: Store) -> None:
    for number in range(5):
        judge(store, FAIL, of=check(f"c{number}"))
    time = Time()
    slow = DeliveryError("slow down", retry_after=120.0)
    slack = Receiver(fails(slow, 1))
    made = delivered(store, {"slack": slack}, time, Terms(rate=1_000_000, together=1))
    assert (made.delivered, made.retried, made.waiting) == (0, 1, 5)
    early = Time(NOW + timedelta(seconds=119))
    assert delivered(store, {"slack": slack}, early).delivered == 0
    late = Time(NOW + timedelta(seconds=120))
    assert delivered(store, {"slack": slack}, late).delivered == 5


def test_a_channel_that_fails_again_and_again_gets_a_rest(store: Store) -> None:
    for number in range(10):
        judge(store, FAIL, of=check(f"c{number}"))
    asked_for: list[str] = []

    def down(message: Message) -> Exception:
        asked_for.append(message.check)
        return DeliveryError("down")

    terms = Terms(rate=1_000_000, together=1, failures=3)
    assert delivered(store, {"slack": Receiver(down)}, Time(), terms).retried == 3
    assert len(asked_for) == 3
    assert delivered(store, {"slack": Receiver(down)}, Time(), terms) == Delivered(waiting=10)


def test_tries_are_ever_rarer_and_end(store: Store) -> None:
    judge(store, FAIL)
    time, slack = Time(), Receiver(fails(DeliveryError("busy")))
    waits = []
    while store.waiting():
        delivered(store, {"slack": slack}, time, Terms(attempts=15))
        (row,) = store.outbox()
        if row.state == "waiting":
            waits.append((row.next_at - time.now).total_seconds())
            time.now = row.next_at
    assert len(waits) == 14
    for attempt, wait in enumerate(waits):
        assert 0.75 * FIRST_WAIT * 2**attempt <= wait or wait >= 0.75 * LONGEST_WAIT
        assert wait <= min(LONGEST_WAIT, 1.25 * FIRST_WAIT * 2**attempt)
    assert counts(store) == {("slack", "retried"): 14, ("slack", "dead"): 1}


def test_what_fails_for_a_day_is_given_up_however_long_it_had_waited_before(store: Store) -> None:
    judge(store, FAIL)
    slack = Receiver(fails(DeliveryError("busy")))
    time = Time(NOW + timedelta(days=7))
    assert delivered(store, {"slack": slack}, time).retried == 1
    time.now += timedelta(hours=23)
    assert delivered(store, {"slack": slack}, time).retried == 1
    time.now += timedelta(hours=2)
    assert delivered(store, {"slack": slack}, time).dead == 1


def test_messages_go_at_a_pace_after_a_short_burst(store: Store) -> None:
    for number in range(6):
        judge(store, FAIL, of=check(f"c{number}"))
    time = Time()
    slack = Receiver(time=time)
    assert (
        delivered(store, {"slack": slack}, time, Terms(rate=0.5, burst=2, together=1)).delivered
        == 6
    )
    assert slack.at == [0, 0, 2, 4, 6, 8]


def test_the_pace_holds_from_look_to_look(store: Store) -> None:
    time = Time()
    slack, one = Receiver(time=time), courier(store, time, Terms(rate=1, burst=1))

    async def twice() -> None:
        for number in range(3):
            judge(store, FAIL, of=check(f"c{number}"))
            await one.deliver({"slack": slack})

    asyncio.run(twice())
    assert slack.at == [0, 1, 2]


def test_a_look_ends_in_time_and_leaves_the_rest_for_the_next(store: Store) -> None:
    for number in range(40):
        judge(store, FAIL, of=check(f"c{number}"))
    time = Time()
    slack, one = Receiver(time=time), courier(store, time, Terms(rate=1, burst=1, batch=5))
    made = asyncio.run(one.deliver({"slack": slack}, 7.0))
    assert 8 <= made.delivered <= 15
    assert made.delivered + made.waiting == 40


def test_a_message_for_a_channel_that_is_not_declared_waits_a_day_and_is_given_up(
    store: Store,
) -> None:
    judge(store, FAIL)
    assert delivered(store, {"other": Receiver()}) == Delivered(waiting=1)
    late = Time(NOW + timedelta(hours=25))
    with structlog.testing.capture_logs() as logs:
        assert delivered(store, {}, late) == Delivered(dead=1)
    assert [log["channel"] for log in logs] == ["slack"]


def test_two_couriers_at_once_deliver_each_message_once(store: Store) -> None:
    for number in range(15):
        a_story(store, f"c{number}")
    slack, time = Receiver(), Time(minute(10))

    async def both() -> None:
        two = [courier(store, time).deliver({"slack": slack}) for _ in range(2)]
        await asyncio.gather(*two)

    asyncio.run(both())
    delivered(store, {"slack": slack})
    ids = [message.event_id for message, _ in slack.got]
    assert len(ids) == len(set(ids)) == 45
    for number in range(15):
        mine = [str(m.change) for m, _ in slack.got if m.check == f"c{number}"]
        assert mine == ["opened", "updated", "resolved"]


def test_who_is_cancelled_ends_what_is_on_its_way_and_gives_back_the_rest(store: Store) -> None:
    for number in range(4):
        judge(store, FAIL, of=check(f"c{number}"))
    taken: list[str] = []

    async def story() -> None:
        accepted, answered = asyncio.Event(), asyncio.Event()

        async def slow(message: Message, receipt: Mapping[str, str]) -> Delivery:
            taken.append(message.event_id)
            accepted.set()
            await answered.wait()
            return Delivery()

        terms = Terms(rate=1_000_000, together=1)
        task = asyncio.create_task(courier(store, Time(), terms).deliver({"slack": slow}))
        await accepted.wait()
        task.cancel()
        await asyncio.sleep(0)
        answered.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    assert len(taken) == 1
    assert [row.message.event_id for row in store.outbox("delivered")] == taken
    rest = Receiver()
    assert delivered(store, {"slack": rest}).delivered == 3


def test_what_is_open_is_told_again_to_who_wants_it(store: Store) -> None:
    a_story(store, "over")
    judge(store, FAIL)
    time, slack = Time(minute(2)), Receiver()
    one = courier(store, time)

    async def story() -> None:
        await one.deliver({"slack": slack})
        slack.got.clear()
        for _ in range(10):
            time.now += timedelta(seconds=30)
            await one.refresh({"slack": slack}, {"slack": 60.0, "unknown": 1.0})

    asyncio.run(story())
    told = [(m.check, str(m.change)) for m, _ in slack.got]
    assert told.count(("posts-a-day", "opened")) == 5
    assert told.count(("over", "resolved")) == 1
    assert len(told) == 6


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.001)


def kept(store: Store, channels: Callable[[], Mapping[str, Send]], story: Any) -> None:
    """Keep delivering beside a story, which gets the event that ends it."""

    async def whole() -> None:
        stop = asyncio.Event()
        keeping = asyncio.create_task(
            keep_delivering(store, channels, Time(minute(10)), stop, 0.001, terms=FAST)
        )
        await story()
        stop.set()
        await keeping

    asyncio.run(whole())


def test_what_comes_later_is_delivered_until_it_is_stopped(store: Store) -> None:
    slack = Receiver()

    async def story() -> None:
        for number in range(3):
            judge(store, FAIL, of=check(f"c{number}"))
            await _until(lambda number=number: len(slack.got) == number + 1)  # type: ignore[misc]

    kept(store, lambda: {"slack": slack}, story)
    assert slack.changes == ["opened"] * 3


def test_a_failure_is_told_once_and_delivery_goes_on(store: Store) -> None:
    slack, calls = Receiver(), [0]
    judge(store, FAIL)

    def channels() -> Mapping[str, Send]:
        calls[0] += 1
        if calls[0] < 5:
            raise SecretError("env:HOOK is not set", "set it")
        return {"slack": slack}

    with structlog.testing.capture_logs() as logs:
        kept(store, channels, lambda: _until(lambda: bool(slack.got)))
    assert [(log["event"], log["reason"]) for log in logs] == [
        ("messages wait", "env:HOOK is not set")
    ]


def test_deliver_due_is_one_look(store: Store) -> None:
    judge(store, FAIL)
    slack = Receiver()
    work: Awaitable[Delivered] = deliver_due(store, {"slack": slack}, Time(minute(1)))
    assert asyncio.run(_awaited(work)) == Delivered(delivered=1)


async def _awaited(work: Awaitable[Delivered]) -> Delivered:
    return await work


@pytest.mark.parametrize(
    ("given", "seconds"), [(None, 0), (-5, 0), (float("nan"), 0), (7.5, 7.5), (1e300, 86400)]
)
def test_only_a_sensible_wait_is_taken_from_a_receiver(given: float, seconds: float) -> None:
    assert asked(DeliveryError("busy", retry_after=given)) == seconds


def test_waits_double_up_to_an_hour() -> None:
    chance = random.Random(1)
    assert all(3.75 <= backoff(0, chance) <= 6.25 for _ in range(100))
    assert all(2700 <= backoff(10_000, chance) <= 3600 for _ in range(100))
