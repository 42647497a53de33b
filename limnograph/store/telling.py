"""The part of a store that is about telling: the outbox, for those who deliver it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from limnograph.store import outbox
from limnograph.store.engine import Database
from limnograph.store.rows import OutboxRow, OutboxState


class Telling:
    """The outbox of a store. All methods raise StoreError.

    A lease is what `claim` gave with a row: with it, a call by whoever lost it changes nothing.
    """

    _database: Database

    def outbox(
        self, state: OutboxState | None = None, incident: str | None = None
    ) -> list[OutboxRow]:
        """What is or was to be told, oldest first; only what is in a state, or of an incident."""
        with self._database.reading() as connection:
            return outbox.read_outbox(connection, state, incident)

    def waiting(self) -> int:
        """How many messages wait, due or not."""
        with self._database.reading() as connection:
            return outbox.waiting(connection)

    def waiting_channels(self, now: datetime) -> set[str]:
        """The channels for which something is due."""
        with self._database.reading() as connection:
            return outbox.waiting_channels(connection, now)

    def claim(
        self,
        now: datetime,
        lease: timedelta,
        limit: int,
        channels: Collection[str] | None = None,
    ) -> list[OutboxRow]:
        """Take rows that are due, for so long; of an incident and a channel the oldest only.

        Those of the named channels, all without. Nobody else gets them while the lease lasts.
        """
        with self._database.writing() as connection:
            return outbox.claim(connection, now, lease, limit, channels)

    def refreshable(
        self, channel: str, every: timedelta, now: datetime, lease: timedelta, limit: int
    ) -> list[OutboxRow]:
        """Take what a channel wants to be told again, as `claim` does: the newest of open
        incidents, and what told of a resolution once more."""
        with self._database.writing() as connection:
            return outbox.refreshable(connection, now, lease, limit, channel, every)

    def delivered(
        self, id: int, receipt: Mapping[str, str], now: datetime, lease: str | None = None
    ) -> bool:
        """Note that the channel took a row, keep its receipt, and count it; False if it was not
        waiting any more."""
        with self._database.writing() as connection:
            return outbox.delivered(connection, id, receipt, now, lease)

    def failed(
        self,
        id: int,
        error: str,
        next_at: datetime | None,
        now: datetime,
        lease: str | None = None,
    ) -> bool:
        """Note that the channel did not take a row, to be tried again then, or never: it is dead.

        False if somebody else has it now.
        """
        with self._database.writing() as connection:
            return outbox.failed(connection, id, error, next_at, now, lease)

    def release(self, rows: Collection[OutboxRow]) -> None:
        """Give back rows that were taken and not tried."""
        if rows:
            with self._database.writing() as connection:
                outbox.release(connection, rows)

    def postpone(self, channel: str, until: datetime) -> None:
        """Let nothing go to a channel before a time."""
        with self._database.writing() as connection:
            outbox.postpone(connection, channel, until)

    def bury(
        self, channels: Collection[str], before: datetime, now: datetime, error: str
    ) -> Sequence[str]:
        """Give up what waits since before a time for any other channel; their names, by row."""
        with self._database.writing() as connection:
            return outbox.bury(connection, channels, before, now, error)

    def retry_dead(self, now: datetime, ids: Collection[int] | None = None) -> int:
        """Let what was given up wait again, all of it without ids; how many rows those are.

        What was overtaken by a later message of the same incident stays as it is.
        """
        with self._database.writing() as connection:
            return outbox.retry_dead(connection, ids, now)
