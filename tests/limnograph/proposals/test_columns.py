"""Which columns tell when a row happened, and which identify it."""

from datetime import UTC, datetime, timedelta

import pytest

from limnograph.proposals.event_times import Sample, candidates, chosen, doubts, evidence
from limnograph.proposals.keys import guess, merged_on, sentence
from monitors.core import Column

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def columns(**kinds: str) -> list[Column]:
    return [Column((name,), kind) for name, kind in kinds.items()]


def samples(count: int = 5, **lags: timedelta) -> list[Sample]:
    """Hourly commits; each column's newest value lies so far before its commit."""
    times = [AT + number * HOUR for number in range(count)]
    return [Sample(at, {name: at - lag for name, lag in lags.items()}) for at in times]


def choice(kinds: dict[str, str], seen: list[Sample]) -> str | None:
    found = chosen(candidates(columns(**kinds), seen))
    return found.column if found else None


def test_a_named_column_that_follows_the_commits() -> None:
    kinds = {"id": "long", "event_time": "timestamp"}
    found = candidates(columns(**kinds), samples(event_time=HOUR / 4))
    best = chosen(found)
    assert best is not None
    assert evidence(best, found) == (
        "Newest event_time lies 15m before the commit (median of the newest 5).",
    )


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("event_time", "created_at"),
        ("created_at", "updated_at"),
        ("ts", "updated_at"),
        ("updated_at", "ingested_at"),
        ("commented_at", "_loaded_at"),
        ("createdAt", "clock"),
    ],
)
def test_names_decide_between_columns_that_follow(better: str, worse: str) -> None:
    seen = [Sample(AT, {worse: AT - HOUR, better: AT - HOUR})] * 3
    assert choice({worse: "timestamp", better: "timestamp"}, seen) == better


def test_a_timestamp_goes_before_a_date_and_the_other_is_mentioned() -> None:
    found = candidates(
        columns(day="date", commented_at="timestamp"), samples(day=HOUR * 12, commented_at=HOUR)
    )
    best = chosen(found)
    assert best is not None
    assert best.column == "commented_at"
    assert "These follow the commits too: day." in evidence(best, found)


def test_a_partition_date_is_better_than_nothing() -> None:
    assert choice({"day": "date"}, samples(day=12 * HOUR)) == "day"


@pytest.mark.parametrize(
    "lag", [-30 * DAY, 30 * DAY, 9000 * DAY], ids=["valid until", "late", "birthday"]
)
def test_a_column_that_does_not_follow_the_commits_is_not_proposed(lag: timedelta) -> None:
    found = candidates(columns(created_at="timestamp"), samples(created_at=lag))
    assert chosen(found) is None
    assert doubts(found) == (
        "no event_time: created_at does not follow the commits, or too few commits tell.",
    )


def test_a_name_that_says_nothing_needs_more_commits() -> None:
    kinds = {"clock": "timestamp"}
    assert choice(kinds, samples(2, clock=HOUR)) is None
    assert choice(kinds, samples(3, clock=HOUR)) == "clock"


def test_one_commit_is_enough_for_a_named_column_and_the_evidence_says_so() -> None:
    found = candidates(columns(created_at="timestamp"), samples(1, created_at=HOUR))
    best = chosen(found)
    assert best is not None
    assert evidence(best, found)[0] == (
        "Newest created_at lies 1h before the one commit whose statistics tell it."
    )


def test_a_column_without_statistics_is_mentioned_and_not_proposed() -> None:
    found = candidates(columns(created_at="timestamp"), samples())
    assert chosen(found) is None
    assert doubts(found)[0].startswith("no event_time: created_at may be it by its name")


def test_a_column_that_most_commits_do_not_tell_is_not_proposed() -> None:
    seen = [*samples(2, created_at=HOUR), *samples(8)]
    assert choice({"created_at": "timestamp"}, seen) is None


def test_a_timestamp_without_zone_may_be_hours_off() -> None:
    found = candidates(columns(ts="timestamp_ntz"), samples(ts=-2 * HOUR))
    best = chosen(found)
    assert best is not None
    assert "It has no time zone and is read as UTC." in evidence(best, found)


def test_nothing_to_choose_from() -> None:
    nested = Column(("meta", "created_at"), "timestamp")
    found = candidates([*columns(id="long", created_at="string"), nested], samples())
    assert doubts(found) == ("no event_time: the table has no timestamp or date column.",)


@pytest.mark.parametrize(
    ("kinds", "key"),
    [
        ({"id": "long", "post_id": "long"}, "id"),
        ({"author_id": "long", "post_id": "long"}, "post_id"),
        ({"uuid": "string", "name": "string"}, "uuid"),
        ({"id": "double"}, None),
        ({"name": "string"}, None),
        ({"author_id": "long"}, None),
    ],
)
def test_the_likely_key(kinds: dict[str, str], key: str | None) -> None:
    found = guess("posts", columns(**kinds), ())
    assert (found.columns if found else None) == ((key,) if key else None)


def test_what_must_have_a_value_goes_first() -> None:
    found = guess("x", [Column(("id",), "long"), Column(("uuid",), "string", nullable=False)], ())
    assert found is not None
    assert sentence(found) == (
        "key: uuid (its name, and it is not null); not verified. No setting uses a key yet."
    )


@pytest.mark.parametrize(
    ("predicate", "key"),
    [
        ("target.id = source.id", ("id",)),
        ("t.region = s.region AND t.`id` = s.`id`", ("region", "id")),
        ('["(id#12L = id#345L)"]', ("id",)),
        ("t.id = s.other", ()),
        ("", ()),
    ],
)
def test_what_merge_matches_on(predicate: str, key: tuple[str, ...]) -> None:
    assert merged_on(["", predicate]) == key


def test_merge_tells_more_than_names() -> None:
    found = guess("posts", columns(id="long", code="string"), ["t.code = s.code"])
    assert found is not None
    assert sentence(found, "unique in all 3 rows, by a scan") == (
        "key: code (MERGE matches rows on it); unique in all 3 rows, by a scan. "
        "No setting uses a key yet."
    )
