"""From the store to the page that Prometheus scrapes, in a thread that looks once a second.

Only the subjects that changed since the last look are read again. The outcomes of idle tables are
no news to the store, so they are read when a cycle has ended, which its monitors' readings tell.
What is kept in memory is enough to take gauges off the page when their time has come, even while
the store does not answer.
"""

import platform
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from sys import intern

import structlog

from checks import metrics as check_metrics
from checks.incidents import Incident
from exporters.exposition import Exposition
from exporters.prometheus import Sample
from limnograph import __version__, incident_metrics, self_metrics
from limnograph.due import overdue_time
from limnograph.settings.models import Metrics
from limnograph.settings.resolved import CheckSettings, Settings, TableSettings
from limnograph.settings.schedules import Cron, Schedule
from limnograph.store import SERVICE, CounterRow, LatestRow, Store, VerdictRow
from limnograph.store_watch import StoreWatch
from limnograph.web.check_samples import shown as shown_of_checks
from limnograph.web.table_samples import Attempt, shown
from monitors.core import Subject
from monitors.errors import StoreError

EVERY = 1.0
"""Seconds between two looks, and so the least time between two renderings."""

REST = 4.0
"""A look at a large page takes time from the answers; it then rests for so many times as long."""

log = structlog.get_logger(__name__)


def page(settings: Settings) -> Exposition:
    """An empty page for a configuration: its monitors' metrics and our own, its budget."""
    declared = [metric for monitor in settings.monitors.values() for metric in monitor.metrics]
    return Exposition(
        [*declared, *check_metrics.ALL, *self_metrics.ALL, *incident_metrics.ALL],
        opt_in=settings.metrics.families,
        max_series=settings.metrics.max_series,
    )


@dataclass(slots=True)
class _Table:
    settings: TableSettings
    # Pairs by monitor, plain for the same reason as samples are.
    stored: tuple[tuple[str, tuple[Sample, ...]], ...] = ()
    attempts: tuple[tuple[str, Attempt], ...] = ()
    verdicts: tuple[VerdictRow, ...] = ()
    until: datetime | None = None


