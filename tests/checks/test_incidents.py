"""The state machine of incidents: literal stories, and any story at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from checks.core import Check, Patience, Severity, Status, Verdict
from checks.forms import CheckForm
from checks.incidents import (
    BAD,
    Incident,
    Rank,
    Step,
    Trail,
    advance,
    effective,
    fingerprint,
    incident_id,
    resolved,
    summarised,
)
from monitors.core import Subject

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
POSTS = Subject("table", "main.bronze.posts")
LETTERS = {
    "f": Status.FAIL,
    "w": Status.WARN,
    "e": Status.ERROR,
    "p": Status.PASS,
    "n": Status.NOT_ASSESSED,
}


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def check(severity: Severity = Severity.CRITICAL, patience: Patience | None = None) -> Check:
    return Check(
        id="posts-a-day",
        type="volume",
        kind="volume",
        form=CheckForm(type="volume"),
        subject=POSTS,
        severity=severity,
        owner="search",
        tags=("gold",),
        description="The feed stopped.",
        patience=patience or Patience(),
    )


class Story:
    """One slice of a check, judged again and again."""

    def __init__(self, of: Check, *, silent: bool = False) -> None:
        self.check, self.silent = of, silent
        self.trail = Trail()
        self.incident: Incident | None = None
        self.messages: list[str] = []

    def judged(self, status: Status, at: datetime, reason: str = "") -> Step:
        self.trail = self.trail.after(status, at, self.check.patience.of)
        verdict = Verdict(status, reason or str(status))
        step = advance(self.incident, self.trail, verdict, self.check, at, silent=self.silent)
        self.took(step)
        return step

    def took(self, step: Step) -> None:
        self.incident = step.incident or self.incident
        if step.change == "resolved":
            self.trail = self.trail.forgotten()
        if step.told:
            assert step.change is not None
            self.messages.append(step.change)

    def snoozed(self, until: datetime) -> None:
        self.incident = snoozed(self.open, until)

    @property
    def open(self) -> Incident:
        assert self.incident is not None
        assert self.incident.open
        return self.incident


def snoozed(incident: Incident, until: datetime) -> Incident:
    return replace(incident, snoozed_until=until, snoozed_by="ana", snoozed_note="repair")


def acknowledged(incident: Incident, at: datetime) -> Incident:
    return replace(incident, acknowledged_by="ana", acknowledged_at=at)


def told(
    letters: str,
    severity: Severity = Severity.CRITICAL,
    patience: Patience | None = None,
    *,
    every: float = 1,
    silent: bool = False,
) -> list[str]:
    """What is told when one verdict comes a minute; a dash where nothing is."""
    story, found = Story(check(severity, patience), silent=silent), []
    for number, letter in enumerate(letters):
        step = story.judged(LETTERS[letter], minute(number * every))
        found.append(str(step.change) if step.told else "-")
    return found


def test_a_failure_opens_stays_quiet_and_is_resolved_by_a_pass() -> None:
    assert told("pffffp") == ["-", "opened", "-", "-", "-", "resolved"]


@pytest.mark.parametrize("letter", "fwe")
def test_what_does_not_pass_opens(letter: str) -> None:
    assert told(f"{letter}p") == ["opened", "resolved"]


def test_what_was_not_assessed_neither_opens_nor_resolves() -> None:
    assert told("nnfnnp") == ["-", "-", "opened", "-", "-", "resolved"]


def test_only_what_is_worse_than_was_ever_told_is_told_again() -> None:
    assert told("wfwfwfp") == ["opened", "updated", "-", "-", "-", "-", "resolved"]
    assert told("wefp") == ["opened", "updated", "updated", "resolved"]
    assert told("fewp") == ["opened", "-", "-", "resolved"]


def test_severity_counts_more_than_the_kind_of_trouble() -> None:
    # Of an informational check an error is a warning, so that it is worse than its failure.
    assert told("fef", Severity.INFO) == ["opened", "updated", "-"]


@pytest.mark.parametrize(
    ("severity", "status", "expected"),
    [
        (Severity.CRITICAL, Status.FAIL, Severity.CRITICAL),
        (Severity.WARNING, Status.FAIL, Severity.WARNING),
        (Severity.INFO, Status.FAIL, Severity.INFO),
        (Severity.CRITICAL, Status.WARN, Severity.WARNING),
        (Severity.WARNING, Status.WARN, Severity.INFO),
        (Severity.INFO, Status.WARN, Severity.INFO),
        (Severity.CRITICAL, Status.ERROR, Severity.CRITICAL),
        (Severity.WARNING, Status.ERROR, Severity.WARNING),
        (Severity.INFO, Status.ERROR, Severity.WARNING),
    ],
)
def test_how_bad_a_status_is(severity: Severity, status: Status, expected: Severity) -> None:
    assert effective(severity, status) is expected


def test_a_severity_that_was_raised_in_the_configuration_is_told() -> None:
    story = Story(check(Severity.INFO))
    story.judged(Status.FAIL, minute(0))
    story.check = check(Severity.CRITICAL)
    step = story.judged(Status.FAIL, minute(1))
    assert (step.change, step.told) == ("updated", True)
    assert story.open.severity is Severity.CRITICAL


def test_an_incident_waits_for_as_long_as_its_check_says() -> None:
    patience = Patience(duration=timedelta(minutes=3))
    assert told("fffff", patience=patience) == ["-", "-", "-", "opened", "-"]
    assert told("ffpfff", patience=patience) == ["-"] * 6
    # What was not assessed in between does not start it anew.
    assert told("fnnf", patience=patience) == ["-", "-", "-", "opened"]


def test_an_incident_waits_for_so_many_of_the_last_verdicts() -> None:
    patience = Patience(fails=2, of=3)
    assert told("fpf", patience=patience) == ["-", "-", "opened"]
    assert told("fppf", patience=patience) == ["-"] * 4
    assert told("fnf", patience=patience) == ["-", "-", "opened"]


def test_after_an_incident_verdicts_count_anew() -> None:
    patience = Patience(fails=2, of=3)
    told_of = told("ffpfpfpfpf", patience=patience)
    assert told_of == [
        "-",
        "opened",
        "resolved",
        "-",
        "-",
        "opened",
        "resolved",
        "-",
        "-",
        "opened",
    ]


def test_both_patiences_must_be_used_up() -> None:
    patience = Patience(duration=timedelta(minutes=2), fails=2, of=2)
    assert told("ff", patience=patience, every=5) == ["-", "opened"]
    assert told("fff", patience=patience, every=1) == ["-", "-", "opened"]


def test_an_incident_knows_what_its_verdict_and_its_check_said() -> None:
    story = Story(check())
    story.judged(Status.PASS, minute(0))
    story.judged(Status.FAIL, minute(5), "no rows since 11:00")
    one = story.open
    assert (one.table, one.check_id, one.check) == (
        "main.bronze.posts",
        "posts-a-day",
        "main.bronze.posts/posts-a-day",
    )
    assert (one.reason, one.owner, one.tags) == ("no rows since 11:00", "search", ("gold",))
    assert (one.since, one.opened_at, one.last_good) == (minute(5), minute(5), minute(0))
    assert (one.sequence, one.told) == (1, Rank(Status.FAIL, Severity.CRITICAL))
    story.judged(Status.PASS, minute(9), "all is well")
    assert story.incident is not None
    assert (story.incident.reason, story.incident.ending, story.incident.sequence) == (
        "no rows since 11:00",
        "all is well",
        2,
    )


def test_it_began_when_the_slice_stopped_to_pass_and_not_when_patience_ended() -> None:
    story = Story(check(patience=Patience(duration=timedelta(minutes=10))))
    story.judged(Status.WARN, minute(0))
    story.judged(Status.FAIL, minute(10))
    assert (story.open.since, story.open.opened_at) == (minute(0), minute(10))


def test_who_acknowledged_hears_only_of_worse_and_of_the_end() -> None:
    story = Story(check())
    story.judged(Status.WARN, minute(0))
    story.incident = acknowledged(story.open, minute(1))
    for number, letter in enumerate("wwfffp", 2):
        story.judged(LETTERS[letter], minute(number))
    assert story.messages == ["opened", "updated", "resolved"]


def test_the_end_of_a_snooze_is_told_once_if_it_is_still_open() -> None:
    story = Story(check())
    story.judged(Status.WARN, minute(0))
    story.snoozed(minute(5))
    for number in range(1, 10):
        story.judged(Status.FAIL, minute(number))
    assert story.messages == ["opened", "updated"]
    assert story.open.snoozed_until is None
    assert story.open.sequence == 2


def test_the_end_of_a_snooze_is_told_even_where_nothing_can_be_assessed() -> None:
    story = Story(check())
    story.judged(Status.FAIL, minute(0))
    story.snoozed(minute(5))
    story.judged(Status.NOT_ASSESSED, minute(6))
    assert story.messages == ["opened", "updated"]


def test_nobody_who_knows_is_told_of_the_end_of_a_snooze() -> None:
    story = Story(check())
    story.judged(Status.FAIL, minute(0))
    story.incident = acknowledged(snoozed(story.open, minute(5)), minute(1))
    story.judged(Status.FAIL, minute(6))
    assert story.messages == ["opened"]


def test_the_resolution_of_what_was_told_is_told_in_a_snooze_too() -> None:
    story = Story(check())
    story.judged(Status.FAIL, minute(0))
    story.snoozed(minute(60))
    story.judged(Status.PASS, minute(1))
    assert story.messages == ["opened", "resolved"]


def test_a_snooze_outlives_the_incident_and_what_opens_in_it_is_told_at_its_end() -> None:
    story = Story(check())
    story.judged(Status.FAIL, minute(0))
    story.snoozed(minute(60))
    for number, letter in enumerate("pfpf", 1):
        story.judged(LETTERS[letter], minute(number))
    assert story.messages == ["opened", "resolved"]
    assert story.open.snoozed_by == "ana"
    story.judged(Status.FAIL, minute(61))
    story.judged(Status.FAIL, minute(62))
    story.judged(Status.PASS, minute(63))
    assert story.messages == ["opened", "resolved", "opened", "resolved"]


def test_a_snooze_that_is_over_does_not_keep_the_next_incident_quiet() -> None:
    story = Story(check())
    story.judged(Status.FAIL, minute(0))
    story.snoozed(minute(2))
    story.judged(Status.PASS, minute(1))
    step = story.judged(Status.FAIL, minute(2))
    assert (step.change, step.told) == ("opened", True)


def test_silent_incidents_are_told_by_a_summary_and_then_as_others() -> None:
    story = Story(check(), silent=True)
    step = story.judged(Status.WARN, minute(0))
    assert (step.change, step.told, story.open.sequence) == ("opened", False, 0)
    story.silent = False
    story.judged(Status.FAIL, minute(1))
    assert story.messages == []
    story.incident = summarised(story.open)
    story.judged(Status.FAIL, minute(2))
    story.judged(Status.PASS, minute(3))
    assert story.messages == ["resolved"]


def test_a_silent_incident_that_ends_before_its_summary_is_never_told() -> None:
    assert told("fp", silent=True) == ["-", "-"]


def test_what_is_retired_is_resolved_without_a_word() -> None:
    story = Story(check())
    story.judged(Status.FAIL, minute(0))
    step = resolved(story.open, minute(1), reason="gone", silent=True)
    assert step.incident is not None
    assert (step.told, step.incident.open, step.incident.sequence) == (False, False, 1)


def test_fingerprints_and_ids_tell_checks_slices_and_times_apart() -> None:
    prints = {fingerprint(a, b) for a, b in [("t/a", "x"), ("t/a", ""), ("t/ax", ""), ("t/", "ax")]}
    assert len(prints) == 4
    ids = {incident_id("t/a", "", minute(n), nth) for n in (0, 1) for nth in (0, 1)}
    assert len(ids) == 4
    assert all(len(one) == 16 for one in (*prints, *ids))


@pytest.mark.parametrize(
    ("now", "state"), [(0, "open"), (1, "acknowledged"), (2, "snoozed"), (9, "resolved")]
)
def test_the_state_of_an_incident(now: int, state: str) -> None:
    story = Story(check())
    story.judged(Status.FAIL, minute(0))
    incident = story.open
    if now >= 1:
        incident = acknowledged(incident, minute(1))
    if now >= 2:
        incident = snoozed(incident, minute(5))
    if now == 9:
        incident = resolved(incident, minute(9), reason="").incident or incident
    assert incident.state(minute(now)) == state


class AnyStory(RuleBasedStateMachine):
    """Whatever happens to one slice, what is told of it makes sense."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.story = Story(check())
        self.told_of: list[tuple[str, str, int, Rank | None]] = []
        self.bad_verdicts = 0
        self.openings: list[int] = []

    @rule(
        fails=st.integers(1, 3),
        spare=st.integers(0, 3),
        minutes=st.integers(0, 5),
        severity=st.sampled_from(list(Severity)),
    )
    def declare(self, fails: int, spare: int, minutes: int, severity: Severity) -> None:
        patience = Patience(timedelta(minutes=minutes), fails, fails + spare)
        self.story.check = check(severity, patience)
        # The bound of openings is that of the least patience since.
        self.bad_verdicts = 0
        self.openings = []

    @rule(status=st.sampled_from(list(Status)), minutes=st.integers(1, 8), silent=st.booleans())
    def judge(self, status: Status, minutes: int, silent: bool) -> None:
        self.now += timedelta(minutes=minutes)
        before = self.story.incident
        self.story.silent = silent
        self.bad_verdicts += status in BAD
        step = self.story.judged(status, self.now)
        self._note(before, step)

    @precondition(lambda self: self.story.incident is not None and self.story.incident.open)
    @rule(minutes=st.integers(1, 20))
    def snooze(self, minutes: int) -> None:
        self.story.snoozed(self.now + timedelta(minutes=minutes))

    @precondition(lambda self: self.story.incident is not None and self.story.incident.open)
    @rule()
    def acknowledge(self) -> None:
        self.story.incident = acknowledged(self.story.open, self.now)

    @precondition(lambda self: self.story.incident is not None and self.story.incident.open)
    @rule()
    def summarise(self) -> None:
        if self.story.open.silent and self.story.open.told is None:
            self.story.incident = summarised(self.story.open)
            one = self.story.open
            self.told_of.append((one.id, "summary", one.sequence, one.told))

    @precondition(lambda self: self.story.incident is not None and self.story.incident.open)
    @rule()
    def retire(self) -> None:
        before = self.story.open
        step = resolved(before, self.now, reason="retired", silent=True)
        self._note(before, step)
        self.story.took(step)

    def _note(self, before: Incident | None, step: Step) -> None:
        after = step.incident
        new = after is not None and (before is None or before.id != after.id or not before.open)
        if step.told:
            assert after is not None
            assert step.change is not None
            self.told_of.append((after.id, step.change, after.sequence, after.told))
            if step.change != "resolved":
                assert not after.snoozed(self.now)
        if new:
            # Never a second one beside one that is open.
            assert before is None or not before.open
            assert step.change == "opened"
            self.openings.append(self.bad_verdicts)

    @invariant()
    def openings_are_bounded_by_bad_verdicts(self) -> None:
        fails = self.story.check.patience.fails
        for first, second in zip(self.openings, self.openings[1:], strict=False):
            assert second - first >= fails

    @invariant()
    def messages_of_an_incident_go_from_its_opening_to_its_end(self) -> None:
        for story in self._stories():
            changes = [change for _, change, _, _ in story]
            assert changes[0] in ("opened", "summary")
            assert all(change == "updated" for change in changes[1:-1])
            assert changes[-1] in ("opened", "summary", "updated", "resolved")
            assert "opened" not in changes[1:]

    @invariant()
    def sequences_rise_by_one(self) -> None:
        for story in self._stories():
            numbers = [number for _, change, number, _ in story if change != "summary"]
            assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def what_was_told_is_what_the_incident_says(self) -> None:
        one = self.story.incident
        if one is not None and one.told is None:
            assert all(id != one.id for id, _, _, _ in self.told_of)

    def _stories(self) -> Iterator[list[tuple[str, str, int, Rank | None]]]:
        for id in dict.fromkeys(id for id, _, _, _ in self.told_of):
            yield [one for one in self.told_of if one[0] == id]


AnyStory.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True
)
TestAnyStory = AnyStory.TestCase
