"""The service prunes at the start, then every day, and outlives a store that fails."""

import asyncio
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from limnograph.pruning import policy, prune_daily
from limnograph.settings import load
from limnograph.store import Keep, Policy, Store, open_store
from monitors import freshness, ingestion
from tests.limnograph.store.samples import POSTS, ROWS, at, read, rows, write

DAYS = timedelta(days=1)
NOW = at("2026-07-01 00:00")


def filled(store: Store) -> None:
    measured = rows(1, "2026-03-01 09:00"), rows(2, "2026-03-01 10:00")
    write(store, read(measurements=measured), now=at("2026-03-01 11:00"))


def test_the_policy_has_the_roll_up_of_every_gauge_and_the_exceptions(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "store: {retention: {hourly: 60d}, metrics: {lakehouse_table_rows: {points: 30d}}}\n"
        "tables: []\n"
    )
    found = policy(load(file))
    assert found.of(ROWS.name) == Keep(points=30 * DAYS, hourly=60 * DAYS, rollup="last")
    assert found.of(freshness.LAST_COMMIT.name) == Keep(hourly=60 * DAYS, rollup="max")
    assert found.of("of_a_plug_in_that_is_gone") == Keep(hourly=60 * DAYS)
    assert ingestion.CHANGES.name not in found.metrics
    assert found.events == 400 * DAYS


def test_it_prunes_at_the_start_and_ends_when_it_is_told(tmp_path: Path) -> None:
    async def serve(store: Store) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(prune_daily(store, Policy, lambda: NOW, stop))
        while len(store.points(POSTS.id, ROWS.name)) > 1:
            await asyncio.sleep(0.005)
        stop.set()
        await asyncio.wait_for(running, 60)

    with open_store(f"sqlite:///{tmp_path / 'limnograph.db'}") as store, capture_logs() as logs:
        filled(store)
        asyncio.run(serve(store))
    assert [line["event"] for line in logs] == ["store pruned"]
    assert logs[0]["point"] == 1


def test_a_store_that_fails_is_told_in_the_log_and_tried_again_later(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"

    async def serve(store: Store) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(prune_daily(store, Policy, lambda: NOW, stop))
        while not logs:
            await asyncio.sleep(0.005)
        assert not running.done()
        stop.set()
        await asyncio.wait_for(running, 60)

    with open_store(f"sqlite:///{path}") as store, capture_logs() as logs:
        store.close()
        path.write_bytes(b"these are my notes\n" * 1000)
        asyncio.run(serve(store))
    assert [line["event"] for line in logs] == ["pruning failed"]
    assert logs[0]["mend"] == "name another file, or restore this one from a backup"
