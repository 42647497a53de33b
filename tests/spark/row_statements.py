"""Statements of checks, and rows to ask them of: what Spark and the embedded lake must agree on."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from checks.core import Check
from checks.rows import aggregated, own
from checks.rows.core import Aggregate
from checks.rows.sql_rule import aggregate
from tests.checks.rows.declared import declared, expected

_T = datetime(2026, 3, 1, 12, 30, 45, 123456, tzinfo=UTC)  # a Sunday
_COLUMNS: dict[str, Any] = {
    "id": pa.int64(),
    "n": pa.int32(),
    "x": pa.float64(),
    "f": pa.float32(),
    "d": pa.decimal128(10, 2),
    "s": pa.string(),
    "num": pa.string(),
    "t": pa.timestamp("us", "UTC"),
    "day": pa.date32(),
    "ok": pa.bool_(),
    "xs": pa.list_(pa.int32()),
    "m": pa.map_(pa.string(), pa.int32()),
    "st": pa.struct([("a", pa.int32()), ("b", pa.string())]),
}
_SCHEMA = pa.schema(_COLUMNS)
_ROWS = [
    (1, 7, 1.5, 0.5, Decimal("1.25"), "a_c", "12", _T, date(2026, 3, 1), True, [1, 2], [("k", 1)],
     {"a": 1, "b": "x"}),
    (2, -7, -2.5, -0.25, Decimal("-1.25"), "abc", "-3", datetime(1999, 12, 31, 23, 59, 59,
     tzinfo=UTC), date(1999, 12, 31), False, [], [], {"a": None, "b": "y"}),
    (3, 0, 0.0, 2.0, Decimal("0.00"), "a\\c", "0", datetime(2026, 2, 28, tzinfo=UTC),
     date(2026, 2, 28), None, [None, 3], [("k", None)], None),
    (4, 2147483647, 1e10, 8.0, Decimal("99999999.99"), "Ärger 😀", "7", datetime(2028, 2, 29, 1,
     tzinfo=UTC), date(2028, 2, 29), True, None, None, {"a": 4, "b": None}),
    (5, 3, float("nan"), 1.0, Decimal("2.50"), "", "5", _T, date(2026, 3, 1), False, [5], [],
     {"a": 5, "b": ""}),
    (6, None, None, None, None, None, None, None, None, None, None, None, None),
    (7, 3, 2.5, 1.0, Decimal("3.50"), "  pad ", "8", _T, date(2026, 3, 2), True, [1], [("j", 2)],
     {"a": 7, "b": "z"}),
    (7, 3, 3.5, 1.0, Decimal("4.50"), "it's \"q\"", "9", _T, date(2026, 3, 2), True, [1],
     [("j", 2)], {"a": 7, "b": "z"}),
]  # fmt: skip


def whole() -> pa.Table:
    """The live rows."""
    columns = list(zip(*_ROWS, strict=True))
    arrays = [pa.array(c, f.type) for c, f in zip(columns, _SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


def new_rows() -> pa.Table:
    """The new rows: the last four, of two commits."""
    table = whole().slice(4)
    added: dict[str, Any] = {
        "_change_type": pa.array(["insert", "insert", "update_postimage", "insert"]),
        "_commit_version": pa.array([3, 4, 4, 4], pa.int64()),
        "_commit_timestamp": pa.array([_T] * 4, pa.timestamp("us", "UTC")),
    }
    for name, values in added.items():
        table = table.append_column(name, values)
    return table


def parents() -> pa.Table:
    """Another declared table."""
    return pa.table({"pid": pa.array([1, 5, None], pa.int64()), "label": ["one", "five", "none"]})


RELATIONS = {"whole": whole, "new_rows": new_rows, "parents": parents}

_SCALARS = (
    # Numbers.
    "n / 2", "n % 3", "pmod(n, 3)", "mod(n, 4)", "abs(n)", "-n", "sign(x)", "ceil(x)", "floor(x)",
    "round(x)", "round(d, 1)", "round(d)", "round(x, 1)", "pow(n, 2)", "power(x, 2)",
    "greatest(n, 3)", "least(n, 3, id)", "greatest(x, 1.0)", "isnan(x)", "x > 1e9", "x = x",
    "f = 0.5", "f * 2", "d + 1", "d * 2", "d > 1.25", "d = 1.25", "n div 2", "id * 2 - n / 4",
    "x between -3 and 2", "n in (3, 7)", "n not in (3, 7)", "n <=> null", "n is distinct from 3",
    # Casts.
    "cast(x as int)", "cast(d as int)", "cast(num as int)", "cast(num as bigint)",
    "try_cast(s as int)", "try_cast(x as int)", "try_cast('1.7' as int)", "cast(ok as int)",
    "cast(n as double)", "cast(n as string)", "cast(d as string)", "cast(ok as string)",
    "cast(t as string)", "cast(day as string)", "cast(t as date)", "cast(day as timestamp)",
    "cast(t as bigint)", "cast(num as double)", "cast(num as decimal(10, 2))", "n::string",
    "cast(x as decimal(12, 1))", "cast(n as boolean)", "cast('2026-03-01' as date)",
    "cast('2026-03-01 10:00:00' as timestamp)", "cast(f as double)", "cast(d as double)",
    # Text.
    "length(s)", "lower(s)", "upper(s)", "trim(s)", "ltrim(s)", "rtrim(s)", "s || '!'",
    "concat(s, num)", "concat_ws('-', s, num)", "substring(s, 0, 2)", "substring(s, 1, 2)",
    "substring(s, 2)", "substring(s, -2)", "substring(s, -2, 1)", "substr(s, 2, 1)",
    "startswith(s, 'a')", "endswith(s, 'c')", "contains(s, '_')", "s like 'a_c'", "s like 'a\\_c'",
    "s like '%c'", "s not like 'a%'", "s ilike 'A%'", "s like 'a!_c' escape '!'", "s rlike '^a'",
    "s rlike 'b|_'", "regexp_like(s, '[0-9]')", "instr(s, 'c')", "locate('c', s)", "md5(s)",
    "s = 'it\\'s \"q\"'", "s = \"abc\"", "s = ''", "s is null", "s < 'b'", "coalesce(s, 'none')",
    "s like any ('a%', '%d ')",
    # Logic.
    "nvl(n, 0)", "ifnull(n, 0)", "nullif(n, 3)", "nvl2(n, 1, 0)", "if(n > 2, 'a', 'b')",
    "if(s like 'a\\_c', 1, 0)", "case when n > 2 then 1 when n < 0 then -1 end",
    "case n when 3 then 'three' else 'other' end", "ok and n > 2", "ok or n > 2", "not ok",
    "isnull(n)", "isnotnull(n)",
    # Times.
    "year(t)", "month(t)", "day(t)", "hour(t)", "minute(t)", "second(t)", "quarter(t)",
    "dayofweek(t)", "dayofweek(day)", "year(day)", "date_trunc('month', t)", "date_trunc('day', t)",
    "date_trunc('hour', t)", "date_trunc('week', t)", "datediff(day, date '2026-01-01')",
    "datediff(t, day)", "date_add(day, 1)", "date_sub(day, 30)", "to_date(t)",
    "day > date '2026-01-01'", "t > timestamp '2026-01-01 00:00:00'", "t > '2026-01-01'",
    "t < current_timestamp()", "t < now()", "day < current_date()",
    "t + interval 1 day", "t - interval 2 hours", "day = '2026-03-01'", "to_date('2026-03-01')",
    # Between types.
    "num > '5'", "num = 12", "num in (12, 5)", "n = '3'", "n between '1' and '5'",
    "concat(n, s)", "n || s", "concat(d, s)", "concat(t, s)", "concat_ws('-', n, s)", "ok = 'true'",
    "ok > false", "s rlike '\\\\d'", "substring(substring(s, 0, 2), 0, 1)", "t = day",
    "cast(d as double) / 3",
    "count_if(s like 'a\\_c') over (partition by n)", "count(*) over (partition by n)",
    "sum(n) over (order by id, x rows between 1 preceding and current row)", "d * 1.5",
    # Nested.
    "size(xs)", "array_size(xs)", "st.a", "st.b", "st.b = ''", "m['k']",
)  # fmt: skip

_AGGREGATES = (
    "count(*)", "count(n)", "count(distinct n)", "count(distinct n, ok)", "count(1)",
    "count_if(n > 2)", "count_if(ok)", "sum(n)", "sum(d)", "sum(id)", "avg(n)", "avg(d)",
    "avg(d) + 1",
    "min(s)", "max(s)", "min(t)", "max(day)", "min(x)", "max(x)", "max(d)", "stddev(n)",
    "stddev_samp(n)", "stddev_pop(n)", "variance(n)", "var_samp(n)", "var_pop(n)", "std(n)",
    "corr(n, d)", "covar_pop(n, d)", "covar_samp(n, d)", "bool_and(ok)", "bool_or(ok)",
    "every(ok)", "some(ok)", "median(n)",
    "percentile_cont(0.5) within group (order by n)",
    "percentile_cont(0.25) within group (order by n desc)",
    "count(*) filter (where n > 2)", "sum(n) filter (where n < 5)",
    "count(distinct s) / count(s)", "sum(case when ok then 1 else 0 end)",
    "count_if(s is null) / count(*)", "sum(distinct n)",
)  # fmt: skip

_WHOLE_STATEMENTS = (
    "select n, count(*) as c from whole group by n having count(*) > 1 order by n",
    "select id, n from whole order by n, id limit 3",
    "select id from whole where n > (select avg(n) from whole) order by id",
    "select id from new_rows where id in (select pid from parents) order by id",
    "select id from new_rows w where exists (select 1 from parents where pid = w.id) order by id",
    "select w.id, p.label from whole w left join parents p on w.id = p.pid order by w.id, p.label",
    "select id from whole left anti join parents on id = pid order by id",
    "select id from whole left semi join parents on id = pid order by id",
    "with q as (select id, row_number() over (partition by id order by x) as r from whole)"
    " select id from q where r > 1",
    "select id, rank() over (order by n) as r, dense_rank() over (order by n) as k from whole"
    " order by id, r",
    "select id, lag(id) over (order by id, x) as before from whole order by id, before",
    "select id, lead(id) over (order by id, x) as after from whole order by id, after",
    "select id from whole union select pid from parents order by 1",
    "select id from whole except select pid from parents order by id",
    "select count(*) from (select distinct s from whole)",
    "select _commit_version, count(*) as c from new_rows group by all order by 1",
    "select max(_commit_timestamp) from new_rows where _change_type = 'insert'",
    "select id from whole order by x desc, id limit 2",
    "select 1 where null in (1, 2)",
    "select id from whole where n not in (select n from new_rows)",
)

FAILING = (
    "select n / 0 from whole",
    "select x / 0 from whole",
    "select n % 0 from whole",
    "select cast('1.7' as int)",
    "select cast('x' as double)",
    "select n + n from whole",
    "select cast(1e10 as int)",
    "select cast('x' as date)",
    "select nope from whole",
    "select id from missing",
    "select cast(x as int) from whole where id = 5",
)

STRICTER = (
    "select num > 5 from whole",
    "select d / 3 from whole",
    "select n / 1.5 from whole",
    "select d * d from whole",
    "select cast(x as decimal(12, 1)) from whole where id = 5",
    "select cast(x as string) from whole",
    "select sqrt(n) from whole",
)
"""What Spark answers and the embedded lake refuses, rather than to say something else."""

EMPTY = ("count(*)", "count_if(n > 2)", "sum(n)", "min(n)", "avg(n)", "stddev(n)", "bool_and(ok)",
         "count(distinct n)", "median(n)")  # fmt: skip


def _own() -> list[str]:
    """The statements that our own kinds write."""
    checks = [
        declared("sql_rule", bad_rows="n < 0 or s is null"),
        declared("sql_rule", query="select * from new_rows where n = 3"),
        declared("unique", columns=["id"]),
        declared("unique", columns=["n", "ok"]),
        declared("unique", columns=["id"], within="load"),
        declared("unique", columns=["id", "n"], rows="all"),
        declared("references", columns=["id"], table="parents", to=["pid"]),
        declared("references", columns=["id"], table="parents", to=["pid"], rows="all"),
    ]
    group = "new_rows", "n is not null"
    return [
        *(own.statement(check) for check in checks),
        *(_shown(check) for check in checks),
        aggregated.statement(group, [aggregate(checks[0])]),
    ]


CONDITIONS = (
    "n > 2",
    "n in [3, 7] and ok == True",
    "s == 'abc' or not (n < 0)",
    "s.notnull() and x >= -2.5",
)
"""Conditions of expectations, as pandas writes them."""


def of_expectations() -> list[str]:
    """The aggregates of every expectation that is judged by one, of every column that it fits.

    It asks great-expectations, which takes seconds to import.
    """
    from checks.expectations.aggregates import MEASURES

    on_tables = [name for name in MEASURES if name.startswith("expect_table")]
    arguments = {"expect_table_row_count_to_equal": {"value": 8}}
    found = [
        *(_aggregate(type_, arguments.get(type_, {"min_value": 1})) for type_ in on_tables),
        *(
            _aggregate(type_, {"column": column, "min_value": 0})
            for type_ in MEASURES
            if type_ not in on_tables
            for column in _COLUMNS
        ),
        *(
            _aggregate("expect_column_max_to_be_between", {"column": "id", "min_value": 0}, text)
            for text in CONDITIONS
        ),
    ]
    asked = [one for one in found if one.expressions]
    # Some are judged by the same aggregates.
    made = (aggregated.statement(("whole", one.condition), [one]) for one in asked)
    return list(dict.fromkeys(made))


def _aggregate(type_: str, arguments: dict[str, Any], condition: str = "") -> Aggregate:
    from checks.expectations.aggregates import aggregated as expected_aggregate

    filtered = {"row_condition": condition, "condition_parser": "pandas"} if condition else {}
    return expected_aggregate(expected(type_, **(arguments | filtered)), _SCHEMA)


def _shown(check: Check) -> str:
    found = own.bad_rows(check, ["id", "n"])
    return f"select id, n from ({found}) order by id, n"


def statements() -> list[str]:
    """Every statement whose rows must be equal."""
    few = "n < 1000 and not isnan(x)"
    return [
        *(_of_each(scalar) for scalar in _SCALARS),
        *(f"select {found} as v from whole where {few}" for found in _AGGREGATES),
        *(f"select {found} as v from whole where id < 0" for found in EMPTY),
        *_WHOLE_STATEMENTS,
        *_own(),
    ]


def _of_each(scalar: str) -> str:
    where = f" where id not in (4, 5) or {_fits(scalar)}"
    return f"select id, {scalar} as v from whole{where} order by id, x"


def _fits(scalar: str) -> str:
    """Rows 4 and 5 hold numbers that are too large for some casts, and one that is not a number."""
    return "false" if any(word in scalar for word in ("cast(x", "pow")) else "true"
