"""From readings in a real store to the page, one look at a time."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import stamina
from structlog.testing import capture_logs

from exporters.exposition import Exposition, Format
from limnograph import self_metrics, settings
from limnograph.settings import Cron, TableSettings
from limnograph.store import SERVICE, OutcomeRow, Store, open_store
from limnograph.web.metrics_feed import MetricsFeed, page
from monitors import freshness, ingestion
from monitors.core import Cursor, Measurement, Outcome, Reading, Subject, Totals
from monitors.errors import StoreError
from tests.limnograph.store.samples import NOW, write

POSTS, LABELS = Subject("table", "posts"), Subject("table", "labels")
ON = {"ingestion": ingestion.Config(), "freshness": freshness.Config()}
METRICS = (*ingestion.METRICS, *freshness.METRICS, *self_metrics.ALL)


def table(subject: Subject, **more: object) -> TableSettings:
    base = TableSettings(name=subject.name, uri=f"/lake/{subject.name}", monitors=ON)
    return replace(base, **more)  # type: ignore[arg-type]


class Watch:
    """A feed over a store, whose roster and clock a test sets."""

    def __init__(self, store: Store, *subjects: Subject) -> None:
        self.now: datetime = NOW
        self.roster: Sequence[TableSettings] = [table(subject) for subject in subjects]
        self.exposition = Exposition(METRICS)
        self.feed = MetricsFeed(
            store, self.exposition, lambda: self.roster, lambda: self.now, every=0.01
        )

    def lines(self, *words: str) -> list[str]:
        """The samples on the page that hold one of some words, after a look."""
        self.feed.refresh()
        text = self.exposition.rendered.body(Format.TEXT).decode()
        return [
            line.replace('catalog="",', "").replace('schema="",', "")
            for line in text.splitlines()
            if not line.startswith("#") and any(word in line for word in words)
        ]


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fails when it does not within half a minute."""
    for attempt in stamina.retry_context(
        on=AssertionError, attempts=None, timeout=30, wait_max=0.1
    ):
        with attempt:
            assert holds()


def counted(subject: Subject, rows: float, inserted: float) -> Reading:
    totals: Totals = {(ingestion.CHANGES.name, (*subject.labels, "insert")): inserted}
    measured = ingestion.ROWS(rows, *subject.labels, at=NOW)
    return Reading(measurements=(measured,), cursor=Cursor(f"v{inserted}", totals))


def fresh(subject: Subject, *, due: float) -> Reading:
    measured: tuple[Measurement, ...] = (freshness.DUE(due, *subject.labels, at=NOW),)
    return Reading(measurements=measured, cursor=Cursor(f"v{due}", {}))


def test_a_reading_is_on_the_page_after_the_next_look(store: Store) -> None:
    watch = Watch(store, POSTS)
    assert watch.lines("posts") == []
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    assert watch.lines("posts") == [
        'lakehouse_table_last_read_timestamp_seconds{table="posts"} 1.773144e+09',
        'lakehouse_table_readable{table="posts"} 1.0',
        'lakehouse_table_row_changes_total{change="insert",table="posts"} 9.0',
        'lakehouse_table_rows{table="posts"} 7.0',
    ]


