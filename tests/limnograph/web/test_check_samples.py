"""What the page says of checks and incidents, from verdicts in a real store."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from checks import metrics as check_metrics
from checks.core import Severity, Status, Verdict
from checks.forms import CheckForm
from exporters.exposition import Exposition, Format
from limnograph import incident_metrics, self_metrics
from limnograph.settings import CheckSettings, Cron, TableSettings
from limnograph.store import Store, VerdictRow
from limnograph.web.check_samples import shown
from limnograph.web.metrics_feed import MetricsFeed
from monitors import ingestion
from monitors.core import Outcome
from tests.limnograph.store.judgements import judge
from tests.limnograph.store.samples import NOW, POSTS

FORM = CheckForm(type="volume")
DAY = CheckSettings("day", "volume", "volume", FORM, severity=Severity.CRITICAL)
KEY = CheckSettings("key", "unique", "unique", FORM, owner="web")
TABLE = TableSettings(
    POSTS.name, "/lake/posts", owner="search", monitors={"ingestion": ingestion.Config()}
)
METRICS = (*ingestion.METRICS, *check_metrics.ALL, *self_metrics.ALL, *incident_metrics.ALL)
FEW = Verdict(Status.FAIL, "3 rows, at least 10 are expected", observed=3.0, lower=10.0, upper=20.0)
WELL = Verdict(Status.PASS, observed=12.0, lower=10.0, upper=20.0)
INFO = 'info{check="day",check_owner="search",kind="volume",severity="critical"} 1.0'
STAMPS = [
    'last_run_timestamp_seconds{check="day"} 1.773144e+09',
    'last_success_timestamp_seconds{check="day"} 1.773144e+09',
]


class Watch:
    """A feed over a store, whose roster and clock a test sets."""

    def __init__(self, store: Store, *checks: CheckSettings) -> None:
        self.now: datetime = NOW
        self.roster: Sequence[TableSettings] = [replace(TABLE, checks=checks)]
        self.store, self.exposition = store, Exposition(METRICS)
        self.feed = MetricsFeed(store, self.exposition, lambda: self.roster, lambda: self.now)

    def judge(self, check: CheckSettings, *verdicts: Verdict, now: datetime | None = None) -> None:
        """Write an evaluation as a cycle does."""
        at, of = now or self.now, TABLE.check(check)
        measured = check_metrics.measurements(of, verdicts, at)
        failed = any(one.status is Status.ERROR for one in verdicts)
        outcome = Outcome.ERROR if failed else Outcome.ASSESSED
        assert judge(self.store, *verdicts, of=of, at=at, measured=measured, outcome=outcome)

    def lines(self, prefix: str = "lakehouse_check_") -> list[str]:
        """The samples of the families that begin so, without the prefix and the table's labels."""
        self.feed.refresh()
        text = self.exposition.rendered.body(Format.TEXT).decode()
        found = (line for line in text.splitlines() if line.startswith(prefix))
        plain = (re.sub(r'(catalog|schema|table)="[^"]*",?', "", line) for line in found)
        return sorted(line.removeprefix(prefix).replace(",}", "}") for line in plain)

    def states(self, check: str = "day") -> set[str]:
        """The states that a check is in; the other ones must be there, at zero."""
        found = [
            line.removeprefix(f'{{check="{check}",state="').split('"} ')
            for line in self.lines("lakehouse_check_status")
            if f'check="{check}"' in line
        ]
        assert not found or {state for state, _ in found} == {*map(str, Status)}
        return {state for state, value in found if value == "1.0"}


@pytest.fixture
def watch(store: Store) -> Watch:
    return Watch(store, DAY)


def test_a_check_that_was_never_evaluated_is_only_declared(watch: Watch) -> None:
    assert watch.lines() == [INFO]


