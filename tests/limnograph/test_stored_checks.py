"""Threshold, freshness, volume and schema: from the commits of real tables to exact verdicts."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from checks.core import Status, Verdict
from limnograph.service import opened
from limnograph.settings import load
from tests.limnograph.cli.written_history import dated

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ELEVEN, TODAY = NOON - HOUR, NOON - 12 * HOUR
ROWS = "type: threshold, metric: lakehouse_table_rows"
LOOK = "limnograph report --only main.posts"


class Lakehouse:
    """A folder with one real table, whose commits are dated as a test wants them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.table = folder, folder / "posts"
        self.times: list[datetime] = []

    def commit(self, at: datetime, rows: int = 1, **more: object) -> None:
        """Append so many rows at a time, with more columns."""
        columns = {"id": pa.array(range(rows), pa.int64()), "text": ["a"] * rows}
        columns |= {name: [value] * rows for name, value in more.items()}
        write_deltalake(self.table, pa.table(columns), mode="append", schema_mode="merge")
        self.times.append(at)

    def judged(self, *checks: str, now: datetime = NOON) -> list[Verdict]:
        """What is said of the table at a time by checks in YAML, in their order."""
        if self.times:
            dated(self.table, self.times)
        items = "".join(f"  - {{id: c{number}, {one}}}\n" for number, one in enumerate(checks))
        file = self.folder / "limnograph.yaml"
        file.write_text(f"tables:\n- name: main.posts\n  uri: posts\n  checks:\n{items}")
        with opened(load(file), lambda: now) as service:
            service.refresh()
            results = asyncio.run(service.cycle(service.due())).checks
        found = {one.check.id: one.verdicts for one in results}
        return [verdict for number in range(len(checks)) for verdict in found[f"c{number}"]]


@pytest.fixture
def house(tmp_path: Path) -> Lakehouse:
    return Lakehouse(tmp_path)