def test_what_was_stored_before_is_there_from_the_first_look(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    assert 'lakehouse_table_rows{table="posts"} 7.0' in Watch(store, POSTS).lines("posts")


def test_without_news_nothing_is_rendered(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    watch = Watch(store, POSTS)
    watch.feed.refresh()
    before = watch.exposition.rendered
    watch.feed.refresh()
    assert watch.exposition.rendered is before


def test_a_table_that_left_the_roster_leaves_and_one_that_comes_is_read(store: Store) -> None:
    for subject in (POSTS, LABELS):
        write(store, counted(subject, 7, 9), subject=subject)
    watch = Watch(store, POSTS)
    assert watch.lines("table_rows") == ['lakehouse_table_rows{table="posts"} 7.0']
    watch.roster = [table(LABELS)]
    assert watch.lines("table_rows") == ['lakehouse_table_rows{table="labels"} 7.0']
    watch.roster = []
    assert watch.lines("table=") == []


def test_what_a_monitor_left_behind_goes_when_it_is_switched_off(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    write(store, fresh(POSTS, due=5), subject=POSTS, monitor="freshness")
    watch = Watch(store, POSTS)
    assert len(watch.lines("table_due", "table_rows")) == 2
    watch.roster = [table(POSTS, monitors={"ingestion": ingestion.Config()})]
    assert watch.lines("table_due", "table_rows") == ['lakehouse_table_rows{table="posts"} 7.0']


def test_gauges_leave_after_three_intervals_without_a_read(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    watch = Watch(store, POSTS)
    watch.now = NOW + timedelta(minutes=45)
    assert 'lakehouse_table_readable{table="posts"} 1.0' in watch.lines("posts")
    watch.now = NOW + timedelta(minutes=46)
    assert watch.lines("posts") == [
        'lakehouse_table_last_read_timestamp_seconds{table="posts"} 1.773144e+09',
        'lakehouse_table_readable{table="posts"} 0.0',
        'lakehouse_table_row_changes_total{change="insert",table="posts"} 9.0',
    ]


def test_three_intervals_of_cron_are_three_of_its_times(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    watch = Watch(store)
    # Read on Tuesday at noon; due on Wednesday, Thursday and Friday at eight.
    watch.roster = [table(POSTS, schedule=Cron("0 8 * * mon-fri"))]
    watch.now = datetime.fromisoformat("2026-03-13T08:00:00+00:00")
    assert watch.lines("table_rows")
    watch.now += timedelta(seconds=1)
    assert not watch.lines("table_rows")


def test_an_idle_table_is_current_though_its_reads_are_no_news(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    watch = Watch(store, POSTS)
    watch.feed.refresh()
    later = NOW + timedelta(minutes=40)
    store.touch([OutcomeRow(POSTS.id, "ingestion", Outcome.ASSESSED, later, "run-2")])
    watch.now = NOW + timedelta(minutes=50)
    assert 'lakehouse_table_rows{table="posts"} 7.0' in watch.lines("posts")


def test_the_end_of_a_cycle_tells_when_idle_tables_were_read(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    watch = Watch(store, POSTS)
    watch.feed.refresh()
    later = NOW + timedelta(minutes=15)
    store.touch([OutcomeRow(POSTS.id, "ingestion", Outcome.ASSESSED, later, "run-2")])
    up = self_metrics.MONITOR_UP(1, "ingestion", at=later)
    ended = Reading(measurements=(up,))
    write(store, ended, subject=Subject("monitor", "ingestion"), monitor=SERVICE, now=later)
    assert watch.lines("last_read", "monitor_up") == [
        'lakehouse_monitor_up{monitor="ingestion"} 1.0',
        'lakehouse_table_last_read_timestamp_seconds{table="posts"} 1.7731449e+09',
    ]


def test_a_failed_read_is_shown_at_once(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    watch = Watch(store, POSTS)
    watch.feed.refresh()
    write(store, Reading.error("no permission", "grant it"), subject=POSTS)
    assert watch.lines("readable", "table_rows") == [
        'lakehouse_table_readable{table="posts"} 0.0',
        'lakehouse_table_rows{table="posts"} 7.0',
    ]


def test_the_services_own_counters_are_shown(store: Store) -> None:
    watch = Watch(store, POSTS)
    requests: Totals = {(self_metrics.MONITOR_REQUESTS.name, ("embedded",)): 5.0}
    store.add_totals(SERVICE, "embedded", requests)
    assert watch.lines("requests") == ['lakehouse_monitor_requests_total{source="embedded"} 5.0']
    store.add_totals(SERVICE, "embedded", requests)
    assert watch.lines("requests") == ['lakehouse_monitor_requests_total{source="embedded"} 10.0']


def test_the_versions_are_shown(store: Store) -> None:
    (line,) = Watch(store).lines("build_info")
    assert 'version="' in line


def test_gauges_leave_in_time_even_while_the_store_does_not_answer(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"
    with open_store(f"sqlite:///{path}") as store:
        write(store, counted(POSTS, 7, 9), subject=POSTS)
        watch = Watch(store, POSTS)
        assert watch.lines("table_rows")
    for file in tmp_path.iterdir():
        file.unlink()
    path.mkdir()
    watch.now = NOW + timedelta(hours=1)
    with pytest.raises(StoreError):
        watch.feed.refresh()
    text = watch.exposition.rendered.body(Format.TEXT).decode()
    assert "lakehouse_table_rows{" not in text
    assert 'lakehouse_table_readable{catalog="",schema="",table="posts"} 0.0' in text
    assert "lakehouse_table_row_changes_total{" in text


def test_the_page_says_since_when_the_store_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"
    with open_store(f"sqlite:///{path}") as store:
        watch = Watch(store, POSTS)
        assert watch.lines("store_up ") == ["lakehouse_store_up 1.0"]
        path.rename(tmp_path / "away")
        for minutes in (1, 2):
            watch.now = NOW + timedelta(minutes=minutes)
            with pytest.raises(StoreError):
                watch.feed.refresh()
        text = watch.exposition.rendered.body(Format.TEXT).decode()
        assert "lakehouse_store_up 0.0\n" in text
        assert "lakehouse_store_up_changed_timestamp_seconds 1.77314406e+09\n" in text
        (tmp_path / "away").rename(path)
        assert watch.lines("store_up ") == ["lakehouse_store_up 1.0"]


def test_a_started_feed_is_filled_at_once_and_then_follows_the_store(store: Store) -> None:
    write(store, counted(POSTS, 7, 9), subject=POSTS)
    watch = Watch(store, POSTS)
    watch.feed.start()
    try:
        assert b'table="posts"} 7.0' in watch.exposition.rendered.body(Format.TEXT)
        write(store, counted(POSTS, 8, 10), subject=POSTS)
        eventually(lambda: b'table="posts"} 8.0' in watch.exposition.rendered.body(Format.TEXT))
    finally:
        watch.feed.stop()


@pytest.mark.parametrize(
    ("failure", "level"), [(StoreError("gone", "look"), "warning"), (ValueError("bug"), "error")]
)
def test_a_feed_survives_a_failure_and_tells_it_once(
    store: Store, failure: Exception, level: str
) -> None:
    tables, looks, broken = [table(POSTS)], [0], threading.Event()

    def roster() -> Sequence[TableSettings]:
        looks[0] += 1
        if broken.is_set():
            raise failure
        return tables

    exposition = Exposition(METRICS)
    feed = MetricsFeed(store, exposition, roster, lambda: NOW, every=0.001)
    with capture_logs() as logs:
        feed.start()
        try:
            broken.set()
            before = looks[0]
            eventually(lambda: looks[0] > before + 2)
            broken.clear()
            write(store, counted(POSTS, 7, 9), subject=POSTS)
            eventually(lambda: b'table="posts"} 7.0' in exposition.rendered.body(Format.TEXT))
        finally:
            feed.stop()
    told = [line["log_level"] for line in logs if line["event"] == "metrics not refreshed"]
    assert told == [level]


def test_a_feed_that_never_started_can_be_stopped(store: Store) -> None:
    Watch(store).feed.stop()


def test_the_page_of_a_configuration_has_its_families_and_its_budget(tmp_path: Path) -> None:
    file = tmp_path / "limnograph.yaml"
    file.write_text(
        "metrics: {max_series: 1, families: [lakehouse_table_commits_total]}\n"
        f"tables: [{{name: posts, uri: {tmp_path}}}]\n"
    )
    exposition = page(settings.load(file))
    for metric in (ingestion.COMMITS, ingestion.SIZE, self_metrics.MONITOR_UP):
        sample = (metric.name, tuple("x" for _ in metric.labels), 1.0)
        exposition.replace(metric.name, [sample])
    assert exposition.render().dropped == (ingestion.COMMITS.name, ingestion.SIZE.name)
