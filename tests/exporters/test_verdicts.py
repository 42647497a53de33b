from datetime import UTC, datetime

import pytest

from checks.core import Severity, Status
from exporters.verdicts import observed_text, plain, to_json
from tests.exporters.judged import NOW, judged, verdicts


def test_what_fails_comes_first_then_what_could_not_be_evaluated_the_worst_on_top() -> None:
    made = verdicts(
        judged(Status.PASS, "a"),
        judged(Status.NOT_ASSESSED, "b"),
        judged(Status.WARN, "c"),
        judged(Status.ERROR, "d"),
        judged(Status.FAIL, "e", severity=Severity.INFO),
        judged(Status.FAIL, "f", severity=Severity.CRITICAL),
    )
    assert [one.check.id for one in made.judged] == ["f", "e", "d", "c", "b", "a"]


@pytest.mark.parametrize(
    ("at_least", "fails"),
    [(Severity.INFO, True), (Severity.WARNING, True), (Severity.CRITICAL, False), (None, False)],
)
def test_a_failure_counts_from_its_severity_on(at_least: Severity | None, fails: bool) -> None:
    made = verdicts(judged(Status.FAIL), judged(Status.ERROR, "b", severity=Severity.CRITICAL))
    assert made.failed(at_least) is fails


def test_an_error_is_no_failure_and_nothing_unsure() -> None:
    made = verdicts(judged(Status.ERROR, severity=Severity.CRITICAL))
    assert not made.failed(Severity.INFO)
    assert not made.unsure
    assert made.count(Status.ERROR) == 1


def test_warnings_and_what_was_not_assessed_are_unsure() -> None:
    assert verdicts(judged(Status.WARN)).unsure
    assert verdicts(judged(Status.NOT_ASSESSED)).unsure
    assert not verdicts(judged(Status.PASS)).unsure


def test_the_document_holds_all_that_a_verdict_says() -> None:
    window = (datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    one = judged(
        Status.FAIL,
        reason="412 rows, 52 % below the usual 860",
        mend="see the job",
        observed=412.0,
        expected="700 to 1,050",
        lower=700.0,
        upper=1050.0,
        window=window,
        look="limnograph backtest",
        rows=412,
        bad=3,
        slice="de",
        samples=({"id": 1, "at": NOW},),
        detail={"score": 0.9, "odd": float("nan")},
    )
    assert to_json(verdicts(one)) == {
        "schema_version": 1,
        "generated_at": "2026-11-20T11:00:00Z",
        "summary": {"fail": 1, "error": 0, "warn": 0, "not_assessed": 0, "pass": 0},
        "checks": [
            {
                "id": "main.bronze.posts/rows-a-day",
                "table": "main.bronze.posts",
                "check": "rows-a-day",
                "slice": "de",
                "type": "volume",
                "kind": "volume",
                "status": "fail",
                "severity": "warning",
                "owner": "search",
                "tags": [],
                "description": "",
                "reason": "412 rows, 52 % below the usual 860",
                "mend": "see the job",
                "observed": 412.0,
                "expected": "700 to 1,050",
                "lower": 700.0,
                "upper": 1050.0,
                "window": ["2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"],
                "rows": 412,
                "bad": 3,
                "at": "2026-11-20T11:00:00Z",
                "since": "2026-11-20T07:00:00Z",
                "last_pass_at": "2026-11-20T07:00:00Z",
                "duration_seconds": 0.25,
                "again": False,
                "look": "limnograph backtest",
                "samples": [{"id": 1, "at": "2026-11-20T11:00:00Z"}],
                "detail": {"score": 0.9, "odd": "nan"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("observed", "text"),
    [
        (None, ""),
        (1234567.0, "1,234,567"),
        (0.12345, "0.1235"),
        (float("inf"), "inf"),
        ("id is missing", "id is missing"),
        (NOW, "2026-11-20 11:00 UTC"),
    ],
)
def test_observations_in_words(observed: float | str | datetime | None, text: str) -> None:
    assert observed_text(observed) == text


def test_values_that_json_lacks_become_text() -> None:
    value = {1: (NOW, NOW.date(), float("-inf"), b"x", True, None)}
    assert plain(value) == {"1": ["2026-11-20T11:00:00Z", "2026-11-20", "-inf", "b'x'", True, None]}