def briefly(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    return [(str(one.status), one.reason) for one in verdicts]


# threshold


def test_a_threshold_holds_the_rows_of_a_table_against_its_limits(house: Lakehouse) -> None:
    house.commit(NOON - 3 * DAY, 10)
    house.commit(NOON - 2 * HOUR, 20)
    house.commit(ELEVEN, 5)
    enough, few, many = house.judged(
        f"{ROWS}, comparison: below, fail: 35",
        f"{ROWS}, comparison: below, fail: 36",
        f"{ROWS}, comparison: above, warn: 30, fail: 40",
    )
    assert enough == Verdict(
        Status.PASS,
        "lakehouse_table_rows is 35, at least 35",
        observed=35.0,
        expected="at least 35",
        lower=35.0,
        window=(ELEVEN, NOON),
        look=LOOK,
    )
    assert few == Verdict(
        Status.FAIL,
        "lakehouse_table_rows is 35, below 36",
        "see what changed it, or mend the limit",
        observed=35.0,
        expected="at least 36",
        lower=36.0,
        window=(ELEVEN, NOON),
        look=LOOK,
    )
    assert (many.status, many.upper, many.lower) == (Status.WARN, 30.0, None)


def test_a_threshold_sums_the_rows_of_a_window_and_takes_the_age_of_a_time(
    house: Lakehouse,
) -> None:
    house.commit(NOON - 3 * DAY, 10)
    house.commit(NOON - 2 * HOUR, 20)
    house.commit(ELEVEN, 5)
    inserted = "metric: lakehouse_table_row_changes_total, labels: {change: insert}"
    newest = "metric: lakehouse_table_last_commit_timestamp_seconds, age: true"
    rose, old = house.judged(
        f"type: threshold, {inserted}, window: 24h, aggregation: increase, "
        "comparison: outside, fail: [26, 100]",
        f"type: threshold, {newest}, comparison: above, fail: 59m",
    )
    assert (rose.status, rose.observed, rose.lower, rose.upper) == (Status.FAIL, 25.0, 26.0, 100.0)
    assert (rose.slice, rose.window) == ("change=insert", (NOON - DAY, NOON))
    assert (old.status, old.observed, old.upper) == (Status.FAIL, 3600.0, 3540.0)


def test_a_threshold_on_what_has_no_value_is_not_assessed(house: Lakehouse) -> None:
    house.commit(ELEVEN)
    (verdict,) = house.judged(
        "type: threshold, metric: lakehouse_table_last_event_timestamp_seconds, age: true, "
        "comparison: above, fail: 59m"
    )
    assert verdict == Verdict(
        Status.NOT_ASSESSED,
        "lakehouse_table_last_event_timestamp_seconds has no value",
        "see in `limnograph report` what its monitor lacks",
        look=LOOK,
    )


# freshness


def test_freshness_says_when_the_newest_commit_was_and_the_next_is_due(house: Lakehouse) -> None:
    for hours in range(29, 0, -1):
        house.commit(NOON - hours * HOUR)
    verdicts = house.judged(
        "type: freshness, max_age: 1h",
        "type: freshness, max_age: 59m",
        "type: freshness, max_age: 2h, warn_before: 90m",
        'type: freshness, by: "11:30", from: "11:00", days: weekdays',
        'type: freshness, by: "11:30", from: "11:01", days: weekdays',
        'type: freshness, by: "13:30", time_zone: Europe/Berlin, from: "12:01"',
        'type: freshness, cron: "0 * * * *", grace: 30m',
    )
    newest = "the newest commit is of Fri 2026-11-20 11:00 (1 h ago); the next is due by"
    since = "no commit since Fri 2026-11-20 11:00; one"
    assert briefly(verdicts) == [
        ("pass", f"{newest} Fri 2026-11-20 12:00 UTC"),
        ("fail", f"{since} was due by Fri 2026-11-20 11:59 UTC (1 min ago)"),
        ("warn", f"{since} is due by Fri 2026-11-20 13:00 UTC (in 1 h)"),
        ("pass", f"{newest} Mon 2026-11-23 11:30 UTC"),
        ("fail", f"{since} was due by Fri 2026-11-20 11:30 UTC (30 min ago)"),
        ("pass", "the newest commit is of Fri 2026-11-20 12:00 (1 h ago); the next is due by "
         "Fri 2026-11-20 13:30 Europe/Berlin"),
        ("pass", f"{newest} Fri 2026-11-20 12:30 UTC"),
    ]  # fmt: skip
    assert {verdict.observed for verdict in verdicts} == {ELEVEN}
    assert [verdict.detail["late_seconds"] for verdict in verdicts] == [0, 60, 0, 0, 1800, 0, 0]


def test_freshness_learns_from_the_commits_when_silence_is_unusual(house: Lakehouse) -> None:
    first = NOON - 21 * DAY
    times = [first + n * 3 * HOUR for n in range(7 * 24)]
    for at in times:
        house.commit(at)
    assert times[-1] == NOON - 3 * HOUR
    (due,) = house.judged("type: freshness", now=NOON + timedelta(minutes=5))
    (silent,) = house.judged("type: freshness", now=NOON + 12 * HOUR)
    assert (due.status, due.observed) == (Status.PASS, times[-1])
    assert (silent.status, silent.observed) == (Status.FAIL, times[-1])


def test_freshness_with_too_little_to_learn_from_is_not_assessed(house: Lakehouse) -> None:
    for hours in range(29, 0, -1):
        house.commit(NOON - hours * HOUR)
    (verdict,) = house.judged("type: freshness")
    assert verdict == Verdict(
        Status.NOT_ASSESSED,
        "history is short: commits in 29 hours over 0.2 weeks, 10 over 2 are needed",
        "let it run",
        observed=ELEVEN,
        window=(ELEVEN, NOON),
        look=LOOK,
    )


# volume


def days(house: Lakehouse, count: int, last: int) -> None:
    """A commit at noon of every day until yesterday, the last one of so many rows."""
    for back in range(count, 1, -1):
        house.commit(NOON - back * DAY, 1000 + back * 37 % 83)
    house.commit(NOON - DAY, last)


@pytest.mark.parametrize(
    ("last", "status", "reason"),
    [
        (1040, Status.PASS, "1,040 is about the usual 1,042"),
        (400, Status.FAIL, "400 is 62 % below the usual 1,042"),
        (3200, Status.FAIL, "3,200 is 3.1 times the usual 1,042"),
    ],
)
def test_volume_holds_yesterday_against_what_is_usual(
    house: Lakehouse, last: int, status: Status, reason: str
) -> None:
    days(house, 70, last)
    (verdict,) = house.judged("type: volume")
    assert (verdict.status, verdict.reason, verdict.observed) == (status, reason, last)
    assert verdict.window == (TODAY - DAY, TODAY)
    assert verdict.look == "limnograph backtest --table main.posts --check c0"
    assert verdict.lower is not None
    assert verdict.upper is not None
    assert 500 < verdict.lower < 900
    assert 1200 < verdict.upper < 2000
    assert (verdict.lower <= last <= verdict.upper) is (status is Status.PASS)


def test_volume_sees_today_already_when_it_is_far_too_much(house: Lakehouse) -> None:
    days(house, 70, 1040)
    house.commit(ELEVEN, 9000)
    (verdict,) = house.judged("type: volume")
    assert (verdict.status, verdict.observed) == (Status.FAIL, 9000)
    assert verdict.reason.endswith(" by this hour")
    assert verdict.window == (TODAY, NOON)


def test_volume_with_a_short_history_says_how_much_is_missing(house: Lakehouse) -> None:
    days(house, 20, 1040)
    learning, declared, broken = house.judged(
        "type: volume", "type: volume, min: 1000", "type: volume, min: 1041"
    )
    assert learning.status is Status.NOT_ASSESSED
    assert learning.reason == "history is 19 days, 28 are needed: 9 more days"
    assert (declared.status, broken.status) == (Status.PASS, Status.FAIL)
    assert broken.reason == "1,040 is less than 1,041, the declared minimum"


def test_a_volume_that_could_not_be_counted_is_not_assessed(house: Lakehouse) -> None:
    for back in range(70, 0, -1):
        house.commit(NOON - back * DAY, 1000)
    dated(house.table, house.times)
    newest = house.table / "_delta_log" / f"{69:020}.json"
    text = newest.read_text().replace("numRecords", "records").replace("num_added_rows", "more")
    newest.write_text(text)
    for file in house.table.glob("*.parquet"):  # where they are, their footers are asked
        file.unlink()
    house.times.clear()
    (verdict,) = house.judged("type: volume")
    assert verdict.status is Status.NOT_ASSESSED
    assert verdict.reason.startswith("the rows of the last day are unknown")
    assert verdict.observed is None


# schema


def test_a_schema_is_held_against_its_contract_and_its_changes(house: Lakehouse) -> None:
    house.commit(NOON - 3 * DAY)
    house.commit(ELEVEN, more=1.5)
    verdicts = house.judged(
        "type: schema",
        "type: schema, columns: {id: long, text: string}",
        "type: schema, columns: {id: integer, text: string, gone: date}, extra: forbid",
        "type: schema, forbid: any",
        "type: schema, allow: [column_added]",
        "type: schema, allow: [column_dropped]",
    )
    now = "3 columns as of version 1, Fri 2026-11-20 11:00 UTC: as it should be"
    then, since = (
        "version 0, Tue 2026-11-17 12:00 UTC, WRITE",
        "version 1, Fri 2026-11-20 11:00 UTC",
    )
    added = f"forbidden: column more (double) added (since {since}, WRITE)"
    assert briefly(verdicts) == [
        ("pass", now),
        ("pass", now),
        ("fail", f"column id is long, not integer (since {then}); "
         f"column gone (date) is missing (since {then}); "
         f"column more (double) is not in the contract (since {since}, WRITE)"),
        ("fail", added),
        ("pass", now),
        ("fail", added),
    ]  # fmt: skip
    assert [verdict.expected for verdict in verdicts] == [
        "no breaking change",
        "2 columns as in the contract",
        "only 3 columns as in the contract",
        "no change",
        "no change but column_added",
        "no change but column_dropped",
    ]
    assert [verdict.observed for verdict in verdicts] == [0, 0, 3, 1, 0, 1]


# what cannot be evaluated


@pytest.mark.parametrize("spoilt", ["missing", "broken"])
def test_what_cannot_be_read_is_an_error_of_every_check_and_no_failure(
    house: Lakehouse, spoilt: str
) -> None:
    house.table.mkdir()
    if spoilt == "broken":
        house.commit(ELEVEN)
        (house.table / "_delta_log" / f"{0:020}.json").write_text('{"metaData"')
        house.times.clear()
    verdicts = house.judged(
        "type: schema",
        "type: volume",
        "type: freshness, max_age: 1h",
        f"{ROWS}, comparison: below, fail: 1",
    )
    assert {verdict.status for verdict in verdicts} == {Status.ERROR}
    (reason,) = {verdict.reason for verdict in verdicts}
    said = {"missing": "is not a Delta table: it has no _delta_log", "broken": "0.json"}
    assert said[spoilt] in reason
    assert {verdict.observed for verdict in verdicts} == {None}
    assert all(verdict.mend for verdict in verdicts)