class MetricsFeed:
    """Keeps a page current with a store.

    `roster` gives the tables as they are now: the same object until they change. What leaves it
    leaves the page. `chosen` gives the families and the budget of the page as they are now, `own`
    more that the process says of itself. `every` is in seconds.
    """

    def __init__(
        self,
        store: Store,
        exposition: Exposition,
        roster: Callable[[], Sequence[TableSettings]],
        clock: Callable[[], datetime],
        every: float = EVERY,
        *,
        watch: StoreWatch | None = None,
        chosen: Callable[[], Metrics] | None = None,
        own: Callable[[], Iterable[Sample]] = tuple,
    ) -> None:
        self._store, self._exposition = store, exposition
        self._roster, self._clock, self._every = roster, clock, every
        self._watch, self._own = watch or StoreWatch(clock), own
        self._chosen = chosen
        self._choice = chosen() if chosen else None
        self._adopted: Sequence[TableSettings] = ()
        self._tables: dict[str, _Table] = {}
        self._others: set[str] = set()
        self._unread: set[str] = set()
        self._incidents: Sequence[Incident] = ()
        self._revision = -1
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        versions = (__version__, platform.python_version())
        exposition.replace("build", [(self_metrics.BUILD_INFO.name, versions, 1.0)])

    def start(self) -> None:
        """Fill the page, then keep it current; raises StoreError when the store cannot be read."""
        self.refresh()
        self._thread = threading.Thread(target=self._run, name="metrics-feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; the page stays as it is."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def refresh(self) -> None:
        """Look once, and render. Where the store cannot be read, what is overdue leaves all the
        same, and StoreError is raised."""
        now = self._clock()
        if (roster := self._roster()) is not self._adopted:
            self._adopt(roster)
        overdue = {id_ for id_, t in self._tables.items() if t.until is not None and t.until < now}
        anew = self._choose()
        try:
            with self._watch.noting("read"):
                touched = self._read(overdue)
        except StoreError:
            self._show(overdue | anew, now)
            raise
        else:
            self._watch.works("read")
            self._show(touched | anew, now)
        finally:
            self._exposition.replace("process", (*self._watch.samples, *self._own()))
            self._exposition.replace("incidents", incident_metrics.samples(self._incidents, now))
            self._exposition.render()

    def _choose(self) -> set[str]:
        """Follow the choice of families; ids of the tables to show anew because of it."""
        choice = self._chosen() if self._chosen else None
        if choice is None or choice == self._choice:
            return set()
        self._exposition.choose(opt_in=choice.families, max_series=choice.max_series)
        self._choice = choice
        return set(self._tables)

    def _run(self) -> None:
        # A store that is down says the same every second; the log says it once.
        told, pause = "", self._every
        while not self._stop.wait(pause):
            started = time.monotonic()
            try:
                self.refresh()
                told = ""
            except StoreError as error:
                if told != str(error):
                    log.warning("metrics not refreshed", reason=error.reason, mend=error.mend)
                told = str(error)
                started = time.monotonic()  # it waited, and took nothing from the answers
            except Exception as error:
                # This thread ends with the service and not before, whatever fails.
                if told != repr(error):
                    log.exception("metrics not refreshed")
                told = repr(error)
            pause = max(self._every, REST * (time.monotonic() - started))

    def _adopt(self, roster: Sequence[TableSettings]) -> None:
        """Forget what left the roster, and read what is new or watched otherwise than before."""
        before, others_before = self._tables, self._others
        self._tables = {}
        for settings in roster:
            known = before.get(settings.subject.id)
            same = known is not None and known.settings == settings
            self._tables[settings.subject.id] = known if known and same else _Table(settings)
        monitors = {name for settings in roster for name in settings.monitors}
        self._others = {Subject("monitor", name).id for name in monitors}
        self._others |= {Subject("source", settings.lake).id for settings in roster}
        for gone in (before.keys() - self._tables.keys()) | (others_before - self._others):
            self._exposition.drop(gone)
        self._unread |= {id_ for id_, table in self._tables.items() if table is not before.get(id_)}
        self._unread |= self._others - others_before
        self._adopted = roster

    def _read(self, overdue: Collection[str]) -> set[str]:
        """Read what changed; ids of the tables to show anew."""
        revision, changed = self._store.changed_since(self._revision)
        news = self._unread.union(changed)
        tables = news & self._tables.keys()
        if revision != self._revision or self._unread:
            self._read_readings(tables)
            self._read_others(news & self._others)
            self._incidents = self._store.incidents()
        # A cycle has ended: idle tables have been read too.
        ended = any(id_.startswith("monitor:") for id_ in changed)
        attempted = set(self._tables) if ended else tables.union(overdue)
        self._read_attempts(attempted)
        self._revision = revision
        self._unread.clear()
        return attempted

    def _read_readings(self, ids: Collection[str]) -> None:
        stored: dict[str, dict[str, list[Sample]]] = {id_: {} for id_ in ids}
        for row in self._rows(sorted(ids), ()):
            stored[row.subject].setdefault(row.monitor, []).append(_sample(row))
        for id_, by_monitor in stored.items():
            pairs = ((monitor, tuple(samples)) for monitor, samples in by_monitor.items())
            self._tables[id_].stored = tuple(pairs)

    def _read_others(self, ids: Collection[str]) -> None:
        samples: dict[str, list[Sample]] = {id_: [] for id_ in (*ids, SERVICE)}
        for row in self._rows(sorted(ids), (SERVICE,)):
            samples[row.subject].append(_sample(row))
        for id_, mine in samples.items():
            self._exposition.replace(id_, mine)

    def _rows(self, ids: Sequence[str], scopes: Sequence[str]) -> list[LatestRow | CounterRow]:
        latest = self._store.latest(ids) if ids else []
        counters = self._store.counters([*ids, *scopes]) if ids or scopes else []
        return [*latest, *counters]

    def _read_attempts(self, ids: Collection[str]) -> None:
        attempts: dict[str, dict[str, Attempt]] = {id_: {} for id_ in ids}
        for row in self._store.outcomes(sorted(ids)) if ids else ():
            attempts[row.subject][row.monitor] = Attempt.of(row)
        for id_, by_monitor in attempts.items():
            self._tables[id_].attempts = tuple(by_monitor.items())
        judged = [id_ for id_ in ids if self._tables[id_].settings.checks]
        verdicts: dict[str, list[VerdictRow]] = {id_: [] for id_ in judged}
        for verdict in self._store.verdicts(sorted(judged)) if judged else ():
            verdicts[verdict.subject].append(verdict)
        for id_, rows in verdicts.items():
            self._tables[id_].verdicts = tuple(rows)

    def _show(self, ids: Iterable[str], now: datetime) -> None:
        for id_ in ids:
            table = self._tables[id_]
            settings, stored = table.settings, dict(table.stored)
            on = settings.monitors.keys()
            samples, until = shown(
                settings.subject,
                {name: samples for name, samples in stored.items() if name in on},
                {name: attempt for name, attempt in table.attempts if name in on},
                partial(_overdue, settings, settings.schedule),
                now,
            )
            judged, judged_until = shown_of_checks(
                settings, table.verdicts, partial(_check_overdue, settings), now
            )
            table.until = min((at for at in (until, judged_until) if at), default=None)
            self._exposition.replace(id_, (*samples, *judged))


def _sample(row: LatestRow | CounterRow) -> Sample:
    """The row as a sample; names and labels recur in thousands of rows, so each is kept once."""
    return intern(row.metric), tuple(map(intern, row.labels)), row.value


def _overdue(table: TableSettings, schedule: Schedule, read_at: datetime) -> datetime:
    if isinstance(schedule, Cron):
        # Cron knows minutes, so the tables of one line share a few answers.
        minute = read_at.replace(second=0, microsecond=0)
        return _cron_overdue(schedule, table.time_zone, minute)
    return overdue_time(schedule, table.time_zone, read_at)


def _check_overdue(table: TableSettings, check: CheckSettings, judged_at: datetime) -> datetime:
    return _overdue(table, check.schedule or table.schedule, judged_at)


@lru_cache(maxsize=4096)
def _cron_overdue(schedule: Cron, time_zone: str, read_at: datetime) -> datetime:
    return overdue_time(schedule, time_zone, read_at)