def test_a_check_that_fails_is_shown_with_what_it_saw_and_expected(watch: Watch) -> None:
    watch.judge(DAY, WELL, now=NOW - timedelta(minutes=15))
    watch.judge(DAY, FEW)
    assert watch.lines() == [
        'duration_seconds{check="day"} 0.25',
        INFO,
        'last_run_timestamp_seconds{check="day"} 1.773144e+09',
        'last_success_timestamp_seconds{check="day"} 1.7731431e+09',
        'lower_bound{check="day"} 10.0',
        'observed_value{check="day"} 3.0',
        'status{check="day",state="error"} 0.0',
        'status{check="day",state="fail"} 1.0',
        'status{check="day",state="not_assessed"} 0.0',
        'status{check="day",state="pass"} 0.0',
        'status{check="day",state="warn"} 0.0',
        'upper_bound{check="day"} 20.0',
    ]


@pytest.mark.parametrize("status", list(Status))
def test_a_check_is_in_the_state_of_its_newest_verdict(watch: Watch, status: Status) -> None:
    watch.judge(DAY, Verdict(status, "so it is"))
    assert watch.states() == {str(status)}
    watch.now += timedelta(minutes=1)
    watch.judge(DAY, Verdict(Status.PASS))
    assert watch.states() == {"pass"}


@pytest.mark.parametrize(
    "unknown", [(Verdict.error("no answer"),), (Verdict.not_assessed("history is short"),)]
)
def test_what_cannot_be_evaluated_takes_what_was_observed_before_off_the_page(
    watch: Watch, unknown: tuple[Verdict, ...]
) -> None:
    watch.judge(DAY, WELL, now=NOW - timedelta(minutes=15))
    watch.judge(DAY, *unknown)
    assert watch.states() == {str(unknown[0].status)}
    assert watch.lines("lakehouse_check_observed") == []
    assert watch.lines("lakehouse_check_lower") == []


def test_what_is_no_number_is_not_shown_as_one(watch: Watch) -> None:
    watch.judge(DAY, Verdict(Status.FAIL, observed="long, not int"))
    assert watch.lines("lakehouse_check_observed") == []
    watch.judge(DAY, Verdict(Status.PASS, observed=NOW, upper=float("inf")), now=NOW)
    assert watch.lines("lakehouse_check_observed") == ['_value{check="day"} 1.773144e+09']
    assert watch.lines("lakehouse_check_upper") == []


def test_of_several_slices_the_worst_counts_and_all_must_have_passed(watch: Watch) -> None:
    earlier = NOW - timedelta(minutes=15)
    watch.judge(DAY, WELL.of_slice("de"), WELL.of_slice("fr"), now=earlier)
    watch.judge(DAY, WELL.of_slice("de"), FEW.of_slice("fr"))
    assert watch.states() == {"fail"}
    assert watch.lines("lakehouse_check_last_success") == [
        '_timestamp_seconds{check="day"} 1.7731431e+09'
    ]
    watch.judge(DAY, FEW.of_slice("es"), WELL.of_slice("fr"), now=NOW)
    assert watch.lines("lakehouse_check_last_success") == []


def test_a_check_that_is_late_for_three_intervals_keeps_its_timestamps_only(watch: Watch) -> None:
    watch.judge(DAY, WELL)
    watch.now = NOW + timedelta(minutes=45)
    assert watch.states() == {"pass"}
    watch.now = NOW + timedelta(minutes=45, seconds=1)
    assert watch.lines() == STAMPS


def test_a_check_is_late_by_its_own_schedule(store: Store) -> None:
    watch = Watch(store, replace(DAY, schedule=Cron("0 8 * * *")))
    watch.judge(DAY, WELL)
    # Judged on the 10th at noon; due at eight on the three days that follow.
    watch.now = NOW + timedelta(days=2, hours=20)
    assert watch.states() == {"pass"}
    watch.now += timedelta(seconds=1)
    assert watch.lines() == STAMPS


def test_a_verdict_that_stands_is_as_current_as_a_new_one(watch: Watch) -> None:
    watch.judge(DAY, WELL)
    watch.feed.refresh()
    watch.now = NOW + timedelta(minutes=40)
    of = TABLE.check(DAY)
    assert judge(watch.store, WELL, of=of, at=watch.now, again=True)
    watch.now = NOW + timedelta(minutes=80)
    assert watch.states() == {"pass"}
    assert watch.lines("lakehouse_check_observed") == ['_value{check="day"} 12.0']


