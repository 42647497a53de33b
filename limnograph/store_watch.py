"""Whether the store can be used, as those who read and write it find: for /metrics and /readyz."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

import structlog

from exporters.prometheus import Sample
from limnograph.self_metrics import STORE_UP, STORE_UP_CHANGED
from monitors.errors import StoreError

Use = Literal["read", "written"]
"""Two uses that may fail by themselves: a full disk can still be read."""

log = structlog.get_logger()


class StoreWatch:
    """Remembers the last failure of each use until that use works again. For any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[Use, StoreError] = {}
        self._changed_at = clock()

    @contextmanager
    def noting(self, use: Use) -> Iterator[None]:
        """Note a StoreError that leaves the block; the block's good end is no news by itself."""
        try:
            yield
        except StoreError as error:
            self.failed(use, error)
            raise

    def failed(self, use: Use, error: StoreError) -> None:
        """This use of the store does not work, for this reason."""
        with self._lock:
            if not self._failures:
                self._changed_at = self._clock()
            self._failures[use] = error

    def works(self, use: Use) -> None:
        """This use of the store works, again or still."""
        with self._lock:
            if self._failures.pop(use, None) is None or self._failures:
                return
            since, self._changed_at = self._changed_at, self._clock()
        log.info("store answers again", gone_since=since.isoformat(timespec="seconds"))

    def fails(self, use: Use) -> bool:
        """Whether a use did not work when it was last tried."""
        with self._lock:
            return use in self._failures

    @property
    def trouble(self) -> str:
        """What does not work, since when and why, in a sentence; empty when all does."""
        with self._lock:
            if not self._failures:
                return ""
            use, error = next(iter(self._failures.items()))
            since = f"{self._changed_at:%Y-%m-%d %H:%M:%S} UTC"
        return f"the store cannot be {use} since {since}: {error.reason}"

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What /metrics shows of it."""
        with self._lock:
            up, since = not self._failures, self._changed_at
        return (
            (STORE_UP.name, (), float(up)),
            (STORE_UP_CHANGED.name, (), since.timestamp()),
        )
