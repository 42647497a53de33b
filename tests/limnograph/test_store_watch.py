from datetime import UTC, datetime, timedelta

import pytest

from limnograph.self_metrics import STORE_UP, STORE_UP_CHANGED
from limnograph.store_watch import StoreWatch
from monitors.errors import StoreError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FULL, GONE = StoreError("store a.db: full", "make room"), StoreError("store a.db: gone", "look")


class Watched:
    """A watch whose clock moves on by a minute each time it is asked."""

    def __init__(self) -> None:
        self.now = NOON
        self.watch = StoreWatch(self.clock)

    def clock(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def shown(self) -> dict[str, float]:
        return {name: value for name, _, value in self.watch.samples}


def shows(up: float, minutes: int) -> dict[str, float]:
    since = (NOON + timedelta(minutes=minutes)).timestamp()
    return {STORE_UP.name: up, STORE_UP_CHANGED.name: since}


def test_a_store_works_until_something_else_is_known() -> None:
    it = Watched()
    assert (it.shown(), it.watch.trouble) == (shows(1, 1), "")


def test_an_outage_begins_with_the_first_failure_and_ends_when_every_use_works() -> None:
    it = Watched()
    it.watch.failed("written", FULL)
    it.watch.failed("read", GONE)
    it.watch.failed("written", FULL)
    assert it.shown() == shows(0, 2)
    it.watch.works("written")
    assert it.shown() == shows(0, 2)
    assert it.watch.trouble == (
        "the store cannot be read since 2026-11-20 12:02:00 UTC: store a.db: gone"
    )
    it.watch.works("read")
    assert (it.shown(), it.watch.trouble) == (shows(1, 3), "")


def test_only_an_error_of_the_store_is_noted() -> None:
    it = Watched()
    with pytest.raises(ValueError, match="bug"), it.watch.noting("read"):
        raise ValueError("bug")
    assert not it.watch.fails("read")
    with pytest.raises(StoreError), it.watch.noting("read"):
        raise GONE
    assert it.watch.fails("read")
    assert not it.watch.fails("written")


def test_what_works_still_is_no_news() -> None:
    it = Watched()
    it.watch.works("read")
    assert it.shown() == shows(1, 1)
