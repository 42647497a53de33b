"""The outbox: what is to be told waits, is taken once, in order, and is never lost."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from exporters.core import Message
from limnograph.incident_metrics import NOTIFICATIONS
from limnograph.store import SERVICE, Store
from limnograph.store.documents import message_json, message_of
from tests.limnograph.store.judgements import (
    FAIL,
    LEASE,
    PASS,
    WARN,
    check,
    judge,
    minute,
    taken,
    told,
)
from tests.limnograph.store.samples import NOW
from tests.limnograph.store.test_racing import together


def counts(store: Store) -> dict[tuple[str, ...], float]:
    return {r.labels: r.value for r in store.counters([SERVICE]) if r.metric == NOTIFICATIONS.name}


def opened_and_resolved(store: Store) -> None:
    judge(store, WARN)
    judge(store, FAIL, at=minute(1))
    judge(store, PASS, at=minute(2))
    assert told(store) == ["opened", "updated", "resolved"]


def test_messages_of_an_incident_go_one_after_the_other(store: Store) -> None:
    opened_and_resolved(store)
    order = []
    for number in range(3):
        revision = store.revision()
        (row,) = taken(store, minute(5))
        assert taken(store, minute(5)) == []
        assert store.revision() == revision
        assert store.delivered(row.id, {"ts": str(number)}, minute(5), row.lease)
        # The counter is news to other processes.
        assert store.revision() > revision
        order.append((str(row.message.change), row.receipt))
    assert order == [("opened", {}), ("updated", {"ts": "0"}), ("resolved", {"ts": "1"})]
    assert taken(store, minute(5)) == []
    assert store.waiting() == 0
    assert counts(store) == {("slack", "delivered"): 3}


def test_messages_of_several_incidents_and_channels_go_at_the_same_time(store: Store) -> None:
    judge(store, FAIL, routes=lambda message: ["a", "b", "a"])
    judge(store, FAIL, of=check("other"), routes=lambda message: ["b"])
    assert store.waiting_channels(NOW) == {"a", "b"}
    assert len(store.claim(NOW, LEASE, 10, ["b"])) == 2
    assert store.waiting_channels(NOW) == {"a"}
    assert [row.channel for row in taken(store, NOW)] == ["a"]


def test_no_more_is_taken_than_is_asked_for(store: Store) -> None:
    for number in range(3):
        judge(store, FAIL, of=check(f"c{number}"), at=minute(5))
    # Whoever delivers may have a clock that is late.
    assert len(taken(store, minute(4), limit=2)) == 2
    assert len(taken(store, minute(4), limit=2)) == 1


def test_a_lease_that_is_over_lets_another_one_deliver(store: Store) -> None:
    judge(store, FAIL)
    (first,) = taken(store, NOW)
    assert taken(store, NOW + LEASE - timedelta(seconds=1)) == []
    (second,) = taken(store, NOW + LEASE)
    assert (second.id, second.message) == (first.id, first.message)
    assert second.lease != first.lease
    # Whoever lost it can neither give it up nor try it again.
    assert not store.failed(first.id, "late", None, minute(6), first.lease)
    assert store.delivered(second.id, {}, minute(6), second.lease)
    assert not store.delivered(first.id, {"ts": "1"}, minute(6), first.lease)
    assert counts(store) == {("slack", "delivered"): 1}


def test_what_was_delivered_by_one_who_lost_the_lease_is_not_told_again(store: Store) -> None:
    judge(store, FAIL)
    (first,) = taken(store, NOW)
    (second,) = taken(store, NOW + LEASE)
    assert store.delivered(first.id, {}, minute(6), first.lease)
    assert not store.delivered(second.id, {}, minute(6), second.lease)
    assert store.waiting() == 0


def test_what_failed_waits_until_its_time_and_blocks_what_follows(store: Store) -> None:
    opened_and_resolved(store)
    (row,) = taken(store, minute(5))
    assert store.failed(row.id, "busy", minute(9), minute(5), row.lease)
    assert taken(store, minute(8)) == []
    (again,) = taken(store, minute(9))
    assert (again.id, again.attempts, again.first_at, again.error) == (row.id, 1, minute(5), "busy")
    assert counts(store) == {("slack", "retried"): 1}


def test_what_is_dead_is_kept_and_no_longer_blocks(store: Store) -> None:
    opened_and_resolved(store)
    (row,) = taken(store, minute(5))
    assert store.failed(row.id, "no such channel", None, minute(5), row.lease)
    (following,) = taken(store, minute(5))
    assert str(following.message.change) == "updated"
    (dead,) = store.outbox("dead")
    assert (dead.id, dead.error, dead.last_at) == (row.id, "no such channel", minute(5))
    assert counts(store) == {("slack", "dead"): 1}
    assert not store.failed(row.id, "again", None, minute(6))


def test_what_is_dead_can_be_tried_again(store: Store) -> None:
    judge(store, FAIL)
    (row,) = taken(store, NOW)
    store.failed(row.id, "gone", None, NOW, row.lease)
    assert store.retry_dead(minute(1), [row.id + 1]) == 0
    assert store.retry_dead(minute(1)) == 1
    (again,) = taken(store, minute(1))
    assert (again.attempts, again.first_at, again.message) == (0, None, row.message)


def test_what_is_dead_and_was_overtaken_is_not_tried_again(store: Store) -> None:
    judge(store, FAIL)
    judge(store, PASS, at=minute(1))
    (row,) = taken(store, minute(2))
    store.failed(row.id, "gone", None, minute(2), row.lease)
    (row,) = taken(store, minute(2))
    store.delivered(row.id, {}, minute(2), row.lease)
    assert store.retry_dead(minute(3)) == 0


def test_what_was_not_tried_is_given_back(store: Store) -> None:
    judge(store, FAIL)
    rows = taken(store, NOW)
    store.release([replace(row, lease="another's") for row in rows])
    assert taken(store, NOW) == []
    store.release(rows)
    (row,) = taken(store, NOW)
    assert row.attempts == 0


def test_a_channel_that_asks_for_it_is_left_alone(store: Store) -> None:
    judge(store, FAIL, routes=lambda message: ["a", "b"])
    store.postpone("a", minute(10))
    store.postpone("a", minute(5))
    assert [row.channel for row in taken(store, minute(9))] == ["b"]
    assert [row.channel for row in store.claim(minute(10), LEASE, 9, ["a"])] == ["a"]


def test_what_waits_too_long_for_a_channel_that_nobody_declares_is_given_up(store: Store) -> None:
    judge(store, FAIL, routes=lambda message: ["old", "new"])
    assert store.bury({"new"}, NOW, minute(1), "not declared") == []
    assert store.bury({"new"}, minute(1), minute(1), "not declared") == ["old"]
    assert [row.channel for row in store.outbox("dead")] == ["old"]
    assert [row.channel for row in store.outbox("waiting")] == ["new"]


def test_two_threads_never_take_the_same_message(store: Store) -> None:
    for number in range(30):
        judge(store, FAIL, of=check(f"c{number}"))
    ids: list[int] = []

    def take() -> None:
        for _ in range(15):
            ids.extend(row.id for row in taken(store, NOW, 2))

    together(take, take, take)
    assert sorted(ids) == [row.id for row in store.outbox()]
    assert len(set(ids)) == 30


def test_two_threads_count_every_delivery(store: Store) -> None:
    for number in range(20):
        judge(store, FAIL, of=check(f"c{number}"))
    rows = taken(store, NOW)

    def deliver(mine: list[int]) -> None:
        for id in mine:
            store.delivered(id, {}, NOW)

    ids = [row.id for row in rows]
    together(partial(deliver, ids[::2]), partial(deliver, ids[1::2]))
    assert counts(store) == {("slack", "delivered"): 20}


def refreshed(store: Store, now: float) -> list[str]:
    rows = store.refreshable("slack", timedelta(minutes=5), minute(now), LEASE, 10)
    for row in rows:
        assert store.delivered(row.id, {}, minute(now), row.lease)
    return [str(row.message.change) for row in rows]


def test_open_incidents_are_told_again_with_the_same_event(store: Store) -> None:
    judge(store, WARN)
    (row,) = taken(store, NOW)
    store.delivered(row.id, {}, NOW, row.lease)
    assert refreshed(store, 4) == []
    (again,) = store.refreshable("slack", timedelta(minutes=5), minute(5), LEASE, 10)
    assert again.message.event_id == row.message.event_id
    assert store.refreshable("slack", timedelta(minutes=5), minute(5), LEASE, 10) == []
    assert store.refreshable("other", timedelta(minutes=5), minute(5), LEASE, 10) == []
    assert store.failed(again.id, "busy", None, minute(5), again.lease)
    assert store.outbox()[0].state == "delivered"
    assert refreshed(store, 10) == ["opened"]
    assert refreshed(store, 15) == ["opened"]


def test_only_the_newest_of_an_incident_is_told_again(store: Store) -> None:
    judge(store, WARN)
    (row,) = taken(store, NOW)
    store.delivered(row.id, {}, NOW, row.lease)
    judge(store, FAIL, at=minute(1))
    assert refreshed(store, 30) == []
    (row,) = taken(store, minute(30))
    store.delivered(row.id, {}, minute(30), row.lease)
    assert refreshed(store, 35) == ["updated"]


def test_a_resolution_is_told_again_once(store: Store) -> None:
    judge(store, FAIL)
    judge(store, PASS, at=minute(1))
    for _ in range(2):
        (row,) = taken(store, minute(1))
        store.delivered(row.id, {}, minute(1), row.lease)
    assert refreshed(store, 6) == ["resolved"]
    assert refreshed(store, 12) == []


def test_a_message_survives_a_change_of_its_fields(store: Store) -> None:
    judge(store, FAIL)
    (row,) = store.outbox()
    document = {**message_json(row.message), "newer": 1}
    assert message_of(document) == row.message
    older = {k: v for k, v in document.items() if k not in ("items", "slice", "since")}
    assert message_of(older) == replace(row.message, since=None)
    assert isinstance(message_of(older), Message)


def test_the_outbox_of_one_incident_is_found(store: Store) -> None:
    judge(store, FAIL)
    judge(store, FAIL, of=check("other"))
    one = store.incidents()[0]
    assert [row.message.incident for row in store.outbox(incident=one.id)] == [one.id]
    assert store.outbox("dead", incident=one.id) == []
