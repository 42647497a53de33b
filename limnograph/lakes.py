"""The lakes as the runner opens them: from a table's settings to its source."""

from datetime import datetime

from limnograph.cycle import LoadStates, OpenTable
from limnograph.row_checks import RowJob, RowOutcome, run_job
from limnograph.settings.resolved import TableSettings, reveal
from monitors import freshness
from monitors.core import State
from monitors.delta.live.saved import HEAD, head_of
from monitors.lakes.embedded import Access, EmbeddedTable


class EmbeddedLake:
    """Delta tables read from their own logs; a Lake."""

    name = "embedded"
    head = HEAD
    table = EmbeddedTable

    def __init__(self, access: Access) -> None:
        self._access = access

    @property
    def abilities(self) -> frozenset[str]:
        """What its tables can answer; a lake that reads logs only has no rows."""
        rows = () if self._access.log_only else ("rows",)
        return frozenset({"commits", "changes", "scan", *rows})

    async def examine(self, job: RowJob, timeout: float) -> RowOutcome:
        """Judge rows in a worker process; UnreadableError when they cannot be read in time."""
        return await self._access.caller.call(run_job, job, timeout=timeout)

    def open(
        self, table: TableSettings, head: State | None, load_states: LoadStates, now: datetime
    ) -> OpenTable:
        """The table, nothing of it read yet; SecretError when an option cannot be resolved."""
        return self.table(
            table.uri,
            reveal(table.storage_options),
            self._access,
            now,
            _event_time(table),
            head_of(head),
            load_states,
        )


def _event_time(table: TableSettings) -> str | None:
    config = table.monitors.get(freshness.MONITOR.name)
    return config.event_time if isinstance(config, freshness.Config) else None
