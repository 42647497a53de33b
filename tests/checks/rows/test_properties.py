"""Verdicts are those of a plain model, whatever the batches and the order of the commits."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.core import Verdict
from tests.checks.rows.declared import due, expected, outcome
from tests.monitors.lakes.rows.tables import append

pytestmark = pytest.mark.slow

IDS = st.one_of(st.none(), st.integers(0, 6))
COMMIT = st.lists(st.tuples(IDS, st.sampled_from([None, -1.0, 0.0, 2.5])), min_size=1, max_size=6)
Commit = list[tuple[int | None, float | None]]

CHECKS = (
    due("sql_rule", "condition", bad_rows="score < 0"),
    due("sql_rule", "query", query="select * from new_rows where score is null", mostly=0.5),
    due("unique", "in-table", columns=["id"]),
    due("unique", "in-load", columns=["id"], within="load"),
    due("unique", "pairs", columns=["id", "score"]),
    due("references", "orphans", columns=["id"], table="parents", to=["id"]),
    due("sql", "number", query="select count(*) from whole", comparison=">", fail=9),
)
PARENTS = (1, 2, 3)


def written(folder: Path, commits: list[Commit]) -> None:
    for commit in commits:
        append(folder, [id for id, _ in commit], score=[score for _, score in commit])


def judged(
    folder: Path, base: Commit, commits: list[Commit], batch_rows: int
) -> dict[str, Verdict]:
    """What the checks say of the commits after the first one."""
    table, others = folder / "posts", {"parents": folder / "parents"}
    append(folder / "parents", PARENTS)
    written(table, [base])
    position = outcome(table, CHECKS[0]).position
    written(table, commits)
    found = outcome(table, *CHECKS, position=position, others=others, batch_rows=batch_rows)
    return {finding.check: finding.verdict for finding in found.findings}


def surplus(rows: Commit) -> int:
    return sum(n - 1 for n in Counter(id for id, _ in rows if id is not None).values())


def modelled(base: Commit, commits: list[Commit]) -> dict[str, int]:
    """How many rows are bad, counted by hand."""
    new = [row for commit in commits for row in commit]
    every = [*base, *new]
    arrived = {id for id, _ in new}
    pairs = Counter(row for row in every if row[0] is not None and row[1] is not None)
    return {
        "condition": sum(score is not None and score < 0 for _, score in new),
        "query": sum(score is None for _, score in new),
        "in-table": surplus([row for row in every if row[0] in arrived]),
        "in-load": sum(surplus(commit) for commit in commits),
        "pairs": sum(n - 1 for row, n in pairs.items() if row in set(new)),
        "orphans": sum(id is not None and id not in PARENTS for id, _ in new),
    }


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(COMMIT, st.lists(COMMIT, min_size=1, max_size=3), st.integers(1, 7), st.randoms())
def test_verdicts_follow_from_the_rows_alone(
    base: Commit, commits: list[Commit], batch_rows: int, random: object
) -> None:
    shuffled = [*commits]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        found = judged(Path(folder) / "one", base, commits, 65536)
        again = judged(Path(folder) / "two", base, shuffled, batch_rows)
    counted = modelled(base, commits)
    rows = sum(map(len, commits))
    assert {name: found[name].bad for name in counted} == counted
    assert {found[name].rows for name in counted} == {rows}
    assert found["number"].observed == rows + len(base)
    for name, verdict in found.items():
        other = again[name]
        assert (verdict.status, verdict.reason, verdict.detail) == (
            other.status,
            other.reason,
            other.detail,
        )


EXPECTATIONS = (
    expected("expect_column_values_to_not_be_null", "nulls", column="score", mostly=0.5),
    expected("expect_column_values_to_be_between", "range", column="score", min_value=0),
    expected("expect_column_mean_to_be_between", "mean", column="score", min_value=0),
    expected("expect_column_values_to_be_unique", "unique", column="id"),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(COMMIT, min_size=1, max_size=3), st.integers(1, 7))
def test_expectations_do_not_depend_on_batches(commits: list[Commit], batch_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder) / "posts", commits)
        found = [
            [finding.verdict for finding in outcome(Path(folder) / "posts", *EXPECTATIONS,
             batch_rows=size).findings]
            for size in (batch_rows, 65536)
        ]  # fmt: skip
    assert found[0] == found[1]
