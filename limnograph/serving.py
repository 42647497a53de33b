"""`serve`: the scheduler in the main thread, HTTP and the metrics page in threads of their own."""

import asyncio
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from exporters.report import to_json
from limnograph.reporting import make_report
from limnograph.service import Service
from limnograph.web.app import create_app
from limnograph.web.metrics_feed import MetricsFeed, page
from limnograph.web.readiness import not_ready
from limnograph.web.server import Server

REPORT_EVERY = timedelta(seconds=15)


def serve_until_stopped(service: Service, host: str, port: int) -> None:
    """Answer HTTP and keep reading until SIGTERM or SIGINT.

    Raises LimnographError when the address cannot be had, StoreError when the store cannot.
    """
    exposition = page(service.settings)
    feed = MetricsFeed(service.store, exposition, lambda: service.tables, service.clock)
    app = create_app(exposition, partial(_readiness, service), _Reports(service))
    feed.start()
    try:
        with Server(app, host, port):
            asyncio.run(service.keep_reading())
    finally:
        feed.stop()


def _readiness(service: Service) -> list[str]:
    monitors = {name for table in service.tables for name in table.monitors}
    return not_ready(service.store, monitors, service.clock())


class _Reports:
    """The report, made at most once in a while, however many ask for it at the same time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._made: tuple[datetime, Mapping[str, Any]] | None = None

    def __call__(self) -> Mapping[str, Any]:
        with self._lock:
            now = self._service.clock()
            if self._made is None or not timedelta(0) <= now - self._made[0] < REPORT_EVERY:
                report = make_report(self._service.store, self._service.tables, now)
                self._made = now, to_json(report)
            return self._made[1]
