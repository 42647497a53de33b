"""Definitions of a table against a contract, and changes that are forbidden: the whole verdicts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.core import Check, Span, Status, Verdict
from checks.schema import KIND
from monitors.core import Column, Definition, Subject
from tests.checks.past import LiteralPast, utc

NOW = utc("2026-11-23 12:00")
LOOK = "limnograph schema main.bronze.posts --history"
START = utc("2026-11-01 00:00")


def column(path: str, kind: str = "string", *, nullable: bool = True) -> Column:
    return Column(tuple(path.split(".")), kind, nullable)


def definition(version: int, *columns: Column, day: int | None = None, **more: Any) -> Definition:
    """A definition of a version, by default of the day of November that is its number plus one."""
    at = START + timedelta(days=version if day is None else day - 1)
    return Definition(
        version, at, "one", columns, operation="CHANGE COLUMN", user="ann", **more
    )  # fmt: skip


def judged(
    definitions: Sequence[Definition], expected: Sequence[Span] = (), **fields: object
) -> Verdict:
    form = KIND.form.model_validate({"type": "schema", **fields})
    check = Check("shape", "schema", "schema", form, Subject("table", "main.bronze.posts"))
    past = LiteralPast(NOW, defined=definitions, was_expected={"shape": expected})
    assert KIND.judge is not None
    (verdict,) = KIND.judge(check, past)
    return verdict


def wrong(definitions: Sequence[Definition], **fields: Any) -> list[str]:
    """What is wrong, a sentence each."""
    return [one["message"] for one in judged(definitions, **fields).detail["findings"]]


POSTS = definition(
    3,
    column("id", "long", nullable=False),
    column("address", "struct"),
    column("address.city"),
    column("address.zip", "integer"),
    column("tags", "array"),
    column("tags.element"),
    column("price", "decimal(10,2)"),
    partition_columns=("day",),
    clustering_columns=("id",),
    properties={"delta.enableChangeDataFeed": "true"},
    features=("deletionVectors",),
)


def test_a_table_as_in_its_contract_passes() -> None:
    columns = {"ID": "bigint", "address.city": "string", "tags": "array<string>",
               "address": "struct<city: string, zip: int>", "price": "decimal(10, 2)"}  # fmt: skip
    assert judged([POSTS], columns=columns) == Verdict(
        Status.PASS,
        "4 columns as of version 3, Wed 2026-11-04 00:00 UTC: as it should be",
        observed=0.0,
        expected="5 columns as in the contract",
        upper=0.0,
        window=(POSTS.at, NOW),
        look=LOOK,
        detail={"version": 3, "count": 0, "findings": []},
    )


def test_a_difference_fails_with_the_commit_that_brought_it() -> None:
    before = definition(1, column("id", "long"), column("text"))
    after = definition(2, column("id", "string"), column("text"))
    later = definition(3, column("id", "string"), column("text"), column("more"))
    assert judged([before, after, later], columns={"id": "long"}) == Verdict(
        Status.FAIL,
        "column id is string, not long (since version 2, Tue 2026-11-03 00:00 UTC, CHANGE COLUMN "
        "by ann)",
        "change it back, or mend the contract",
        observed=1.0,
        expected="1 column as in the contract",
        upper=0.0,
        window=(later.at, NOW),
        look=LOOK,
        detail={
            "version": 3,
            "count": 1,
            "findings": [
                {
                    "what": "type",
                    "path": "id",
                    "expected": "long",
                    "observed": "string",
                    "message": "column id is string, not long",
                    "mend": "change it back, or mend the contract",
                    "version": 2,
                    "at": after.at,
                    "operation": "CHANGE COLUMN",
                    "user": "ann",
                }
            ],
        },
    )


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({"columns": {"ident": "long"}}, ["column ident (long) is missing"]),
        ({"columns": {"address.town": {}}}, ["column address.town is missing"]),
        ({"columns": {"address.zip": "long"}}, ["column address.zip is integer, not long"]),
        ({"columns": {"address": "struct"}}, []),
        ({"columns": {"address": "map"}},
         ["column address is struct<city: string, zip: integer>, not map"]),
        ({"columns": {"tags.element": "string"}}, []),
        ({"columns": {"price": "decimal(10,3)"}},
         ["column price is decimal(10,2), not decimal(10,3)"]),
        ({"columns": {"id": {"nullable": False}}}, []),
        ({"columns": {"id": {"type": "int", "nullable": True}}},
         ["column id is long, not integer", "column id is required, not nullable"]),
        ({"columns": {"price": {"nullable": False}}}, ["column price is nullable, not required"]),
        ({"columns": {"id": "long", "address.city": "string"}, "extra": "forbid"},
         ["column address.zip (integer) is not in the contract",
          "column tags (array<string>) is not in the contract",
          "column price (decimal(10,2)) is not in the contract"]),
        ({"columns": {"id": "long", "address": "struct", "tags": "array", "price": {}},
          "extra": "forbid"}, []),
        ({"columns": {"price": {}, "id": {}}, "ordered": True},
         ["column id stands where price should"]),
        ({"columns": {"id": {}, "gone": {}, "price": {}}, "ordered": True},
         ["column gone is missing"]),
        ({"partitioned_by": ["Day"]}, []),
        ({"partitioned_by": []}, ["the table is partitioned by day, not nothing"]),
        ({"clustered_by": ["id", "day"]}, ["the table is clustered by id, not id, day"]),
        ({"properties": {"delta.enableChangeDataFeed": True}}, []),
        ({"properties": {"delta.enableChangeDataFeed": False, "delta.appendOnly": True}},
         ["property delta.enableChangeDataFeed is true, not false",
          "property delta.appendOnly is not set, true is wanted"]),
        ({"features": ["deletionVectors", "variantType"]}, ["feature variantType is missing"]),
    ],
)  # fmt: skip
def test_every_difference_from_the_contract_is_told(
    fields: dict[str, object], messages: list[str]
) -> None:
    assert wrong([POSTS], **fields) == messages


def test_a_missing_column_names_the_one_that_was_meant() -> None:
    verdict = judged([POSTS], columns={"adress.city": "string"})
    assert verdict.mend == (
        "add it, or mend its name in the contract; did you mean 'address.city'?"
    )


def test_many_differences_are_counted_and_not_all_told() -> None:
    verdict = judged([POSTS], columns={f"absent_{n}": "long" for n in range(30)})
    assert (verdict.observed, verdict.detail["count"], len(verdict.detail["findings"])) == (
        30.0,
        30,
        20,
    )
    assert verdict.reason.endswith(" and 27 more")


def test_an_unknown_definition_is_not_assessed() -> None:
    assert judged([]) == Verdict.not_assessed(
        "how the table is defined is not known",
        "switch the monitor schema on for it, and see with `limnograph report` what it lacks",
        look=LOOK,
    )


def test_a_table_that_cannot_be_read_is_an_error() -> None:
    form = KIND.form.model_validate({"type": "schema"})
    check = Check("shape", "schema", "schema", form, Subject("table", "main.bronze.posts"))
    past = LiteralPast(NOW, defined=[POSTS], unreadable=("access denied", "grant SELECT"))
    assert KIND.judge is not None
    assert KIND.judge(check, past) == (Verdict.error("access denied", "grant SELECT", look=LOOK),)


ID, TEXT, MORE = column("id", "long"), column("text"), column("more")


def test_a_forbidden_change_fails_with_the_commit_that_made_it() -> None:
    verdict = judged([definition(1, ID, TEXT), definition(2, ID), definition(3, ID, MORE)])
    assert (verdict.status, verdict.reason, verdict.mend, verdict.expected) == (
        Status.FAIL,
        "forbidden: column text (string) dropped (since version 2, Tue 2026-11-03 00:00 UTC, "
        "CHANGE COLUMN by ann)",
        "revert it, or say that it was expected: `limnograph check expect main.bronze.posts/shape "
        "--from 2026-11-03`",
        "no breaking change",
    )


def test_an_allowed_change_passes() -> None:
    assert wrong([definition(1, ID), definition(2, ID, TEXT)]) == []
    assert wrong([definition(1, ID), definition(2, ID, TEXT)], allow=["property_set"]) == [
        "forbidden: column text (string) added"
    ]


def test_a_change_that_was_reverted_is_forgiven() -> None:
    narrow = column("id", "integer")
    assert wrong([definition(1, ID), definition(2, narrow)]) == [
        "forbidden: type of column id narrowed from long to integer"
    ]
    assert wrong([definition(1, ID), definition(2, narrow), definition(3, ID)]) == []


def test_what_was_added_by_an_allowed_change_may_not_be_dropped_either() -> None:
    assert wrong([definition(1, ID), definition(2, ID, TEXT), definition(3, ID)]) == [
        "forbidden: column text (string) dropped"
    ]


def test_what_came_with_a_forbidden_change_is_not_accepted_and_may_go_again() -> None:
    narrow = column("id", "integer")
    made = [definition(1, ID), definition(2, narrow, TEXT), definition(3, narrow)]
    assert wrong(made) == ["forbidden: type of column id narrowed from long to integer"]
    assert wrong([*made, definition(4, ID)]) == []


def test_a_change_is_remembered_for_a_while() -> None:
    made = [definition(1, ID, TEXT), definition(2, ID, day=13)]
    assert judged(made, remember="11d").status is Status.FAIL
    assert judged(made, remember="10d").status is Status.PASS


def test_a_change_that_a_user_expected_is_accepted_and_the_next_is_not() -> None:
    made = [definition(1, ID, TEXT, MORE), definition(2, ID, TEXT), definition(5, ID)]
    span = (utc("2026-11-03 06:00"), utc("2026-11-03 12:00"))
    assert judged(made).detail["count"] == 2
    verdict = judged(made, [span])
    assert [one["message"] for one in verdict.detail["findings"]] == [
        "forbidden: column text (string) dropped"
    ]


def test_a_change_that_was_seen_in_an_expected_span_is_accepted_however_old_it_was() -> None:
    made = [definition(1, ID, TEXT), definition(2, ID)]
    assert judged(made, [(utc("2026-11-10 00:00"), utc("2026-11-11 00:00"))]).status is Status.PASS
    assert judged(made, [(utc("2026-11-02 00:00"), made[1].at)]).status is Status.FAIL


def test_a_clock_that_goes_backwards_forgives_nothing() -> None:
    made = [definition(1, ID, TEXT, day=20), definition(2, ID, TEXT, MORE, day=21),
            definition(3, ID, TEXT, day=1)]  # fmt: skip
    assert wrong(made, remember="10d") == ["forbidden: column more (string) dropped"]


def test_one_definition_has_not_changed() -> None:
    assert judged([POSTS], forbid="any").status is Status.PASS


_COLUMNS = st.lists(
    st.sampled_from([ID, TEXT, MORE, column("id", "string")]),
    unique_by=lambda one: one.path,
    min_size=1,
)


@given(_COLUMNS, _COLUMNS)
def test_forbidding_less_never_makes_a_pass_fail(before: list[Column], after: list[Column]) -> None:
    made = [definition(1, *before), definition(2, *after)]
    if judged(made, forbid=["column_dropped", "type_changed"]).status is Status.PASS:
        assert judged(made, forbid=["column_dropped"]).status is Status.PASS


@pytest.mark.slow
@given(st.lists(_COLUMNS, min_size=1, max_size=6))
def test_going_back_to_the_first_definition_passes_where_additions_are_forbidden_too(
    tables: list[list[Column]],
) -> None:
    made = [definition(n, *columns) for n, columns in enumerate([*tables, tables[0]])]
    assert judged(made, forbid="any").status is Status.PASS


@given(_COLUMNS)
def test_a_contract_made_of_a_table_is_kept_by_it(columns: list[Column]) -> None:
    contract = {one.path[0]: {"type": one.type, "nullable": one.nullable} for one in columns}
    made = [definition(1, *columns)]
    assert wrong(made, columns=contract, extra="forbid", ordered=True) == []
