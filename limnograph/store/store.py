"""The store: one object over one database, for any number of threads and processes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from limnograph.store import (
    cursors,
    holding,
    pruning,
    reading,
    replaying,
    roster,
    writing,
)
from limnograph.store.engine import Database
from limnograph.store.judged import Judged
from limnograph.store.location import locate
from limnograph.store.migrating import migrate
from limnograph.store.retention import Policy
from limnograph.store.rows import (
    OutcomeRow,
    Record,
    Seen,
)
from limnograph.store.telling import Telling
from limnograph.store.views import Views
from monitors.core import State, Totals


def open_store(url: str) -> "Store":
    """Open a store, creating or upgrading its tables.

    `url` is `sqlite:///PATH` or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`. Raises
    StoreError when it cannot be opened, or was written by a newer limnograph.
    """
    database = Database(locate(url))
    try:
        migrate(database)
        database.use_write_ahead_log()
    except BaseException:
        database.close()
        raise
    return Store(database)


class Store(Views, Judged, Telling):
    """All that limnograph remembers. Each method is one transaction (`prune` many).

    Every method raises StoreError; one with `transient` may not come again when the call is
    repeated, and nothing was written.
    """

    def __repr__(self) -> str:
        return f"Store({self._database.location})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the store opens new ones when it is used again."""
        self._database.close()

    # The roster

    def sync_roster(self, kind: str, names: Mapping[str, Mapping[str, str]], now: datetime) -> None:
        """Make these names, with their attributes, the whole roster of a kind.

        A subject that is not named has left at `now`; it keeps all it has, and may come back.
        """
        with self._database.writing() as connection:
            roster.sync(connection, kind, names, now)

    # One reading

    def seen(
        self, subject_ids: Sequence[str], monitors: Sequence[str] = ()
    ) -> dict[tuple[str, str], Seen]:
        """What is known before a reading, by (subject id, monitor).

        Holds every pair that has a cursor, and every pair of the ids with the named monitors.
        """
        with self._database.reading() as connection:
            return reading.seen(connection, subject_ids, monitors)

    def states(
        self, subject_id: str, monitor: str, keys: Sequence[str] | None = None
    ) -> dict[str, State]:
        """The blobs of a monitor on a subject, by key; only those of `keys` where named."""
        with self._database.reading() as connection:
            return reading.states(connection, subject_id, monitor, keys)

    def small_states(
        self, subject_ids: Sequence[str], log_key: str
    ) -> dict[tuple[str, str], dict[str, State]]:
        """The blobs of many subjects, by (subject id, monitor) and key.

        Of the live files, which may be large, there is only the blob of `log_key`.
        """
        with self._database.reading() as connection:
            return reading.small_states(connection, subject_ids, log_key)

    def write(self, record: Record) -> bool:
        """Write a reading. False: the cursor moved since it was seen, and nothing was written.

        Raises ValueError for facts or states without a cursor.
        """
        try:
            with self._database.writing() as connection:
                writing.write_record(connection, record)
        except cursors.Outrun:
            return False
        return True

    def write_log(
        self,
        subject_id: str,
        seen_position: str | None,
        position: str,
        put: Sequence[State],
        drop: Sequence[str] = (),
    ) -> bool:
        """Keep the live files of a table as of a log position, under the pseudo-monitor LOG.

        False: they are no longer at `seen_position` (None: never kept), and nothing was written.
        """
        try:
            with self._database.writing() as connection:
                writing.write_log(connection, subject_id, seen_position, position, put, drop)
        except cursors.Outrun:
            return False
        return True

    def touch(self, rows: Sequence[OutcomeRow]) -> None:
        """Write the outcomes of many readings that found nothing new.

        A subject counts as changed when more than the times of its outcome did.
        """
        if rows:
            with self._database.writing() as connection:
                writing.touch(connection, rows)

    def add_totals(self, scope: str, monitor: str, increments: Totals) -> None:
        """Add to counters that no position belongs to, such as limnograph's own (SERVICE)."""
        if increments:
            with self._database.writing() as connection:
                cursors.add(connection, scope, monitor, increments)
                holding.stamp(connection)

    # The past, once more

    def replay(
        self, past: replaying.Past, key: str, remember: replaying.Remember
    ) -> replaying.Replayed | None:
        """Write recomputed commits where they differ from the stored ones and are no worse.

        Keeps what `remember` makes of the result as a state of REPLAY under `key`. None: the table
        is in another incarnation, and nothing was written. Cursors and counters stay as they are.
        """
        with self._database.writing() as connection:
            return replaying.write_past(connection, past, key, remember)

    def forget_replay(self, subject_id: str, keys: Sequence[str]) -> None:
        """Drop what replays of a subject kept under these keys."""
        with self._database.writing() as connection:
            replaying.forget(connection, subject_id, keys)

    # Letting go

    def prune(
        self,
        policy: Policy,
        now: datetime,
        *,
        dry_run: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> pruning.Removed:
        """Remove what a policy does not keep; rows by table, `hour` and `day` being rolled-up ones.

        In many short transactions, between which it ends when `stopped()`. What people see stays.
        A dry run says what would be removed of what is there.
        """
        if dry_run:
            return pruning.foresee(self._database, policy, now)
        return pruning.prune(self._database, policy, now, stopped)
