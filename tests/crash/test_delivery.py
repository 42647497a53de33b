"""Who delivers is killed: nothing is lost, and what is repeated is known by its event id."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from limnograph.incident_metrics import NOTIFICATIONS
from limnograph.store import SERVICE, Store
from tests.crash.harness import PATIENCE, script
from tests.crash.receiver import Receiver, receiving
from tests.limnograph.store.judgements import FAIL, PASS, WARN, check, judge

CHANGES = ["opened", "updated", "resolved"]
AFTER_THE_LEASE = 11.0  # minutes


def stories(store: Store, number: int) -> list[str]:
    """So many incidents, each told three times; the ids of their checks."""
    start = datetime.now(UTC) - timedelta(minutes=10)
    names = [f"c{place}" for place in range(number)]
    for name in names:
        for place, verdict in enumerate([WARN, FAIL, PASS]):
            at = start + timedelta(minutes=place)
            judge(store, verdict, of=check(name), at=at, routes=lambda message: ["hook"])
    return names


@contextmanager
def delivering(
    url: str, receiver: Receiver, folder: Path, *how: object
) -> Iterator[subprocess.Popen[str]]:
    with script("telling.py", url, receiver.url, *how, log=folder / "telling.log") as process:
        yield process


def deliver(url: str, receiver: Receiver, folder: Path, minutes: float) -> None:
    """One process that nobody disturbs, with its clock so far ahead."""
    with delivering(url, receiver, folder, minutes, "never", 0) as process:
        assert process.wait(PATIENCE) == 0, (folder / "telling.log").read_text()


def killed_at(url: str, receiver: Receiver, folder: Path, moment: str, number: int) -> None:
    """One process that is killed when the receiver has taken its message of that number."""
    with delivering(url, receiver, folder, 0, moment, number) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n", (folder / "telling.log").read_text()
        process.kill()
        process.wait(PATIENCE)


def in_order(bodies: list[dict[str, Any]], name: str) -> bool:
    return [body["change"] for body in bodies if body["check"] == name] == CHANGES


def counted(store: Store) -> dict[tuple[str, ...], float]:
    return {r.labels: r.value for r in store.counters([SERVICE]) if r.metric == NOTIFICATIONS.name}


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "number"), [("statement", 1), ("commit", 2), ("commit", 3)])
def test_killed_between_acceptance_and_commit_it_repeats_one_message(
    store: Store, store_url: str, tmp_path: Path, moment: str, number: int
) -> None:
    (name,) = stories(store, 1)
    with receiving() as receiver:
        killed_at(store_url, receiver, tmp_path, moment, number)
        assert [body["change"] for body in receiver.took] == CHANGES[:number]
        states = [row.state for row in store.outbox()]
        assert states == ["delivered"] * (number - 1) + ["waiting"] * (4 - number)
        # The lease of the dead still holds: nobody may overtake what is perhaps on its way.
        deliver(store_url, receiver, tmp_path, 1)
        assert len(receiver.took) == number
        deliver(store_url, receiver, tmp_path, AFTER_THE_LEASE)
    repeated = [event for event, times in Counter(receiver.events).items() if times > 1]
    assert repeated == [receiver.events[number - 1]]
    assert receiver.took[number] == receiver.took[number - 1]
    assert len(receiver.took) == 4
    assert in_order(receiver.first(), name)
    assert [row.state for row in store.outbox()] == ["delivered"] * 3
    assert counted(store) == {("hook", "delivered"): 3}


@pytest.mark.slow
def test_the_messages_of_others_do_not_wait_for_the_lease_of_the_dead(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    names = stories(store, 2)
    with receiving() as receiver:
        killed_at(store_url, receiver, tmp_path, "commit", 1)
        stories(store, 3)  # a third incident, and nothing new of the others
        deliver(store_url, receiver, tmp_path, 1)
        assert in_order(receiver.took, "c2")
        deliver(store_url, receiver, tmp_path, AFTER_THE_LEASE)
    assert len(receiver.took) == len(set(receiver.events)) + 1
    assert all(in_order(receiver.first(), name) for name in names)
    assert store.waiting() == 0


@pytest.mark.slow
def test_processes_that_deliver_at_once_deliver_each_message_once(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    names = stories(store, 12)
    with receiving() as receiver, ExitStack() as stack:
        processes = [
            stack.enter_context(delivering(store_url, receiver, tmp_path, 0, "never", 0))
            for _ in range(2)
        ]
        for process in processes:
            assert process.wait(PATIENCE) == 0, (tmp_path / "telling.log").read_text()
    assert store.waiting() == 0
    assert len(receiver.events) == len(set(receiver.events)) == 36
    assert all(in_order(receiver.took, name) for name in names)


@pytest.mark.slow
def test_killed_again_and_again_it_loses_nothing(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    seed = int(os.environ.get("LIMNOGRAPH_TEST_SEED") or random.SystemRandom().randrange(10**6))
    sys.stdout.write(f"LIMNOGRAPH_TEST_SEED={seed}\n")
    chance = random.Random(seed)
    names, kills = stories(store, 15), 4
    with receiving() as receiver:
        for life in range(kills):
            minutes = life * AFTER_THE_LEASE
            wanted = len(receiver.took) + chance.randint(1, 8)
            with delivering(store_url, receiver, tmp_path, minutes, "never", 0) as process:
                assert receiver.has_taken(wanted, PATIENCE), (tmp_path / "telling.log").read_text()
                process.kill()
                process.wait(PATIENCE)
        deliver(store_url, receiver, tmp_path, kills * AFTER_THE_LEASE)
    assert len(set(receiver.events)) == 45
    assert len(receiver.events) <= 45 + kills
    assert all(in_order(receiver.first(), name) for name in names)
    assert store.waiting() == 0
    assert counted(store) == {("hook", "delivered"): 45}
