"""One pass for all checks of a table: few statements, each of them sound, each row read once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from checks.core import Status, Unread, Version
from checks.expectations.aggregates import MEASURES
from checks.rows.core import RowCheck
from checks.rows.examine import examine, statements
from monitors.errors import UnavailableError, UnreadableError
from monitors.lakes.rows.engine import Engine
from monitors.lakes.rows.sql import check_statement, translated
from tests.checks.rows.declared import due, expected

AT = datetime(2026, 11, 28, tzinfo=UTC)
COLUMNS: dict[str, Any] = {
    "id": pa.int64(),
    "x": pa.float64(),
    "s": pa.string(),
    "d": pa.decimal128(10, 2),
    "t": pa.timestamp("us", "UTC"),
}
SCHEMA = pa.schema(COLUMNS)


class CountedRows:
    """Rows from memory that count what they are asked, and may fail at it."""

    def __init__(self, engine: Engine, rows: pa.Table, left_out: Sequence[Unread] = ()) -> None:
        self.engine, self.rows = engine, rows
        self.left_out = left_out
        self.last = Version(3, AT)
        self.reads = 0
        self.asked: list[str] = []
        self.trouble: dict[str, Exception] = {}
        engine.create("new_rows", self._new().schema)
        for batch in self._new().to_batches():
            engine.insert("new_rows", batch)

    def schema(self) -> pa.Schema:
        return self.rows.schema

    def new(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        self.reads += 1
        wanted = [*(columns or ()), "_change_type", "_commit_version", "_commit_timestamp"]
        yield from self._new().select(wanted).to_batches(max_chunksize=2)

    def whole(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        yield from self.rows.to_batches()

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        self.asked.append(sql)
        for part, error in self.trouble.items():
            if part in sql:
                raise error
        return self.engine.query(translated(sql), parameters)

    def _new(self) -> pa.Table:
        count = self.rows.num_rows
        times: list[Any] = [AT] * count
        added: dict[str, Any] = {
            "_change_type": pa.array(["insert"] * count, pa.string()),
            "_commit_version": pa.array([3] * count, pa.int64()),
            "_commit_timestamp": pa.array(times, COLUMNS["t"]),
        }
        table = self.rows
        for name, values in added.items():
            table = table.append_column(name, values)
        return table


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.close()


@pytest.fixture
def rows(engine: Engine) -> CountedRows:
    values: list[dict[str, Any]] = [
        {"id": 1, "x": 1.0, "s": "a", "d": None, "t": None},
        {"id": 2, "x": -1.0, "s": None, "d": None, "t": None},
        {"id": 2, "x": None, "s": "c", "d": None, "t": None},
    ]
    return CountedRows(engine, pa.Table.from_pylist(values, schema=SCHEMA))


def conditions(*texts: str) -> list[RowCheck]:
    return [due("sql_rule", f"c{number}", bad_rows=text) for number, text in enumerate(texts)]


def statuses(checks: Sequence[RowCheck], rows: CountedRows) -> list[Status]:
    return [finding.verdict.status for finding in examine(checks, rows)]


def test_conditions_share_one_statement(rows: CountedRows) -> None:
    found = examine(conditions("x < 0", "s is null", "id > 9"), rows)
    assert [finding.verdict.bad for finding in found] == [1, 1, 0]
    assert len(rows.asked) == 1


def test_one_condition_that_fails_does_not_stop_the_others(rows: CountedRows) -> None:
    checks = conditions("x < 0", "nope = 1", "id > 9")
    assert statuses(checks, rows) == [Status.FAIL, Status.ERROR, Status.PASS]


def test_a_storage_that_is_away_is_not_asked_for_each_check(rows: CountedRows) -> None:
    rows.trouble["new_rows"] = UnavailableError("the storage is away", "wait")
    found = examine(conditions("x < 0", "s is null"), rows)
    assert [finding.verdict.status for finding in found] == [Status.ERROR, Status.ERROR]
    assert found[0].verdict.detail == {"again": True}
    assert len(rows.asked) == 1


@pytest.mark.slow
def test_row_wise_expectations_share_one_read(rows: CountedRows) -> None:
    checks = [
        expected("expect_column_values_to_not_be_null", "one", column="s"),
        expected("expect_column_values_to_be_between", "two", column="x", min_value=0),
        expected("expect_column_values_to_be_increasing", "three", column="id"),
    ]
    assert statuses(checks, rows) == [Status.FAIL, Status.FAIL, Status.PASS]
    assert rows.reads == 1


@pytest.mark.wide
def test_every_aggregate_of_an_expectation_is_sql_that_we_let_through() -> None:
    condition: dict[str, Any] = {
        "row_condition": 'id > 1 and s == "a"',
        "condition_parser": "pandas",
    }
    checks: list[RowCheck] = []
    for type in MEASURES:
        for column in SCHEMA.names:
            arguments: dict[str, Any] = {} if "table" in type else {"column": column}
            arguments |= {"value": 1} if type.endswith("equal") else {"min_value": 1}
            checks.append(expected(type, f"c{len(checks)}", **arguments))
            checks.append(expected(type, f"c{len(checks)}", **arguments, **condition))
    asked = statements(checks, SCHEMA)
    assert len(asked) == 2
    assert [check_statement(sql) for sql in asked] == [[], []]
    assert all(translated(sql) for sql in asked)


@pytest.mark.parametrize(
    ("left_out", "passing", "failing"),
    [
        ([], Status.PASS, Status.FAIL),
        ([Unread("version 1 is away", "mend")], Status.NOT_ASSESSED, Status.FAIL),
        (
            [Unread("version 1 is away", "mend"), Unread("version 2 broke", "repair", error=True)],
            Status.ERROR,
            Status.FAIL,
        ),
    ],
)
def test_what_was_left_out_spoils_a_pass_and_never_hides_a_failure(
    rows: CountedRows, left_out: list[Unread], passing: Status, failing: Status
) -> None:
    rows.left_out = left_out
    good, bad = examine(conditions("id > 9", "x < 0"), rows)
    assert (good.verdict.status, bad.verdict.status) == (passing, failing)
    for unread in left_out:
        assert unread.reason in good.verdict.reason
        assert unread.reason in bad.verdict.reason


def test_checks_of_a_table_without_a_schema_are_errors(rows: CountedRows) -> None:
    class Unreadable(CountedRows):
        def schema(self) -> pa.Schema:
            raise UnreadableError("the schema is broken", "repair it")

    rows.__class__ = Unreadable
    (found,) = examine(conditions("x < 0"), rows)
    assert (found.verdict.status, found.verdict.reason) == (Status.ERROR, "the schema is broken")


def test_no_check_no_finding(rows: CountedRows) -> None:
    assert examine([], rows) == []
    assert (rows.asked, rows.reads) == ([], 0)
