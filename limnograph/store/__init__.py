"""The store: everything limnograph remembers, in SQLite or PostgreSQL, and nothing elsewhere.

Any process may be killed at any time: a reading is written in one transaction, or not at all.

    revision     id, value                            counts changes; how a process hears of others'
    subject      id, kind, name, incarnation,         what is or was watched; `left_at` when it left
                 left_at, attributes, revision        the roster; `revision` of its last change
    series       id, subject, monitor, metric,        a gauge with its label values, and its value
                 labels, latest, latest_at            in the last reading
    point        series, at, value, run               its values by event time, where they changed
    rollup       series, grain, start, value, last    what became of points: hours and days in
                                                      which something changed
    commit_fact  subject, incarnation, version, …     what one commit did to a table
    definition   subject, incarnation, version, …     how a table is defined from a commit on
    bucket       subject, grain, time_zone, start, …  sums over the facts of an hour or a day
    event        subject, kind, key, at, …            something that happened once
    state        subject, monitor, key, format,       blobs that a monitor keeps between runs
                 version, blob
    cursor       scope, incarnation, monitor,         how far a monitor has read, and the totals of
                 position, totals                     its counters, which move only with it
    outcome      subject, monitor, outcome, …         how the last reading ended
    verdict      subject, check, slice, status, …     the newest verdict of a check on a slice
    verdict_log  subject, check, slice, at, …         what it was before, where it changed
    incident     id, subject, check, slice, …         a check that does or did not pass; at most one
                                                      is open of a `fingerprint`
    outbox       incident, channel, sequence, …       messages: to be told, told, or given up
    receipt      incident, channel, receipt           what a channel gave for the last message
    expected     subject, check, since, until, …      what people said was as it should be

Columns named `subject` and `scope` hold a subject's id (`table:main.bronze.posts`); the scope of
limnograph's own counters is `service`. Subjects are never deleted, so nothing refers to what is
gone. `series.rolled_until` and `subject.facts_since` say before when points and facts were let go.
Times are microseconds since 1970 in UTC; labels, totals and details JSON. NULL is unknown.
"""

from limnograph.store.failures import IncidentError, TransientStoreError
from limnograph.store.retention import Keep, Policy
from limnograph.store.rows import (
    LOG,
    SERVICE,
    Bucket,
    CounterRow,
    EventRow,
    ExpectedRow,
    Grain,
    HistoryRow,
    Judgement,
    LatestRow,
    OutboxRow,
    OutcomeRow,
    PointRow,
    Record,
    Seen,
    SubjectRow,
    VerdictChange,
    VerdictRow,
)
from limnograph.store.store import Store, open_store

__all__ = [
    "LOG",
    "SERVICE",
    "Bucket",
    "CounterRow",
    "EventRow",
    "ExpectedRow",
    "Grain",
    "HistoryRow",
    "IncidentError",
    "Judgement",
    "Keep",
    "LatestRow",
    "OutboxRow",
    "OutcomeRow",
    "PointRow",
    "Policy",
    "Record",
    "Seen",
    "Store",
    "SubjectRow",
    "TransientStoreError",
    "VerdictChange",
    "VerdictRow",
    "open_store",
]
