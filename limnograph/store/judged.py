"""The part of a store that is about checks: verdicts, incidents and feedback."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from checks.core import Span
from checks.incidents import Incident
from limnograph.store import feedback, incidents, judging, verdicts
from limnograph.store.engine import Database
from limnograph.store.incidents import Alter
from limnograph.store.rows import (
    ExpectedRow,
    Judgement,
    Routes,
    VerdictChange,
    VerdictRow,
)


class Judged:
    """Verdicts and incidents of a store; `subject_ids` None means all.

    All methods raise StoreError. Incidents are named by their id, or by how it begins; those that
    are named raise IncidentError, which is a StoreError, where that is not one, or it is resolved.
    """

    _database: Database

    def judge(self, judgements: Sequence[Judgement]) -> list[bool]:
        """Write evaluations with all that follows from them, in one transaction.

        False where another runner judged the same check meanwhile: nothing of it was written.
        """
        with self._database.writing() as connection:
            return judging.judge(connection, judgements)

    def has_verdicts(self) -> bool:
        """Whether anything was ever judged."""
        with self._database.reading() as connection:
            return verdicts.any_verdict(connection)

    def summarise(self, run: str, routes: Routes, now: datetime) -> int:
        """Tell of the incidents that opened silently, in one message per channel; how many.

        Each is told once, whoever asks first. Whatever run they opened in, so that nothing is lost
        with a process that was killed before it could tell.
        """
        with self._database.reading() as connection:
            if not judging.any_silent(connection):
                return 0
        with self._database.writing() as connection:
            return judging.summarise(connection, run, routes, now)

    def retire_checks(self, subject_id: str, keep: Collection[str], now: datetime) -> list[str]:
        """Forget the checks of a subject that are not among these ids; the ids of those.

        Their incidents are resolved without a word; history stays.
        """
        with self._database.writing() as connection:
            return judging.retire(connection, subject_id, keep, now)

    def judged_checks(self, subject_ids: Sequence[str] | None = None) -> Mapping[str, set[str]]:
        """The ids of the checks that have verdicts or open incidents, by subject."""
        with self._database.reading() as connection:
            return judging.judged_checks(connection, subject_ids)

    def verdicts(self, subject_ids: Sequence[str] | None = None) -> list[VerdictRow]:
        """The newest verdicts, by subject, check and slice."""
        with self._database.reading() as connection:
            return verdicts.read_verdicts(connection, subject_ids)

    def verdict_history(
        self, subject_id: str, check: str, since: datetime | None = None
    ) -> list[VerdictChange]:
        """How the verdicts of a check, by its id, changed from `since` on, by time."""
        with self._database.reading() as connection:
            return verdicts.read_history(connection, subject_id, check, since)

    # Incidents

    def incidents(
        self,
        open_only: bool = True,
        subject_ids: Sequence[str] | None = None,
        since: datetime | None = None,
    ) -> list[Incident]:
        """Incidents by when they opened; with `since` those that were open then or later."""
        with self._database.reading() as connection:
            return incidents.read_incidents(
                connection, subject_ids, open_only=open_only, since=since
            )

    def incident(self, id: str) -> Incident:
        """The incident of this name."""
        with self._database.reading() as connection:
            return incidents.find(connection, id)

    def acknowledge(self, id: str, by: str, note: str, now: datetime) -> Incident:
        """Somebody knows: it is told again only when it gets worse, or is resolved."""
        return self._altered(id, incidents.acknowledged(by, note, now), now)

    def unacknowledge(self, id: str, now: datetime) -> Incident:
        """Nobody knows of it any more."""
        return self._altered(id, incidents.unacknowledged, now)

    def snooze(self, id: str, until: datetime, by: str, note: str, now: datetime) -> Incident:
        """Tell nothing of it until a time; the end of it is told once if it is still open."""
        return self._altered(id, incidents.snoozed(until, by, note), now)

    def unsnooze(self, id: str, now: datetime) -> Incident:
        """End the snooze: the next evaluation tells of it if it is still open."""
        return self._altered(id, incidents.unsnoozed(now), now)

    def _altered(self, id: str, change: Alter, now: datetime) -> Incident:
        with self._database.writing() as connection:
            return incidents.alter(connection, id, change, now)

    # Feedback

    def expect(
        self,
        subject_id: str,
        check: str,
        since: datetime,
        until: datetime,
        by: str,
        note: str,
        now: datetime,
    ) -> int:
        """Note that what a check, by its id, saw in a span was expected; the note's number."""
        with self._database.writing() as connection:
            return feedback.expect(connection, subject_id, check, (since, until), by, note, now)

    def expected(self, subject_id: str, check: str) -> Sequence[Span]:
        """The spans in which what a check saw was expected, by time."""
        with self._database.reading() as connection:
            return feedback.spans(connection, subject_id, check)

    def expectations(self, subject_ids: Sequence[str] | None = None) -> list[ExpectedRow]:
        """Every note, by subject, check and time."""
        with self._database.reading() as connection:
            return feedback.read_expected(connection, subject_ids)

    def unexpect(self, number: int) -> bool:
        """Take a note back; False when there is none of that number."""
        with self._database.writing() as connection:
            return feedback.unexpect(connection, number)
