"""The lake as the `run` stanza wants it, with the worker processes that it needs."""

from types import TracebackType
from typing import Self

from limnograph.cycle import Lake
from limnograph.lakes import EmbeddedLake
from limnograph.settings import Run
from monitors.lakes.embedded import Access
from monitors.lakes.workers import Workers


class LakeWorkers:
    """Keeps the worker processes from cycle to cycle, until the settings want another number."""

    def __init__(self, workers: int) -> None:
        self._limit = workers
        self._workers = Workers(workers)

    def lake(self, run: Run) -> Lake:
        """The lake for the next cycle. Not to be called while one is under way: it may end the
        workers of the one before."""
        if run.workers != self._limit:
            self._workers.close()
            self._limit, self._workers = run.workers, Workers(run.workers)
        return EmbeddedLake(Access(self._workers, run.log_only, float(run.timeout)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._workers.close()
