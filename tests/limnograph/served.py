"""`serve` in the test's own process: a real service, real HTTP, the clock in the test's hands."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from deltalake import write_deltalake

from limnograph.config_file import ConfigFile
from limnograph.reloading import Reloader
from limnograph.service import Service, opened
from limnograph.serving import pages
from limnograph.settings import load
from limnograph.web.metrics_feed import MetricsFeed
from limnograph.web.server import Server
from monitors.errors import StoreError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENCE = 30.0  # seconds


@dataclass
class Time:
    """The clock of the service."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Served:
    """A service at work, and what is seen of it over HTTP."""

    service: Service
    reloader: Reloader
    feed: MetricsFeed
    client: httpx.Client
    time: Time
    folder: Path

    def get(self, path: str) -> tuple[int, Any]:
        """Status and document of an answer."""
        response = self.client.get(path)
        return response.status_code, response.json()

    def metrics(self, *words: str) -> dict[str, float]:
        """The series whose lines hold one of some words, as /metrics shows them after a look."""
        with suppress(StoreError):
            self.feed.refresh()
        text = self.client.get("/metrics").text.replace('catalog="",', "").replace('schema="",', "")
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {
            name: float(value) for name, _, value in lines if any(word in name for word in words)
        }

    async def later(self, minutes: float = 20) -> None:
        """Let time pass, and wake the service."""
        self.time.now += timedelta(minutes=minutes)
        await self.reloader.reload()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds; fails when it does not in half a minute."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.01)

    async def until_read(self, minutes: float = 20) -> None:
        """Let time pass, and wait until a cycle has ended since."""
        await self.later(minutes)
        last = 'lakehouse_monitor_last_success_timestamp_seconds{monitor="ingestion"}'
        due = self.time.now.timestamp()
        await self.until(lambda: self.metrics(last).get(last) == due)


def served(config: Path, scenario: Callable[[Served], Awaitable[None]]) -> None:
    """Serve a configuration for as long as the scenario takes."""
    time = Time()
    file = ConfigFile(config)
    with opened(load(config), clock=time) as service:
        reloader = Reloader(service, file, look=0.01)
        feed, app = pages(service, reloader)

        async def play(stop: asyncio.Event) -> None:
            try:
                with httpx.Client(base_url=server.url) as client:
                    folder = config.parent
                    await scenario(Served(service, reloader, feed, client, time, folder))
            except Exception as error:
                failures.append(error)
            finally:
                stop.set()

        failures: list[Exception] = []
        switch_interval = sys.getswitchinterval()
        try:
            with Server(app) as server:
                asyncio.run(service.keep_reading(play))
        finally:
            sys.setswitchinterval(switch_interval)
            gc.unfreeze()
    for failure in failures:
        raise failure


def write_table(path: Path, rows: int) -> None:
    """Append a commit of some rows to a Delta table, created when it is not there."""
    path.mkdir(parents=True, exist_ok=True)
    write_deltalake(path, pa.table({"id": list(range(rows))}), mode="append")
