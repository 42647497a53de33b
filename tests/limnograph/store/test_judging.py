"""Verdicts in the store: the newest, their history, and the incidents that follow from them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf

import pytest

from checks.core import Check, Patience, Severity, Status, Verdict
from checks.metrics import OBSERVED
from exporters.core import Change, Message
from limnograph.incidents import GONE, RETIRED
from limnograph.store import IncidentError, Judgement, Seen, Store
from monitors.core import Cursor, Outcome, State, Subject
from tests.limnograph.store.judgements import (
    ERROR,
    FAIL,
    PASS,
    UNKNOWN,
    WARN,
    check,
    judge,
    judgement,
    minute,
    taken,
    to_slack,
    told,
)
from tests.limnograph.store.samples import LABELS, NOW, POSTS, look
from tests.limnograph.store.test_racing import together

WHOLE = Verdict(
    status=Status.FAIL,
    reason="3 of 7 rows have no id",
    mend="see the loader",
    observed=datetime(2026, 3, 9, 1, 2, 3, 4, tzinfo=UTC),
    expected="an id",
    lower=-inf,
    upper=0.5,
    window=(minute(-60), minute(0)),
    look="SELECT 1",
    rows=7,
    bad=3,
    slice="country=DE",
    samples=({"id": None, "at": datetime(2026, 3, 9, tzinfo=UTC)},),
    detail={"versions": [1, 2], "share": inf},
)


def test_a_verdict_comes_back_whole(store: Store) -> None:
    assert not store.has_verdicts()
    assert judge(store, WHOLE)
    (row,) = store.verdicts()
    kept = replace(
        WHOLE,
        samples=({"id": None, "at": "2026-03-09T00:00:00Z"},),
        detail={"versions": [1, 2], "share": "inf"},
    )
    assert row.verdict == kept
    assert (row.subject, row.check, row.slice) == (POSTS.id, "posts-a-day", "country=DE")
    assert (row.at, row.since, row.last_pass_at, row.run) == (NOW, NOW, None, "run-1")
    assert (row.severity, row.owner, row.tags, row.kind, row.duration) == (
        Severity.CRITICAL,
        "search",
        ("gold",),
        "volume",
        0.25,
    )
    assert store.has_verdicts()


def test_text_that_no_database_holds_is_stored_all_the_same(store: Store) -> None:
    odd = Verdict(Status.FAIL, "a\0b\ud800", slice="s\0", detail={"key\0": "v\ud800"})
    assert judge(store, odd)
    assert judge(store, odd, at=minute(1))
    (row,) = store.verdicts()
    assert (row.verdict.reason, row.slice) == ("a?b?", "s?")
    assert len(store.verdict_history(POSTS.id, "posts-a-day")) == 1
    assert len(store.incidents()) == 1


def test_a_status_has_a_beginning_and_a_last_pass(store: Store) -> None:
    for number, verdict in enumerate([PASS, PASS, FAIL, FAIL]):
        judge(store, verdict, at=minute(number))
    (row,) = store.verdicts([POSTS.id])
    assert (row.status, row.at, row.since) == (Status.FAIL, minute(3), minute(2))
    judge(store, UNKNOWN, at=minute(4))
    (row,) = store.verdicts([POSTS.id])
    assert (row.status, row.at, row.since) == (Status.NOT_ASSESSED, minute(4), minute(4))
    assert row.last_pass_at == minute(1)


def test_history_is_kept_where_a_status_or_a_reason_not_to_pass_changed(store: Store) -> None:
    verdicts = [
        PASS,
        replace(PASS, reason="13 rows", observed=13.0),
        FAIL,
        FAIL,
        replace(FAIL, reason="4 rows"),
        PASS,
    ]
    for number, verdict in enumerate(verdicts):
        judge(store, verdict, at=minute(number))
    history = store.verdict_history(POSTS.id, "posts-a-day")
    assert [(one.at, one.verdict.reason) for one in history] == [
        (minute(0), PASS.reason),
        (minute(2), FAIL.reason),
        (minute(4), "4 rows"),
        (minute(5), PASS.reason),
    ]
    assert history[1].verdict == FAIL
    assert [one.at for one in store.verdict_history(POSTS.id, "posts-a-day", minute(5))] == [
        minute(5)
    ]


def test_an_unchanged_verdict_is_no_news(store: Store) -> None:
    judge(store, PASS)
    revision = store.revision()
    judge(store, PASS, at=minute(1))
    assert store.revision() == revision
    assert store.verdicts()[0].at == minute(1)


def test_a_verdict_its_series_and_its_position_are_written_together(store: Store) -> None:
    measured = [OBSERVED(3.0, *POSTS.labels, "posts-a-day", at=NOW)]
    assert judge(store, FAIL, position="v1", measured=measured)
    assert look(store, monitor="check:posts-a-day").cursor == Cursor("v1")
    assert [(row.monitor, row.value) for row in store.latest()] == [("check:posts-a-day", 3.0)]
    assert [(row.monitor, row.outcome) for row in store.outcomes()] == [
        ("check:posts-a-day", Outcome.ASSESSED)
    ]


def test_of_a_check_that_was_outrun_nothing_is_written_and_the_others_are(store: Store) -> None:
    judge(store, PASS, position="v1")
    late = judgement(FAIL, at=minute(1), position="v2")
    other = judgement(WARN, at=minute(1), of=check("other"))
    assert store.judge([late, other]) == [False, True]
    assert {row.check: row.status for row in store.verdicts()} == {
        "posts-a-day": Status.PASS,
        "other": Status.WARN,
    }
    assert [one.check_id for one in store.incidents()] == ["other"]


def test_an_older_evaluation_does_not_replace_a_newer_one(store: Store) -> None:
    judge(store, PASS, at=minute(2))
    assert not judge(store, FAIL, at=minute(1))
    assert store.verdicts()[0].status is Status.PASS
    assert store.incidents() == []


def test_a_clock_that_was_wrong_once_does_not_stop_a_check_for_ever(store: Store) -> None:
    judge(store, FAIL, at=minute(60 * 24 * 365))
    assert judge(store, PASS, at=minute(1))
    assert store.verdicts()[0].status is Status.PASS
    assert store.incidents() == []
    assert len(taken(store, minute(1))) == 1


def test_of_two_threads_exactly_one_judges_the_same_rows(store: Store) -> None:
    for number in range(10):
        seen = look(store, monitor="check:posts-a-day")
        one = judgement(FAIL, at=minute(number), seen=seen, position=f"v{number}")
        results = together(*[partial(store.judge, [one])] * 2)
        assert sorted(results, key=str) == [[False], [True]]
    assert told(store) == ["opened"]


def test_two_threads_that_judge_at_once_open_one_incident(store: Store) -> None:
    one = judgement(FAIL)
    together(*[partial(store.judge, [one])] * 4)
    assert len(store.incidents()) == 1
    assert told(store) == ["opened"]


def test_states_without_a_cursor_are_refused_and_nothing_is_written(store: Store) -> None:
    one = judgement(FAIL)
    state = State("k", "f", 1, b"")
    reading = replace(one.record.reading, states=(state,))
    with pytest.raises(ValueError, match="must carry a cursor"):
        store.judge([judgement(PASS, of=check("a")), replaced(one, reading)])
    assert store.verdicts() == []


def replaced(one: Judgement, reading: object) -> Judgement:
    return replace(one, record=replace(one.record, reading=reading))  # type: ignore[arg-type]


def test_an_incident_opens_is_told_and_ends_in_the_transaction_of_its_verdict(store: Store) -> None:
    judge(store, PASS)
    judge(store, FAIL, at=minute(1))
    (incident,) = store.incidents()
    assert (incident.check, incident.last_good) == ("main.bronze.posts/posts-a-day", NOW)
    judge(store, PASS, at=minute(2))
    assert store.incidents() == []
    (ended,) = store.incidents(open_only=False)
    assert (ended.id, ended.resolved_at, ended.ending) == (incident.id, minute(2), PASS.reason)
    opened, resolved = (row.message for row in store.outbox())
    assert opened == Message(
        event_id=opened.event_id,
        incident=incident.id,
        sequence=1,
        change=Change.OPENED,
        title="main.bronze.posts/posts-a-day fails",
        status="fail",
        severity="critical",
        table="main.bronze.posts",
        check="posts-a-day",
        reason=FAIL.reason,
        at=minute(1),
        since=minute(1),
        last_good=NOW,
        observed="3",
        expected="10 or more",
        owner="search",
        tags=("gold",),
    )
    assert (resolved.change, resolved.sequence, resolved.status) == (Change.RESOLVED, 2, "pass")
    assert (resolved.reason, resolved.last_good, resolved.since) == (
        PASS.reason,
        minute(2),
        minute(1),
    )
    assert resolved.event_id != opened.event_id


def test_a_message_has_the_link_that_the_settings_give_it(store: Store) -> None:
    one = replace(judgement(FAIL), link=lambda message: f"https://x/{message.incident}")
    store.judge([one])
    (row,) = store.outbox()
    assert row.message.link == f"https://x/{row.message.incident}"


def test_two_incidents_of_one_instant_are_two(store: Store) -> None:
    for verdict in (FAIL, PASS, FAIL, PASS):
        judge(store, verdict)
    assert len({one.id for one in store.incidents(open_only=False)}) == 2
    assert told(store) == ["opened", "resolved", "opened", "resolved"]


def test_what_ended_is_told_wherever_it_was_told_that_it_began(store: Store) -> None:
    def routes(message: Message) -> list[str]:
        return ["pager", "slack"] if message.severity == "critical" else ["slack"]

    for number, verdict in enumerate([WARN, FAIL, WARN, PASS]):
        judge(store, verdict, at=minute(number), routes=routes)
    assert [(row.channel, str(row.message.change)) for row in store.outbox()] == [
        ("slack", "opened"),
        ("pager", "updated"),
        ("slack", "updated"),
        ("slack", "resolved"),
        ("pager", "resolved"),
    ]


def test_a_message_that_no_route_takes_is_told_to_nobody(store: Store) -> None:
    judge(store, FAIL, routes=lambda message: [])
    assert (store.outbox(), len(store.incidents())) == ([], 1)


def test_slices_have_incidents_of_their_own(store: Store) -> None:
    judge(store, FAIL.of_slice("de"), PASS.of_slice("fr"))
    judge(store, PASS.of_slice("de"), FAIL.of_slice("fr"), at=minute(1))
    assert [one.slice for one in store.incidents()] == ["fr"]
    assert told(store) == ["opened", "resolved", "opened"]


def test_of_two_verdicts_on_one_slice_the_worse_counts(store: Store) -> None:
    judge(store, PASS, FAIL, WARN)
    assert [row.status for row in store.verdicts()] == [Status.FAIL]


def test_a_slice_that_is_no_longer_reported_is_resolved_and_forgotten(store: Store) -> None:
    judge(store, FAIL.of_slice("de"), PASS.of_slice("fr"))
    judge(store, PASS.of_slice("fr"), at=minute(1))
    assert [row.slice for row in store.verdicts()] == ["fr"]
    (ended,) = store.incidents(open_only=False)
    assert (ended.ending, ended.last_good) == (GONE, None)
    assert store.outbox()[1].message.last_good is None
    assert len(store.verdict_history(POSTS.id, "posts-a-day")) == 2


@pytest.mark.parametrize("verdict", [ERROR, UNKNOWN])
def test_what_could_not_be_evaluated_says_nothing_of_other_slices(
    store: Store, verdict: Verdict
) -> None:
    judge(store, FAIL.of_slice("de"))
    judge(store, verdict, at=minute(1))
    assert "de" in [one.slice for one in store.incidents()]
    assert {row.slice for row in store.verdicts()} == {"", "de"}
    judge(store, FAIL.of_slice("de"), at=minute(2))
    assert [one.slice for one in store.incidents()] == ["de"]
    assert [row.slice for row in store.verdicts()] == ["de"]


def test_patience_is_kept_between_evaluations(store: Store) -> None:
    patient = check(patience=Patience(timedelta(minutes=2), 2, 3))
    for number in range(2):
        judge(store, FAIL, at=minute(number), of=patient)
    assert store.incidents() == []
    judge(store, FAIL, at=minute(2), of=patient)
    (incident,) = store.incidents()
    assert (incident.since, incident.opened_at) == (NOW, minute(2))


def test_after_an_incident_verdicts_count_anew(store: Store) -> None:
    patient = check(patience=Patience(fails=2, of=3))
    for number, verdict in enumerate([FAIL, FAIL, PASS, FAIL]):
        judge(store, verdict, at=minute(number), of=patient)
    assert told(store) == ["opened", "resolved"]
    judge(store, FAIL, at=minute(4), of=patient)
    assert told(store) == ["opened", "resolved", "opened"]


def test_a_verdict_that_still_stands_is_no_further_one(store: Store) -> None:
    measured = [OBSERVED(3.0, *POSTS.labels, "posts-a-day", at=NOW)]
    impatient = check(patience=Patience(fails=2, of=2))
    judge(store, FAIL, of=impatient, measured=measured)
    for number in range(1, 4):
        judge(store, FAIL, of=impatient, at=minute(number), again=True)
    assert store.incidents() == []
    assert [row.value for row in store.latest()] == [3.0]
    judge(store, FAIL, of=impatient, at=minute(4))
    assert told(store) == ["opened"]


def test_time_passes_while_a_verdict_stands(store: Store) -> None:
    patient = check(patience=Patience(duration=timedelta(minutes=2)))
    judge(store, FAIL, of=patient)
    judge(store, FAIL, of=patient, at=minute(2), again=True)
    assert told(store) == ["opened"]
    store.snooze(store.incidents()[0].id, minute(5), "ana", "", minute(3))
    judge(store, FAIL, of=patient, at=minute(6), again=True)
    assert told(store) == ["opened", "updated"]


def test_checks_that_left_the_configuration_are_forgotten_without_a_word(store: Store) -> None:
    measured = [OBSERVED(3.0, *POSTS.labels, "posts-a-day", at=NOW)]
    judge(store, FAIL, measured=measured, position="v1")
    judge(store, FAIL, of=check("other"))
    judge(store, FAIL, of=check(subject=LABELS))
    assert store.judged_checks() == {
        POSTS.id: {"posts-a-day", "other"},
        LABELS.id: {"posts-a-day"},
    }
    assert store.retire_checks(POSTS.id, {"other", "new"}, minute(1)) == ["posts-a-day"]
    assert store.retire_checks(POSTS.id, {"other", "new"}, minute(1)) == []
    assert [(one.subject, one.check_id) for one in store.incidents()] == [
        (LABELS.id, "posts-a-day"),
        (POSTS.id, "other"),
    ]
    ended = next(one for one in store.incidents(open_only=False) if not one.open)
    assert ended.ending == RETIRED
    assert told(store) == ["opened"] * 3
    assert [row.check for row in store.verdicts([POSTS.id])] == ["other"]
    assert (store.latest([POSTS.id]), len(store.outcomes([POSTS.id]))) == ([], 1)
    assert len(store.points(POSTS.id, OBSERVED.name)) == 1
    assert len(store.verdict_history(POSTS.id, "posts-a-day")) == 1


def test_first_verdicts_open_silently_and_one_summary_tells_of_them(store: Store) -> None:
    judge(store, FAIL, silent=True)
    judge(store, WARN, of=check("other", severity=Severity.INFO), silent=True)
    judge(store, FAIL, of=check(subject=LABELS, severity=Severity.WARNING), silent=True)
    assert store.outbox() == []

    def routes(message: Message) -> list[str]:
        return ["pager", "slack"] if message.severity == "critical" else ["slack"]

    results = together(*[partial(store.summarise, "run-1", routes, minute(1))] * 2)
    assert sorted(results, key=str) == [0, 3]
    pager, slack = store.outbox()
    assert (pager.channel, pager.message.items) == (
        "pager",
        (f"critical: main.bronze.posts/posts-a-day fails: {FAIL.reason}",),
    )
    assert (slack.message.change, len(slack.message.items)) == (Change.SUMMARY, 3)
    assert slack.message.title == "3 incidents on 2 tables at the first look"
    assert slack.message.severity == "critical"
    judge(store, FAIL, at=minute(2))
    judge(store, PASS, at=minute(3))
    assert told(store) == ["summary", "summary", "resolved"]


def test_what_a_killed_process_could_not_summarise_is_told_by_the_next(store: Store) -> None:
    judge(store, FAIL, silent=True, run="killed")
    assert store.summarise("next", to_slack, minute(1)) == 1
    assert [row.message.incident for row in store.outbox()] == ["summary:next"]


def test_what_ended_before_the_summary_is_not_in_it(store: Store) -> None:
    judge(store, FAIL, silent=True)
    judge(store, PASS, at=minute(1))
    assert store.summarise("run-1", to_slack, minute(2)) == 0
    assert store.outbox() == []


def test_incidents_are_found_by_how_their_id_begins(store: Store) -> None:
    for number in range(40):
        judge(store, FAIL, of=check(f"c{number}"))
    for one in store.incidents():
        assert store.incident(one.id) == one
        assert store.incident(one.id[:12].upper()) == one
    for nonsense in ("", "ab", "%%%%", "____", "no such", "0" * 40):
        with pytest.raises(IncidentError):
            store.incident(nonsense)


def test_an_incident_is_acknowledged_and_snoozed_by_people(store: Store) -> None:
    judge(store, FAIL)
    (one,) = store.incidents()
    known = store.acknowledge(one.id, "ana", "on it", minute(1))
    assert (known.acknowledged_by, known.acknowledged_note, known.acknowledged_at) == (
        "ana",
        "on it",
        minute(1),
    )
    asleep = store.snooze(one.id[:8], minute(60), "ben", "repair", minute(2))
    assert (asleep.snoozed_by, asleep.state(minute(3))) == ("ben", "snoozed")
    assert store.incidents() == [asleep]
    judge(store, FAIL, at=minute(3))
    assert store.incident(one.id).acknowledged_by == "ana"
    assert store.unacknowledge(one.id, minute(4)).acknowledged_at is None
    store.unsnooze(one.id, minute(5))
    judge(store, FAIL, at=minute(6))
    assert told(store) == ["opened", "updated"]


def test_nobody_can_acknowledge_what_is_resolved(store: Store) -> None:
    judge(store, FAIL)
    judge(store, PASS, at=minute(1))
    (one,) = store.incidents(open_only=False)
    with pytest.raises(IncidentError, match="is resolved"):
        store.acknowledge(one.id, "ana", "", minute(2))


def test_a_snooze_holds_for_the_next_incident_too(store: Store) -> None:
    judge(store, FAIL)
    store.snooze(store.incidents()[0].id, minute(60), "ana", "", minute(1))
    judge(store, PASS, at=minute(2))
    judge(store, FAIL, at=minute(3))
    judge(store, PASS, at=minute(4))
    judge(store, FAIL, at=minute(5))
    assert told(store) == ["opened", "resolved"]
    judge(store, FAIL, at=minute(60))
    assert told(store) == ["opened", "resolved", "opened"]
    assert len(store.incidents()) == 1


def test_incidents_since_a_time_are_those_that_were_open_then_or_later(store: Store) -> None:
    for number, verdict in enumerate([FAIL, PASS, FAIL, PASS, FAIL]):
        judge(store, verdict, at=minute(number))
    assert [one.opened_at for one in store.incidents(open_only=False)] == [
        minute(0),
        minute(2),
        minute(4),
    ]
    since = store.incidents(open_only=False, since=minute(3))
    assert [one.opened_at for one in since] == [minute(2), minute(4)]
    assert store.incidents(subject_ids=[LABELS.id]) == []


def test_what_people_expected_is_kept_and_can_be_taken_back(store: Store) -> None:
    judge(store, FAIL)
    first = store.expect(POSTS.id, "posts-a-day", minute(5), minute(9), "ana", "a", NOW)
    store.expect(POSTS.id, "posts-a-day", minute(0), minute(2), "ben", "b", NOW)
    store.expect(POSTS.id, "other", minute(0), minute(2), "ben", "b", NOW)
    assert store.expected(POSTS.id, "posts-a-day") == [
        (minute(0), minute(2)),
        (minute(5), minute(9)),
    ]
    assert [(row.check, row.by, row.note) for row in store.expectations([POSTS.id])] == [
        ("other", "ben", "b"),
        ("posts-a-day", "ben", "b"),
        ("posts-a-day", "ana", "a"),
    ]
    assert store.unexpect(first)
    assert not store.unexpect(first)
    assert store.expected(POSTS.id, "posts-a-day") == [(minute(0), minute(2))]


def test_judging_nothing_is_nothing(store: Store) -> None:
    assert store.judge([]) == []
    assert store.verdicts([]) == []
    assert store.summarise("run", to_slack, NOW) == 0


def test_many_tables_are_judged_in_one_transaction(store: Store) -> None:
    tables = [Subject("table", f"t{number}") for number in range(30, 0, -1)]
    checks: list[Check] = [check(f"c{n}", table) for table in tables for n in range(3)]
    assert all(store.judge([judgement(FAIL, of=one, seen=Seen()) for one in checks]))
    assert len(store.verdicts()) == len(store.incidents()) == len(taken(store, NOW)) == 90


def test_slices_with_long_names_are_cut_and_stay_apart(store: Store) -> None:
    long = "".join(f"{number:x}" for number in range(5_000))
    for number in range(2):
        judge(store, FAIL.of_slice(long), FAIL.of_slice(f"{long}!"), at=minute(number))
    assert len(store.incidents()) == len(store.verdicts()) == 2
    assert told(store) == ["opened", "opened"]
