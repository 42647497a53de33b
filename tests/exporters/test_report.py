"""The report as a value and in its three forms, from literal data."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from checks.core import Status
from exporters.history import Bucket, MonitorOutcome, TableHistory
from exporters.markdown import cell
from exporters.report import Report, Today, build, to_json, today
from exporters.report_markdown import to_markdown
from exporters.report_text import other_events, to_text
from exporters.rules import Window
from monitors.core import Event, EventKind, Outcome, Problem
from tests.exporters.judged import judged, verdicts

# A Thursday.
NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
GOLDEN = Path(__file__).with_name("golden")


def hours(rows: int = 100) -> tuple[Bucket, ...]:
    start = MIDNIGHT - 4 * WEEK
    return tuple(Bucket(start + n * HOUR, rows, 0, 0, rows, 1) for n in range(4 * 168 + 13))


def days(rows: int = 2400, inexact: int = 0, uncounted: int = 0) -> tuple[Bucket, ...]:
    start = MIDNIGHT - 4 * WEEK
    complete = tuple(Bucket(start + n * DAY, rows, 0, 0, rows, 24) for n in range(28))
    return (*complete, Bucket(MIDNIGHT, 1250, 20, 3, 1247, 13, uncounted, inexact))


def outcome(monitor: str = "ingestion", at: datetime = NOW) -> MonitorOutcome:
    return MonitorOutcome(monitor, Outcome.ASSESSED, at, at)


POSTS = TableHistory(
    "main.bronze.posts",
    uri="s3://lake/bronze/posts",
    owner="ingest",
    tags=("bronze", "gold-path"),
    outcomes=(outcome(), outcome("freshness")),
    rows=123_456,
    files=48,
    size_bytes=9_876_543,
    last_commit=NOW - timedelta(minutes=10),
    last_event=NOW - timedelta(minutes=12),
    due=NOW + 3 * HOUR,
    due_confidence=0.985,
    counted_at=NOW,
    hours=hours(),
    days=days(inexact=1),
)
LABELS = TableHistory(
    "main.silver.labels",
    outcomes=(outcome(), outcome("freshness")),
    rows=5_000,
    last_commit=NOW - 6 * HOUR,
    due=NOW - 2 * HOUR,
    counted_at=NOW,
    hours=hours(),
    days=days(uncounted=1),
    events=(
        Event(EventKind.FEED_OFF, "3", NOW - DAY, "the change feed was off from 3 to 9"),
        Event(EventKind.FEED_ON, "9", NOW - HOUR, "the change feed is on since version 9"),
    ),
)
SUMMARIES = TableHistory(
    "main.gold.summaries",
    outcomes=(
        outcome(),
        MonitorOutcome(
            "freshness", Outcome.NOT_ASSESSED, NOW, None, "2 commits, 20 are needed", "wait"
        ),
    ),
    counted_at=NOW,
)
BROKEN = TableHistory(
    "main.bronze.crawls",
    outcomes=(
        MonitorOutcome(
            "ingestion",
            Outcome.ERROR,
            NOW,
            NOW - DAY,
            "commit 812 is not JSON",
            "restore _delta_log/00000000000000000812.json",
        ),
    ),
    counted_at=NOW - DAY,
)
NEW = TableHistory("main.dim.topics")
TABLES = (POSTS, LABELS, SUMMARIES, BROKEN, NEW)


CHECKS = (
    judged(
        Status.FAIL,
        "labels-are-known",
        table=LABELS.name,
        reason="4 of 150 rows have a label that is not known",
        mend="see the classifier",
        rows=150,
        bad=4,
    ),
    judged(Status.NOT_ASSESSED, table=SUMMARIES.name, reason="history is 2 days", mend="wait"),
    judged(Status.PASS, table=POSTS.name),
)


def report() -> Report:
    return build(TABLES, NOW, checks=verdicts(*CHECKS))


def text(value: Report, *, quiet: bool = False, width: int = 120) -> str:
    console = Console(file=StringIO(), width=width, color_system=None, markup=False)
    with console.capture() as capture:
        to_text(value, console, quiet=quiet)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def test_the_report_for_a_person() -> None:
    assert text(report()) == (GOLDEN / "report.txt").read_text()


def test_the_report_as_markdown() -> None:
    assert to_markdown(report()) == (GOLDEN / "report.md").read_text()


def test_the_report_as_json() -> None:
    assert json.dumps(to_json(report()), indent=2) + "\n" == (GOLDEN / "report.json").read_text()


def test_quiet_says_only_what_is_wrong() -> None:
    assert "Tables" not in text(report(), quiet=True)
    assert "commit 812 is not JSON" in text(report(), quiet=True)
    assert text(build([POSTS], NOW), quiet=True) == ""


def test_an_empty_report_says_so() -> None:
    assert text(build([], NOW)) == (
        "Lakehouse report, 2026-03-05 12:30 UTC, data as of ? UTC\n"
        "0 tables, 0 readable, 0 late, no trouble, 0 not assessed\n"
    )


@pytest.mark.parametrize("width", [80, 100, 120])
def test_numbers_are_never_cut_on_a_narrow_terminal(width: int) -> None:
    lines = text(build([POSTS], NOW), width=width).splitlines()
    assert max(map(len, lines)) <= width
    for written in ("~1,250", "~20", "~3", "102 %", "10 min ago"):
        assert any(written in line for line in lines)


def test_a_narrow_terminal_leaves_out_whole_columns() -> None:
    assert "123,456" in text(build([POSTS], NOW), width=120)
    assert "123,456" not in text(build([POSTS], NOW), width=80)


def test_today_is_compared_with_the_same_weekday_up_to_the_same_time() -> None:
    assert today(POSTS, NOW) == Today(
        date(2026, 3, 5), NOW, 1250, 20, 3, 1247, 13, 0, 1, usual=1250
    )
    assert today(POSTS, NOW).ratio == 1.016


def test_today_is_as_far_as_the_table_was_read() -> None:
    posts = replace(POSTS, counted_at=NOW - 2 * HOUR)
    assert (today(posts, NOW).until, today(posts, NOW).usual) == (NOW - 2 * HOUR, 1050)


def test_today_is_unknown_for_a_table_last_read_yesterday() -> None:
    found = today(replace(POSTS, counted_at=NOW - DAY), NOW)
    assert (found.inserted, found.commits, found.usual, found.ratio) == (None, None, None, None)


def test_today_without_commits_is_zero_rows() -> None:
    found = today(replace(POSTS, days=POSTS.days[:-1]), NOW)
    assert (found.inserted, found.updated, found.deleted, found.commits) == (0, 0, 0, 0)


def test_today_is_the_local_day_of_the_table() -> None:
    late_evening = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
    tokyo = replace(POSTS, time_zone="Asia/Tokyo", days=(), counted_at=late_evening)
    assert today(tokyo, late_evening).date == date(2026, 3, 6)


def test_the_usual_of_a_zone_off_the_hour_takes_shares_of_hours() -> None:
    kolkata = replace(POSTS, time_zone="Asia/Kolkata")
    # Midnight there is 18:30 UTC: eighteen hours have passed at 12:30 UTC.
    assert today(kolkata, NOW).usual == 1800


def test_the_usual_needs_three_earlier_weekdays_with_known_rows() -> None:
    recent = tuple(b for b in POSTS.hours if b.start >= MIDNIGHT - 3 * WEEK)
    assert today(replace(POSTS, hours=recent), NOW).usual == 1250
    unknown = (*recent[:5], replace(recent[5], inserted=None, uncounted=1), *recent[6:])
    assert today(replace(POSTS, hours=unknown), NOW).usual is None


def test_the_same_problem_of_two_monitors_is_told_once() -> None:
    hole = Problem("footers", "not_assessed", "no permission", "GRANT SELECT")
    posts = replace(POSTS, outcomes=tuple(replace(o, problems=(hole,)) for o in POSTS.outcomes))
    assert build([posts], NOW).tables[0].problems == (hole,)


def test_a_stale_table_is_not_assessed_for_lateness() -> None:
    posts = replace(POSTS, overdue_at=NOW - HOUR, due=NOW - HOUR)
    found = build([posts], NOW)
    assert (found.late, found.not_assessed) == (0, 1)
    assert [str(trouble.kind) for trouble in found.troubles] == ["stale"]


def test_a_longer_window_shows_older_events() -> None:
    assert len(build([LABELS], NOW + 10 * DAY).tables[0].events) == 0
    assert len(build([LABELS], NOW + 10 * DAY, Window.back(30 * DAY)).tables[0].events) == 2


def test_markdown_cells_cannot_break_the_table() -> None:
    assert cell("a|b\n<c> [d](e) *f*") == r"a\|b \<c> \[d](e) \*f\*"
    assert cell("see `a | *<b>`, <b> ` <c>") == r"see `a \| *<b>`, \<b> ` \<c>"
    assert cell("`` <a> ` \\<b>") == r"`` \<a> ` \\\<b>"


def schema_change(number: int, kind: str, at: datetime) -> Event:
    message = f"{kind} {number} (version 7, SET TBLPROPERTIES)"
    return Event(EventKind.SCHEMA_CHANGED, f"{at}:{number}", at, message, {"kind": kind})


def test_many_properties_do_not_drown_the_columns_that_changed() -> None:
    changes = [schema_change(n, "property_set", NOW - HOUR) for n in range(500)]
    changes += [schema_change(n, "column_added", NOW - DAY) for n in range(3)]
    feed = Event(EventKind.FEED_ON, "9", NOW - HOUR, "the change feed is on")
    events = (*changes, feed)
    report = build([replace(POSTS, events=events)], NOW)
    assert len(report.tables[0].events) == 504
    lines = list(other_events(report.tables))
    told = [message.split(" (")[0] for _, _, _, message in lines]
    assert [line for line in told if line.startswith("column")] == [
        f"column_added {n}" for n in range(3)
    ]
    assert sum(line.startswith("property") for line in told) == 5
    assert told[-1] == (
        "and 495 more changes; `limnograph schema main.bronze.posts --history` lists them"
    )
    assert "the change feed is on" in told


def test_a_few_changes_of_a_schema_are_all_listed() -> None:
    changes = tuple(schema_change(n, "feature_added", NOW - HOUR) for n in range(8))
    report = build([replace(POSTS, events=changes)], NOW)
    assert len(list(other_events(report.tables))) == 8