def test_checks_of_one_table_are_told_apart(store: Store) -> None:
    watch = Watch(store, DAY, KEY)
    watch.judge(DAY, FEW)
    watch.judge(KEY, Verdict(Status.PASS, observed=0.0))
    assert (watch.states("day"), watch.states("key")) == ({"fail"}, {"pass"})
    assert watch.lines("lakehouse_check_info") == [
        INFO.removeprefix("info"),
        '{check="key",check_owner="web",kind="unique",severity="warning"} 1.0',
    ]


def test_a_check_that_left_the_configuration_leaves_the_page(store: Store) -> None:
    watch = Watch(store, DAY, KEY)
    watch.judge(DAY, FEW)
    watch.judge(KEY, Verdict(Status.PASS, observed=0.0))
    assert any('check="day"' in line for line in watch.lines())
    watch.roster = [replace(TABLE, checks=(KEY,))]
    assert {'check="key"' in line for line in watch.lines()} == {True}
    watch.roster = []
    assert watch.lines() == []


def test_a_check_that_became_worse_in_the_configuration_is_told_so(watch: Watch) -> None:
    watch.judge(DAY, FEW)
    watch.feed.refresh()
    watch.roster = [replace(TABLE, checks=(replace(DAY, severity=Severity.INFO),))]
    (line,) = watch.lines("lakehouse_check_info")
    assert 'severity="info"' in line
    assert watch.states() == {"fail"}


def test_incidents_are_counted_by_severity_and_state(store: Store) -> None:
    watch = Watch(store, DAY, KEY)
    assert {line[-3:] for line in watch.lines("lakehouse_incidents")} == {"0.0"}
    watch.judge(DAY, FEW)
    watch.judge(KEY, FEW)
    assert some(watch.lines("lakehouse_incidents")) == [
        '{severity="critical",state="open"} 1.0',
        '{severity="warning",state="open"} 1.0',
    ]
    by_check = {one.check: one.id for one in store.incidents()}
    store.acknowledge(by_check[f"{POSTS.name}/day"], "ann", "", NOW)
    store.snooze(by_check[f"{POSTS.name}/key"], NOW + timedelta(hours=1), "ann", "", NOW)
    assert some(watch.lines("lakehouse_incidents")) == [
        '{severity="critical",state="acknowledged"} 1.0',
        '{severity="warning",state="snoozed"} 1.0',
    ]
    watch.now = NOW + timedelta(hours=2)
    watch.judge(DAY, WELL)
    assert some(watch.lines("lakehouse_incidents")) == ['{severity="warning",state="open"} 1.0']


def some(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.endswith(" 0.0")]


def row(verdict: Verdict, at: datetime, check: str = "day") -> VerdictRow:
    return VerdictRow(
        *(POSTS.id, check, verdict, at, at, None, "run-1", 0.5),
        *(Severity.WARNING, "", (), "volume", ""),
    )


def test_the_page_is_worked_out_anew_when_the_first_check_is_late() -> None:
    table = replace(TABLE, checks=(DAY, KEY))
    rows = [row(WELL, NOW), row(WELL, NOW - timedelta(minutes=5), "key")]

    def overdue(check: CheckSettings, at: datetime) -> datetime:
        return at + timedelta(minutes=10)

    assert shown(table, rows, overdue, NOW).until == NOW + timedelta(minutes=5)
    assert shown(table, rows, overdue, NOW + timedelta(minutes=6)).until == NOW + timedelta(
        minutes=10
    )
    assert shown(table, rows, overdue, NOW + timedelta(hours=1)).until is None


def test_what_was_said_of_a_check_that_is_not_declared_is_not_shown() -> None:
    assert shown(TABLE, [row(FEW, NOW)], lambda check, at: at, NOW) == ((), None)
