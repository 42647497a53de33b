import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from limnograph import paths
from limnograph.demo.lakehouse import (
    DAYS,
    HOUR,
    TABLES,
    ZONE,
    Act,
    Table,
    beginning,
    named,
    steps,
)
from limnograph.demo.rows import COLUMNS, MOST_ROWS

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_the_same_seed_and_hour_plan_the_same_commits() -> None:
    for table in TABLES:
        assert steps(table, 7, NOW) == steps(table, 7, NOW)


def test_another_seed_plans_other_volumes_at_the_same_hours() -> None:
    posts = named("bronze.posts")
    one, other = steps(posts, 1, NOW), steps(posts, 2, NOW)
    assert [step.batch for step in one] == [step.batch for step in other]
    assert [step.rows for step in one] != [step.rows for step in other]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_plan_creates_the_table_first_and_ends_before_now(table: Table) -> None:
    plan = steps(table, 1, NOW)
    assert [n for n, step in enumerate(plan) if step.act is Act.CREATE] == [0]
    assert all(before.at < after.at for before, after in itertools.pairwise(plan))
    assert beginning(NOW) < plan[0].at
    assert plan[-1].at < NOW


def test_an_hourly_table_gets_a_load_in_every_hour_of_the_five_weeks() -> None:
    loads = [step.batch for step in steps(named("bronze.posts"), 1, NOW) if step.rows]
    first = beginning(NOW)
    assert first == datetime(2026, 10, 16, tzinfo=ZONE)
    assert loads == [first + n * HOUR for n in range((NOW - first) // HOUR)]
    assert len(loads) >= DAYS * 24


def test_the_last_hour_ends_at_now() -> None:
    last = steps(named("bronze.posts"), 1, NOW)[-1]
    assert last.batch == NOW - HOUR


def test_office_hours_follow_the_clock_on_the_wall_through_daylight_saving() -> None:
    loads = [step for step in steps(named("bronze.documents"), 1, NOW) if step.act is Act.APPEND]
    local = [step.at.astimezone(ZONE) for step in loads]
    assert {at.hour for at in local} == set(range(8, 18))
    assert {at.weekday() for at in local} == set(range(5))
    assert {at.utcoffset() for at in local} == {timedelta(hours=1), timedelta(hours=2)}


def test_nights_and_weekends_are_quieter() -> None:
    rows: Counter[str] = Counter()
    for step in steps(named("bronze.posts"), 1, NOW):
        local = step.batch.astimezone(ZONE)
        rows["night" if local.hour == 3 else "evening" if local.hour == 20 else "else"] += step.rows
        rows[f"day {local.weekday()}"] += step.rows if local.hour == 12 else 0
    assert rows["night"] < rows["evening"] / 2
    assert rows["day 6"] < rows["day 1"]


def test_a_merge_knows_how_many_rows_are_there() -> None:
    merges = [s for s in steps(named("dim.authors"), 1, NOW) if s.act is Act.MERGE]
    assert merges[0].size == 400
    for before, after in itertools.pairwise(merges):
        assert after.size == before.size + before.rows


def test_loads_are_small_enough_for_their_ids() -> None:
    assert max(step.rows for table in TABLES for step in steps(table, 1, NOW)) < MOST_ROWS


def test_every_table_has_columns() -> None:
    assert set(COLUMNS) == {table.name for table in TABLES}


def test_the_configuration_names_the_tables_their_columns_and_the_time_zone() -> None:
    content = yaml.safe_load((paths.CONFIG / "demo.yaml").read_text(encoding="utf-8"))
    assert content["defaults"]["time_zone"] == ZONE.key
    declared = {entry["name"]: entry for entry in content["tables"] if "name" in entry}
    assert set(declared) == {t.name for t in TABLES if not t.name.startswith("dim.")}
    for name, entry in declared.items():
        assert entry["uri"] == f"lake/{named(name).folder}"
        column = entry.get("monitors", {}).get("freshness", {}).get("event_time")
        assert column is None or column in COLUMNS[name]
