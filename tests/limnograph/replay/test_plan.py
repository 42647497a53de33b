from datetime import UTC, datetime, timedelta

from limnograph.replay.plan import BROKEN, CLEANED, Lost, Plan, blocks, plan
from limnograph.replay.window import Span

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def hours(**by_version: float) -> dict[int, datetime]:
    """Times by version, in hours from noon: `v3=1.5`."""
    return {int(name[1:]): NOON + timedelta(hours=hour) for name, hour in by_version.items()}


def test_membership_is_of_each_commit_where_times_go_backwards() -> None:
    times = hours(v0=-1, v1=1, v2=-2, v3=2, v4=0)
    found = plan(Span(since=NOON), 4, set(times), times, {})
    assert found == Plan((1, 3, 4))


def test_what_no_cycle_has_read_is_left_to_the_next_one() -> None:
    assert plan(Span(), 2, {0, 1, 2, 3, 4}, {}, {}) == Plan((0, 1, 2), newer=2)
    assert plan(Span(first=4), 2, {0, 1, 2, 3, 4}, {}, {}) == Plan((), newer=1)


def test_named_versions_that_were_cleaned_are_told_stored_or_not() -> None:
    found = plan(Span(first=1, last=9), 8, {5, 6, 8}, {}, hours(v3=0, v4=0, v5=0))
    assert found == Plan((5, 6, 8), (Lost(1, 4, 2, CLEANED), Lost(7, 7, 0, CLEANED)))


def test_from_the_start_only_stored_commits_can_be_missed() -> None:
    found = plan(Span(), 6, {5, 6}, {}, hours(v3=0, v4=0, v5=0))
    assert found == Plan((5, 6), (Lost(3, 4, 2, CLEANED),))


def test_a_stored_commit_without_a_readable_time_is_told_with_the_reason() -> None:
    times = hours(v5=1)
    found = plan(Span(since=NOON), 5, {4, 5}, times, hours(v3=0, v4=0, v5=1))
    assert found == Plan((5,), (Lost(3, 3, 1, CLEANED), Lost(4, 4, 1, BROKEN)))


def test_a_commit_stored_in_the_window_belongs_to_it_whatever_its_log_says() -> None:
    times = hours(v0=-5, v1=1)
    assert plan(Span(since=NOON), 1, {0, 1}, times, hours(v0=2)).versions == (0, 1)


def test_a_version_falls_into_the_same_block_whatever_the_window_is() -> None:
    assert blocks([5, 6, 8, 17], 8) == {0: [5, 6], 1: [8], 2: [17]}
    assert blocks([6, 8], 8) == {0: [6], 1: [8]}
