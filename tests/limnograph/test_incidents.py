"""From the verdicts of one evaluation to incidents and messages, without a store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checks.core import Severity, Verdict
from checks.incidents import Incident, Trail
from exporters.core import Change
from limnograph import incident_metrics
from limnograph.incidents import GONE, RETIRED, Turn, event_id, message, summary, title, turns
from tests.limnograph.store.judgements import (
    ERROR,
    FAIL,
    PASS,
    UNKNOWN,
    WARN,
    check,
    minute,
)
from tests.limnograph.store.samples import LABELS, NOW


def turned(
    *verdicts: Verdict,
    trails: dict[str, Trail] | None = None,
    incidents: dict[str, Incident] | None = None,
    at: float = 0,
    silent: bool = False,
) -> dict[str, Turn]:
    found = turns(check(), verdicts, trails or {}, incidents or {}, minute(at), silent=silent)
    return {turn.slice: turn for turn in found}


def opened(verdict: Verdict = FAIL, **more: object) -> Incident:
    incident = turned(verdict)[verdict.slice].step.incident
    assert incident is not None
    return replace(incident, **more)  # type: ignore[arg-type]


def test_every_slice_goes_its_own_way() -> None:
    found = turned(FAIL.of_slice("de"), PASS.of_slice("fr"), UNKNOWN.of_slice("it"))
    assert {name: turn.step.change for name, turn in found.items()} == {
        "de": "opened",
        "fr": None,
        "it": None,
    }
    assert found["de"].trail == Trail((True,), NOW, None)
    assert found["fr"].trail == Trail((False,), None, NOW)
    assert found["it"].trail == Trail()


def test_a_slice_of_which_nothing_is_said_is_gone_when_others_were_judged() -> None:
    known = {"de": opened(FAIL.of_slice("de"))}
    trails = {"de": Trail((True,), NOW), "fr": Trail()}
    found = turned(PASS.of_slice("it"), trails=trails, incidents=known, at=1)
    assert {name: turn.verdict for name, turn in found.items()} == {
        "it": PASS.of_slice("it"),
        "de": None,
        "fr": None,
    }
    assert (found["de"].step.change, found["de"].step.told) == ("resolved", True)
    assert found["de"].step.incident is not None
    assert found["de"].step.incident.ending == GONE
    assert found["fr"].step.change is None


@pytest.mark.parametrize("verdicts", [(ERROR,), (UNKNOWN,), (ERROR, UNKNOWN.of_slice("x")), ()])
def test_nothing_is_gone_when_nothing_could_be_judged(verdicts: tuple[Verdict, ...]) -> None:
    known = {"de": opened(FAIL.of_slice("de"))}
    assert "de" not in turned(*verdicts, incidents=known, at=1)


def test_a_slice_whose_incident_is_over_and_snoozed_is_not_resolved_again() -> None:
    over = opened(FAIL.of_slice("de"), resolved_at=NOW, snoozed_until=minute(60))
    found = turned(PASS, incidents={"de": over}, at=1)
    assert found["de"].step.change is None


def test_a_message_says_all_that_its_receiver_needs() -> None:
    told = message(opened(replace(FAIL, mend="see the loader", look="SELECT 1")), "opened", NOW)
    assert (told.observed, told.expected, told.mend, told.look) == (
        "3",
        "10 or more",
        "see the loader",
        "SELECT 1",
    )
    assert (told.since, told.last_good, told.owner, told.tags) == (NOW, None, "search", ("gold",))
    assert told.event_id == event_id(told.incident, 1)


def test_a_message_of_an_end_says_why_and_since_when_it_is_good() -> None:
    step = turned(PASS, incidents={"": opened(replace(FAIL, mend="mend it"))}, at=5)[""].step
    assert step.incident is not None
    told = message(step.incident, "resolved", minute(5))
    assert (told.change, told.status, told.severity) == (Change.RESOLVED, "pass", "critical")
    assert (told.reason, told.observed, told.mend) == (PASS.reason, "12", "")
    assert (told.since, told.last_good) == (NOW, minute(5))
    assert told.title == "main.bronze.posts/posts-a-day resolved"
    for ending in (GONE, RETIRED):
        assert message(replace(step.incident, ending=ending), "resolved", NOW).last_good is None


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (FAIL, "main.bronze.posts/posts-a-day fails"),
        (WARN.of_slice("de"), "main.bronze.posts/posts-a-day [de] warns"),
        (ERROR, "main.bronze.posts/posts-a-day could not be evaluated"),
    ],
)
def test_a_title_says_what_and_how(verdict: Verdict, expected: str) -> None:
    assert title(opened(verdict)) == expected


def test_a_summary_tells_of_all_the_worst_first() -> None:
    mild = opened(WARN, check="main.gold.labels/nulls", subject=LABELS.id, severity=Severity.INFO)
    mild = replace(mild, since=minute(-60))
    told = summary([mild, opened()], "run-1", NOW)
    assert (told.change, told.sequence, told.incident) == (Change.SUMMARY, 1, "summary:run-1")
    assert told.title == "2 incidents on 2 tables at the first look"
    assert (told.status, told.severity, told.since) == ("fail", "critical", minute(-60))
    assert told.items == (
        f"critical: main.bronze.posts/posts-a-day fails: {FAIL.reason}",
        f"info: main.gold.labels/nulls warns: {WARN.reason}",
    )
    assert told.event_id == summary([opened()], "run-1", minute(5)).event_id
    with pytest.raises(ValueError, match="nothing to summarise"):
        summary([], "run-1", NOW)


def test_open_incidents_are_counted_by_severity_and_state() -> None:
    some = [
        opened(),
        opened(acknowledged_at=NOW),
        opened(acknowledged_at=NOW, snoozed_until=minute(5)),
        opened(snoozed_until=minute(5), severity=Severity.INFO),
        opened(resolved_at=NOW),
    ]
    found = incident_metrics.samples(some, minute(1))
    assert len(found) == 9
    assert {labels: value for _, labels, value in found if value} == {
        ("critical", "open"): 1.0,
        ("critical", "acknowledged"): 1.0,
        ("critical", "snoozed"): 1.0,
        ("info", "snoozed"): 1.0,
    }
    later = incident_metrics.samples(some, NOW + timedelta(hours=1))
    assert {labels: value for _, labels, value in later if value}["critical", "acknowledged"] == 2
