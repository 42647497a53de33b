"""Statements are checked where they are declared, and mean the same on the embedded lake."""

import pytest
import sqlglot

from monitors.errors import UnreadableError
from monitors.lakes.rows.functions import NAMED, SAME
from monitors.lakes.rows.sql import (
    check_predicate,
    check_statement,
    columns_named,
    parameters_named,
    quoted,
    tables_named,
    translated,
)
from tests.spark.row_statements import FAILING, STRICTER, statements


@pytest.mark.parametrize(
    ("sql", "place", "what"),
    [
        ("", (1, 1), "this is empty"),
        ("select from where", (1, 13), "Expected table name near 'where'"),
        ("select 1; select 2", (1, 1), "this must be one statement"),
        ("delete from whole", (1, 1), "this must be a SELECT, not DELETE"),
        ("drop table whole", (1, 1), "this must be a SELECT, not DROP"),
        ("set x = 1", (1, 1), "this must be a SELECT, not SET"),
        ("copy whole to 'x'", (1, 1), "this must be a SELECT, not COPY"),
        ("values (1)", (1, 1), "this must be a SELECT, not VALUES"),
        ("score < 0", (1, 1), "this must be a SELECT, not SCORE"),
        ("select * from read_csv('/etc/passwd')", (1, 15), "only tables can be read here"),
        ("select * from range(3)", (1, 15), "only tables can be read here"),
        ("select\n  nonsense(x) from whole", (2, 3), "the function nonsense is not among"),
        ("select percentile(x, 0.5) from whole", (1, 22), "the function percentile is not"),
        ("select approx_count_distinct(x) from whole", (1, 8), "use count(distinct x)"),
        ("select first(x) from whole", (1, 8), "use min or max"),
        ("select rand() from whole", (1, 8), "the same answer for the same rows"),
        ("select any(ok) from whole", (1, 12), "write bool_or"),
        ("select exists(xs, x -> x > 1) from whole", (1, 8), "lambdas are not supported"),
        ("select cast(x as binary) from whole", (1, 13), "a cast to BINARY may mean"),
        ("select x from whole tablesample (10 percent)", (1, 34), "another answer each time"),
        ("select x from whole version as of 3", (1, 35), "only the version that is being judged"),
        ("select x:a.b from whole", (1, 8), "paths into JSON are not supported"),
        ("select ? from whole", (1, 1), "parameters have names"),
        ("with whole as (select 1) select * from whole", (1, 23), "name this one otherwise"),
        ("select * from whole lateral view explode(xs) as x", (1, 34), "lateral views are not"),
        ("'unterminated", (1, 1), "this is not SQL"),
        ("select " + "(" * 3000 + "1" + ")" * 3000, (1, 1), "this is nested too deeply"),
    ],
)
def test_a_statement_is_refused_with_its_place(sql: str, place: tuple[int, int], what: str) -> None:
    found = check_statement(sql)
    assert any((line, column) == place and what in text for line, column, text in found), found


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from new_rows where score < :least",
        "with q as (select id from whole) select * from q where id in (select id from `a.b`)",
        "select id from whole union all select id from new_rows",
        "select id from whole -- and a comment",
    ],
)
def test_a_sound_select_has_no_problems(sql: str) -> None:
    assert check_statement(sql) == []


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("select 1", "not a statement"),
        ("drop table x", "not a statement"),
        ("a) or (b", "near ')'"),
        ("a; b", "one statement"),
        ("", "this is empty"),
        ("*", "a condition over columns"),
        ("a = 1 as b", "a condition over columns"),
        ("count(*) > 1", "one row at a time"),
        ("id in (select id from whole)", "one row at a time"),
        ("row_number() over (order by id) > 1", "one row at a time"),
        ("nonsense(x)", "the function nonsense"),
        ("a < < 3", "a value and no condition"),
        ("a + 1", "a value and no condition"),
    ],
)
def test_a_condition_is_no_statement(condition: str, what: str) -> None:
    assert any(what in text for _, _, text in check_predicate(condition))


def test_a_sound_condition_has_no_problems() -> None:
    assert check_predicate("score < 0 or label is null -- both\n and not ok") == []


def test_names_are_quoted_whatever_is_in_them() -> None:
    assert quoted("a`b c") == "`a``b c`"


def test_each_table_is_one_quoted_name() -> None:
    sql = "select main.bronze.posts.id from main.bronze.posts join `silver.a` on true"
    assert translated(sql) == (
        'SELECT "posts".id FROM "main.bronze.posts" AS "posts" JOIN "silver.a" ON TRUE'
    )
    assert tables_named(sql) == ("main.bronze.posts", "silver.a")


def test_meanings_are_kept_in_the_translation() -> None:
    sql = "select count_if(s like 'a\\\\_c'), cast(x as int) from whole where :lo < d"
    assert translated(sql) == (
        "SELECT COUNT(CASE WHEN s LIKE 'a\\_c' ESCAPE '\\' THEN 1 END),"
        " CAST(_WHOLE(x) AS INT) FROM whole WHERE $lo < d"
    )


def test_what_has_problems_is_not_translated() -> None:
    with pytest.raises(UnreadableError, match="line 1, column 1"):
        translated("delete from whole")


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select a, b.c from whole b where D = 1", {"a", "b", "c", "d", "whole"}),
        ("select count(*) from whole", {"whole"}),
        ("select * from whole", None),
        ("select w.* from whole w", None),
        ("select whole from whole", None),
        ("select 1 from whole natural join new_rows", None),
        ("select 1 from whole join new_rows using (id)", {"whole", "new_rows", "id"}),
    ],
)
def test_the_columns_that_may_be_needed_are_known(sql: str, columns: set[str] | None) -> None:
    assert columns_named(sql) == columns


def test_parameters_are_known() -> None:
    assert parameters_named("select 1 from whole where a > :lo and b < :hi") == {"lo", "hi"}


def test_no_function_is_let_through_that_was_not_held_against_spark() -> None:
    used: set[object] = set()
    for sql in (*statements(), *FAILING, *STRICTER):
        for node in sqlglot.parse_one(sql, read="databricks").walk():
            used.add(type(node))
            if isinstance(node, sqlglot.exp.Anonymous):
                used.add(node.this.upper())
    assert {kind.__name__ for kind in SAME if kind not in used} == set()
    assert {name for name in NAMED if name not in used} == set()
