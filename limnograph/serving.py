"""`serve`: the scheduler in the main thread, HTTP and the metrics page in threads of their own."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fastapi import FastAPI

from exporters.report import to_json
from limnograph.pruning import policy, prune_daily
from limnograph.reloading import Reloader
from limnograph.reporting import make_report
from limnograph.service import Service
from limnograph.settings import TableSettings
from limnograph.web.app import create_app
from limnograph.web.metrics_feed import MetricsFeed, page
from limnograph.web.readiness import not_ready
from limnograph.web.server import Server

REPORT_EVERY = timedelta(seconds=15)


def serve_until_stopped(service: Service, reloader: Reloader, host: str, port: int) -> None:
    """Answer HTTP, keep reading and follow the configuration, until SIGTERM or SIGINT.

    Raises LimnographError when the address cannot be had, StoreError when the store cannot.
    """
    feed, app = pages(service, reloader)
    feed.start()
    try:
        with Server(app, host, port):
            asyncio.run(
                service.keep_reading(
                    reloader.watch, partial(_prune, service), service.keep_delivering
                )
            )
    finally:
        feed.stop()


def pages(service: Service, reloader: Reloader) -> tuple[MetricsFeed, FastAPI]:
    """What answers HTTP: the application, and what keeps its metrics current."""
    exposition = page(service.settings)
    feed = MetricsFeed(
        service.store,
        exposition,
        lambda: service.tables,
        service.clock,
        watch=service.store_watch,
        chosen=lambda: service.settings.metrics,
        own=lambda: reloader.samples,
    )
    app = create_app(
        exposition,
        partial(_readiness, service),
        _Reports(service),
        warnings=lambda: reloader.warnings,
    )
    return feed, app


async def _prune(service: Service, stop: asyncio.Event) -> None:
    await prune_daily(service.store, lambda: policy(service.settings), service.clock, stop)


def _readiness(service: Service) -> list[str]:
    if trouble := service.store_watch.trouble:
        return [trouble]
    monitors = {name for table in service.tables for name in table.monitors}
    return not_ready(service.store, monitors, service.clock())


class _Reports:
    """The report, made at most once in a while, however many ask for it at the same time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._made: tuple[datetime, Sequence[TableSettings], Mapping[str, Any]] | None = None

    def __call__(self) -> Mapping[str, Any]:
        with self._lock:
            now, tables = self._service.clock(), self._service.tables
            if self._made is not None:
                at, of, document = self._made
                if of is tables and timedelta(0) <= now - at < REPORT_EVERY:
                    return document
            document = to_json(make_report(self._service.store, tables, now))
            self._made = now, tables, document
            return document
