"""The checks of a cycle: judged after the reading, stored at once, told in their order."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from structlog.testing import capture_logs

from checks.core import Check, Kind, Past, Severity, Status, Verdict
from checks.forms import CheckForm, RowForm
from exporters.core import Message
from limnograph.cycle import CheckResult, CycleResult, Due, Written
from limnograph.judging import Rules
from limnograph.runner import run_cycle
from limnograph.settings import CheckSettings, TableSettings
from limnograph.store import Store, open_store
from monitors import ingestion
from monitors.core import Outcome
from monitors.errors import UnreadableError
from tests.limnograph.lake_in_memory import NOON, MemoryLake, MemoryTable, commit

ROWS = frozenset({"commits", "rows"})
HOUR = timedelta(hours=1)


class Says(CheckForm):
    """A check that says what it is told to."""

    says: Literal["pass", "warn", "fail", "error", "not_assessed", "nonsense"] = "pass"


def say(check: Check, past: Past) -> Sequence[Verdict]:
    assert isinstance(check.form, Says)
    if check.form.says == "nonsense":
        raise ZeroDivisionError("no rows")
    if past.unreadable:
        return [Verdict.error(*past.unreadable)]
    return [Verdict(Status(check.form.says), "so it was told", observed=7.0, upper=9.0)]


def hear(check: Check, past: Past) -> Sequence[Verdict]:
    rows = past.latest("lakehouse_table_rows")
    return [Verdict(Status.PASS, observed=rows)]


KINDS = {
    "says": Kind("says", "", Says, say),
    "hears": Kind("hears", "", CheckForm, hear),
    "rows": Kind("rows", "", RowForm),
}


def says(word: str, id_: str = "", **more: object) -> CheckSettings:
    form = Says.model_validate({"type": "says", "says": word})
    return CheckSettings(id_ or word, "says", "says", form, **more)  # type: ignore[arg-type]


def over_rows(id_: str, rows: Literal["new", "all"] = "new") -> CheckSettings:
    return CheckSettings(id_, "rows", "rows", RowForm(type="rows", rows=rows))


@dataclass
class House:
    """A store and a lake with one table, read by one monitor; one channel is told of all."""

    store: Store
    lake: MemoryLake

    def cycle(
        self, *checks: CheckSettings, now: datetime = NOON + HOUR, again: bool = False
    ) -> CycleResult:
        table = TableSettings(
            "posts",
            "/lake/posts",
            "ingest",
            monitors={"ingestion": ingestion.Config()},
            checks=checks,
        )
        metrics = {metric.name: metric for metric in ingestion.METRICS}
        rules = Rules(KINDS, metrics, {"posts": table}, lambda message: ["team"], again=again)
        self.store.sync_roster("table", {"posts": {}}, now)
        due = [Due(table, (ingestion.MONITOR,), checks)]
        return asyncio.run(run_cycle(due, self.store, self.lake, clock=lambda: now, rules=rules))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    table = MemoryTable([commit(0, 10), commit(1, 20)])
    with open_store(f"sqlite:///{tmp_path}/s.db") as store:
        yield House(store, MemoryLake({"posts": table}, ROWS))


def statuses(result: CycleResult) -> dict[str, str]:
    return {one.check.id: str(one.status) for one in result.checks}


def told(house: House) -> list[Message]:
    """What the channel is to be told, in the order in which it was written."""
    return [row.message for row in house.store.outbox()]


def only(result: CycleResult) -> CheckResult:
    (one,) = result.checks
    return one


def test_every_check_gets_a_verdict_that_the_store_keeps(house: House) -> None:
    words = ("pass", "warn", "fail", "error", "not_assessed")
    result = house.cycle(*(says(word) for word in words))
    assert statuses(result) == {word: word for word in words}
    kept = {row.check: str(row.status) for row in house.store.verdicts()}
    assert kept == {word: word for word in words}


def test_a_check_judges_what_the_monitors_of_its_own_cycle_have_read(house: House) -> None:
    check = CheckSettings("hears", "hears", "hears", CheckForm(type="hears"))
    assert only(house.cycle(check)).verdicts[0].observed == 30
    house.lake.tables["posts"].append(5)
    assert only(house.cycle(check, now=NOON + 2 * HOUR)).verdicts[0].observed == 35


def test_a_defect_in_a_check_is_an_error_of_that_check_alone(house: House) -> None:
    with capture_logs() as logs:
        result = house.cycle(says("nonsense"), says("pass"))
    assert statuses(result) == {"nonsense": "error", "pass": "pass"}
    assert result.checks[0].verdicts[0].reason == "ZeroDivisionError: no rows"
    assert [(line["event"], line["check"]) for line in logs if "check" in line] == [
        ("could not be judged", "nonsense")
    ]


def test_a_table_that_cannot_be_read_is_an_error_and_never_a_failure(house: House) -> None:
    house.lake.tables["posts"].failure = UnreadableError("broken log", "repair it")
    house.lake.row_failure = house.lake.tables["posts"].failure
    result = house.cycle(says("fail"), over_rows("key"))
    assert statuses(result) == {"fail": "error", "key": "error"}
    assert {one.verdicts[0].reason for one in result.checks} == {"broken log"}
    assert {one.verdicts[0].mend for one in result.checks} == {"repair it"}


def test_what_was_observed_becomes_a_series_of_the_check(house: House) -> None:
    house.cycle(says("fail", "told"))
    shown = {row.metric: (row.labels, row.value) for row in house.store.latest()}
    labels = ("", "", "posts", "told")
    assert shown["lakehouse_check_observed_value"] == (labels, 7.0)
    assert shown["lakehouse_check_upper_bound"] == (labels, 9.0)
    assert "lakehouse_check_lower_bound" not in shown


def test_checks_over_rows_share_one_job_and_go_on_from_where_they_were(house: House) -> None:
    checks = (over_rows("key"), over_rows("nulls"))
    house.cycle(*checks)
    house.lake.tables["posts"].append(5)
    house.cycle(*checks, now=NOON + 2 * HOUR)
    jobs = [([c.check.id for c in j.checks], j.position) for j in house.lake.examined]
    assert jobs == [(["key", "nulls"], None), (["key", "nulls"], "1")]


def test_a_check_that_is_new_starts_at_the_beginning_in_a_job_of_its_own(house: House) -> None:
    house.cycle(over_rows("key"))
    house.lake.tables["posts"].append(5)
    house.cycle(over_rows("key"), over_rows("nulls"), now=NOON + 2 * HOUR)
    jobs = [([c.check.id for c in j.checks], j.position) for j in house.lake.examined[1:]]
    assert sorted(jobs, key=str) == [(["key"], "1"), (["nulls"], None)]


def test_without_new_rows_the_verdict_of_before_stands_and_nothing_is_read(house: House) -> None:
    house.lake.verdicts = {"key": Verdict(Status.FAIL, "3 keys came twice", observed=3.0)}
    house.cycle(over_rows("key"))
    result = house.cycle(over_rows("key"), now=NOON + 2 * HOUR)
    assert len(house.lake.examined) == 1
    assert only(result).again
    assert only(result).written is Written.IDLE
    assert only(result).verdicts[0].reason == "3 keys came twice"
    shown = {row.metric: row.value for row in house.store.latest() if row.monitor == "check:key"}
    assert shown == {"lakehouse_check_observed_value": 3.0}
    (row,) = house.store.verdicts()
    assert (row.status, row.at, row.since) == (Status.FAIL, NOON + 2 * HOUR, NOON + HOUR)


def test_rows_that_were_only_deleted_are_news_to_those_alone_who_look_at_all(house: House) -> None:
    checks = (over_rows("key"), over_rows("whole", "all"))
    house.lake.verdicts = {"key": Verdict(Status.FAIL, "3 keys came twice")}
    house.cycle(*checks)
    log = house.lake.tables["posts"].commits
    log.append(replace(commit(2, 0), operation="DELETE", deleted=4, net=-4))
    result = house.cycle(*checks, now=NOON + 2 * HOUR)
    assert statuses(result) == {"key": "fail", "whole": "pass"}
    assert {one.check.id: one.again for one in result.checks} == {"key": True, "whole": False}
    log.append(commit(3, 5))
    house.cycle(*checks, now=NOON + 3 * HOUR)
    jobs = [(sorted(c.check.id for c in j.checks), j.position) for j in house.lake.examined]
    assert jobs == [(["key", "whole"], None), (["whole"], "1"), (["key", "whole"], "2")]


@pytest.mark.parametrize("unsure", [{"exact": False}, {"inserted": None}, {"updated": 1}])
def test_a_commit_that_may_have_brought_rows_is_read(house: House, unsure: dict[str, Any]) -> None:
    house.cycle(over_rows("key"))
    deleting = replace(commit(2, 0), operation="DELETE", deleted=4, **unsure)
    house.lake.tables["posts"].commits.append(deleting)
    house.cycle(over_rows("key"), now=NOON + 2 * HOUR)
    assert [job.position for job in house.lake.examined] == [None, "1"]


def test_again_judges_what_was_judged_before(house: House) -> None:
    house.cycle(over_rows("key"))
    house.cycle(over_rows("key"), now=NOON + 2 * HOUR, again=True)
    assert [job.position for job in house.lake.examined] == [None, None]


def test_rows_that_cannot_be_had_are_an_error_and_are_asked_for_again(house: House) -> None:
    house.lake.row_failure = UnreadableError("the storage is away", "try again")
    assert statuses(house.cycle(over_rows("key"))) == {"key": "error"}
    house.lake.row_failure = None
    assert statuses(house.cycle(over_rows("key"), now=NOON + 2 * HOUR)) == {"key": "pass"}
    assert [job.position for job in house.lake.examined] == [None, None]


def test_a_lake_without_rows_is_not_assessed_with_the_mend(house: House) -> None:
    house.lake.abilities = frozenset({"commits"})
    verdict = only(house.cycle(over_rows("key"))).verdicts[0]
    assert verdict.status is Status.NOT_ASSESSED
    assert "log_only: false" in verdict.mend


def test_the_outcome_says_whether_a_check_was_evaluated_and_not_whether_it_passed(
    house: House,
) -> None:
    house.cycle(says("fail"), says("error"), says("not_assessed"))
    outcomes = {row.monitor: row.outcome for row in house.store.outcomes(["table:posts"])}
    assert outcomes["check:fail"] is Outcome.ASSESSED
    assert outcomes["check:error"] is Outcome.ERROR
    assert outcomes["check:not_assessed"] is Outcome.NOT_ASSESSED


def test_the_first_verdicts_of_a_store_open_silently_and_one_summary_is_told(house: House) -> None:
    house.cycle(says("fail"), says("error"))
    assert [str(message.change) for message in told(house)] == ["summary"]
    assert len(house.store.incidents()) == 2


def test_later_failures_are_told_one_by_one_and_so_is_their_end(house: House) -> None:
    house.cycle(says("pass", "a", severity=Severity.CRITICAL))
    house.cycle(says("fail", "a", severity=Severity.CRITICAL), now=NOON + 2 * HOUR)
    house.cycle(says("fail", "a", severity=Severity.CRITICAL), now=NOON + 3 * HOUR)
    house.cycle(says("pass", "a", severity=Severity.CRITICAL), now=NOON + 4 * HOUR)
    messages = [(str(m.change), m.severity, m.since, m.last_good) for m in told(house)]
    assert messages == [
        ("opened", "critical", NOON + 2 * HOUR, NOON + HOUR),
        ("resolved", "critical", NOON + 2 * HOUR, NOON + 4 * HOUR),
    ]
