from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from limnograph.self_metrics import MONITOR_DUE, MONITOR_LAST_SUCCESS, MONITOR_UP
from limnograph.store import SERVICE, Store, open_store
from limnograph.web.readiness import not_ready
from monitors.core import Reading, Subject
from monitors.errors import StoreError
from tests.limnograph.store.samples import write

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DUE = NOON + timedelta(minutes=45)
MONITORS = ["freshness", "ingestion"]


def succeeded(store: Store, monitor: str) -> None:
    measurements = (
        MONITOR_LAST_SUCCESS(NOON.timestamp(), monitor, at=NOON),
        MONITOR_DUE(DUE.timestamp(), monitor, at=NOON),
    )
    write(
        store,
        Reading(measurements=measurements),
        subject=Subject("monitor", monitor),
        monitor=SERVICE,
    )


def test_not_ready_before_the_first_cycle(store: Store) -> None:
    assert not_ready(store, MONITORS, NOON) == ["no cycle has succeeded yet"]


def test_not_ready_when_no_cycle_ever_succeeded(store: Store) -> None:
    down = Reading(measurements=(MONITOR_UP(0, "ingestion", at=NOON),))
    write(store, down, subject=Subject("monitor", "ingestion"), monitor=SERVICE)
    assert not_ready(store, MONITORS, NOON) == ["no cycle has succeeded yet"]


def test_ready_until_three_intervals_after_the_last_success(store: Store) -> None:
    succeeded(store, "ingestion")
    assert not_ready(store, MONITORS, DUE) == []
    assert not_ready(store, MONITORS, DUE + timedelta(seconds=1)) == [
        "the last cycle that succeeded ended at 2026-03-10 12:00:00 UTC"
    ]


def test_a_monitor_that_was_switched_off_does_not_count(store: Store) -> None:
    succeeded(store, "ingestion")
    assert not_ready(store, ["freshness"], NOON) == ["no cycle has succeeded yet"]


def test_a_store_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"
    with open_store(f"sqlite:///{path}") as store:
        store.close()
        for file in tmp_path.iterdir():
            file.unlink()
        path.mkdir()
        with pytest.raises(StoreError):
            not_ready(store, MONITORS, NOON)
