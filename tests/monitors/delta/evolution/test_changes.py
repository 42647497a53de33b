"""Every kind of change, told from two literal definitions."""

from typing import Any

import pytest

from monitors.core import Column, Definition
from monitors.delta.evolution.changes import Change, ChangeKind, changes
from monitors.delta.evolution.columns import compare
from monitors.delta.evolution.concealed import concealed
from monitors.delta.evolution.types import Relation, relation
from tests.monitors.delta.evolution.defined import column, defined


def messages(before: Definition, after: Definition) -> list[str]:
    return [change.message for change in changes(before, after)]


def told(before: Definition, after: Definition) -> list[tuple[str, str, Any, Any]]:
    return [(str(c.kind), c.path, c.before, c.after) for c in changes(before, after)]


def test_a_definition_that_says_the_same_changes_nothing() -> None:
    one = defined("a long", "s struct", "s.x string", properties={"p": "1"})
    assert changes(one, one) == ()


def test_a_column_is_added_at_the_end_in_the_middle_or_in_first_place() -> None:
    before = defined("a long", "b long")
    assert messages(before, defined("a long", "b long", "c string required")) == [
        "column c (string, required) added"
    ]
    assert messages(before, defined("a long", "c string", "d date", "b long")) == [
        "column c (string) added after a",
        "column d (date) added after c",
    ]
    assert messages(before, defined("c string", "a long", "b long")) == [
        "column c (string) added in first place"
    ]
    assert told(before, defined("a long", "b long", "c string")) == [
        ("column_added", "c", None, "string")
    ]


def test_a_struct_is_added_or_dropped_as_one() -> None:
    before = defined("a long")
    after = defined("a long", "home struct", "home.city string", "home.zip integer")
    whole = "struct<city: string, zip: integer>"
    assert told(before, after) == [("column_added", "home", None, whole)]
    assert changes(after, before) == (
        Change(ChangeKind.COLUMN_DROPPED, "home", whole, None, f"column home ({whole}) dropped"),
    )


def test_a_field_within_a_struct_a_list_or_a_map_is_named_by_its_path() -> None:
    before = defined(
        *("s struct", "s.x long", "l array", "l.element struct", "l.element.y integer"),
        *("m map", "m.key string", "m.value integer"),
    )
    after = defined(
        *("s struct", "s.w long", "s.x long", "l array", "l.element struct"),
        *("l.element.y long", "m map", "m.key string", "m.value long"),
    )
    assert messages(before, after) == [
        "column s.w (long) added in first place",
        "type of column l.element.y widened from integer to long",
        "type of column m.value widened from integer to long",
    ]


def test_a_mapped_column_keeps_its_identity_under_a_new_name() -> None:
    before = defined("a long id=c1", "home struct id=c2", "home.zip integer id=c2/c3")
    after = defined("b long id=c1", "address struct id=c2", "address.zip integer id=c2/c3")
    assert told(before, after) == [
        ("column_renamed", "b", "a", "b"),
        ("column_renamed", "address", "home", "address"),
    ]
    deeper = defined("a long id=c1", "home struct id=c2", "home.post_code integer id=c2/c3")
    assert messages(before, deeper) == ["column home.zip renamed to post_code"]


def test_names_that_were_swapped_are_two_renames() -> None:
    before = defined("a long id=c1", "b long id=c2")
    after = defined("b long id=c1", "a long id=c2")
    assert told(before, after) == [
        ("column_renamed", "b", "a", "b"),
        ("column_renamed", "a", "b", "a"),
    ]


def test_a_renamed_column_and_a_new_one_under_its_old_name_are_told_apart() -> None:
    before, after = defined("a long id=c1"), defined("b long id=c1", "a string id=c2")
    assert messages(before, after) == ["column a renamed to b", "column a (string) added"]


def test_without_mapping_another_name_is_another_column() -> None:
    assert messages(defined("a long", "b long"), defined("a long", "c long")) == [
        "column b (long) dropped",
        "column c (long) added",
    ]


def test_the_same_name_in_another_case_is_the_same_column() -> None:
    assert messages(defined("Id long"), defined("id long")) == ["column Id renamed to id"]


def test_columns_get_their_ids_when_a_table_begins_to_map() -> None:
    before = defined("a long", "s struct", "s.x long", "b long")
    after = defined("a2 long id=a", "s struct id=s", "s.x long id=s/x", "b long id=b")
    assert messages(before, after) == ["column a renamed to a2"]
    assert messages(after, before) == [
        "column a2 (long) dropped",
        "column a (long) added in first place",
    ]


def test_ids_of_another_table_mean_nothing() -> None:
    before = defined("a long id=c1", "b long id=c2")
    after = defined("b long id=c1", "a string id=c9", table_id="id-2")
    assert messages(before, after) == [
        "type of column a changed from long to string",
        "columns reordered: b now first",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        *((small, large, "widened") for small, large in [("byte", "short"), ("short", "integer")]),
        ("byte", "long", "widened"),
        ("integer", "long", "widened"),
        ("float", "double", "widened"),
        ("integer", "double", "widened"),
        ("short", "double", "widened"),
        ("date", "timestamp_ntz", "widened"),
        ("decimal(10,2)", "decimal(12,2)", "widened"),
        ("decimal(10,2)", "decimal(14,4)", "widened"),
        ("integer", "decimal(10,0)", "widened"),
        ("long", "decimal(20,0)", "widened"),
        ("long", "integer", "narrowed"),
        ("double", "float", "narrowed"),
        ("decimal(12,2)", "decimal(10,2)", "narrowed"),
        ("decimal(20,0)", "long", "narrowed"),
        ("long", "double", "changed"),
        ("integer", "float", "changed"),
        ("integer", "decimal(9,0)", "changed"),
        ("long", "decimal(18,0)", "changed"),
        ("decimal(10,2)", "decimal(12,4,1)", "changed"),
        ("decimal(10,2)", "decimal(10,3)", "changed"),
        ("long", "string", "changed"),
        ("date", "timestamp", "changed"),
        ("variant", "geometry(EPSG:4326)", "changed"),
    ],
)
def test_a_type_is_wider_if_it_holds_every_value_of_the_other(
    before: str, after: str, expected: Relation
) -> None:
    assert relation(before, after) == expected
    (change,) = changes(defined(f"a {before}"), defined(f"a {after}"))
    assert change.kind == f"type_{expected}"
    assert (change.path, change.before, change.after) == ("a", before, after)


def test_a_column_that_became_nested_changed_as_a_whole() -> None:
    before, after = defined("a long"), defined("a struct", "a.x long")
    assert messages(before, after) == ["type of column a changed from long to struct<x: long>"]
    lists = defined("a array", "a.element long")
    assert told(lists, after) == [("type_changed", "a", "array<long>", "struct<x: long>")]


def test_nullability_may_change_both_ways_and_within_lists() -> None:
    before = defined("a long required", "b long", "l array", "l.element long required")
    after = defined("a long", "b long required", "l array", "l.element long")
    assert messages(before, after) == [
        "column a became nullable",
        "column b became required",
        "column l.element became nullable",
    ]


def test_columns_are_reordered_when_the_surviving_ones_changed_their_order() -> None:
    before = defined("a long", "b long", "c long", "d long")
    moved = defined("a long", "c long", "new date", "d long", "b long")
    assert told(before, moved) == [
        ("column_added", "new", None, "date"),
        ("columns_reordered", "", ("a", "b", "c", "d"), ("a", "c", "d", "b")),
    ]
    assert messages(before, moved)[1] == "columns reordered: b now after d"
    first = defined("d long", "a long", "b long", "c long")
    assert messages(before, first) == ["columns reordered: d now first"]
    dropped = defined("b long", "d long")
    assert [c.kind for c in changes(before, dropped)] == [ChangeKind.COLUMN_DROPPED] * 2


def test_fields_are_reordered_within_their_struct_only() -> None:
    before = defined("a long", "s struct", "s.x long", "s.y long")
    after = defined("a long", "s struct", "s.y long", "s.x long")
    assert told(before, after) == [("columns_reordered", "s", ("x", "y"), ("y", "x"))]
    assert messages(before, after) == ["columns of s reordered: y now first"]


def test_a_wide_table_that_was_turned_round_is_told_in_one_short_sentence() -> None:
    names = [f"c{n}" for n in range(2000)]
    before = defined(*(f"{name} long" for name in names))
    after = defined(*(f"{name} long" for name in reversed(names)))
    assert messages(before, after) == ["columns reordered: 1999 of 2000 moved"]


def test_layout_changes_unless_a_column_only_has_a_new_name() -> None:
    before = defined("d date id=c1", "k long id=c2", "s struct id=c3", "s.x long id=c3/c4")
    after = defined("day date id=c1", "k long id=c2", "s struct id=c3", "s.z long id=c3/c4")
    laid: dict[str, Any] = {"partition_columns": ("d",), "clustering_columns": ("s.x",)}
    old = defined("d date id=c1", "k long id=c2", "s struct id=c3", "s.x long id=c3/c4", **laid)
    new = defined(
        *("day date id=c1", "k long id=c2", "s struct id=c3", "s.z long id=c3/c4"),
        partition_columns=("day",),
        clustering_columns=("s.z",),
    )
    assert {c.kind for c in changes(old, new)} == {ChangeKind.COLUMN_RENAMED}
    assert told(before, old) == [
        ("partitioning_changed", "", (), ("d",)),
        ("clustering_changed", "", (), ("s.x",)),
    ]
    assert messages(new, after) == [
        "partitioned by nothing, before by day",
        "clustered by nothing, before by s.z",
    ]


def test_properties_are_set_changed_and_unset() -> None:
    before = defined(properties={"delta.appendOnly": "true", "team": "search", "gone": ""})
    after = defined(properties={"delta.appendOnly": "false", "team": "search", "new": "1"})
    assert messages(before, after) == [
        "property delta.appendOnly changed from true to false",
        "property gone unset, it was the empty text",
        "property new set to 1",
    ]
    assert told(before, after)[0] == ("property_changed", "delta.appendOnly", "true", "false")


def test_the_count_of_ids_that_were_given_out_is_no_change() -> None:
    name = "delta.columnMapping.maxColumnId"
    assert changes(defined(properties={name: "3"}), defined(properties={name: "4"})) == ()


def test_a_secret_is_seen_to_change_and_never_shown() -> None:
    one, two = ({"option.account.key": value} for value in ("hunter2hunter2", "tops3cret!"))
    before, after = concealed(defined(properties=one)), concealed(defined(properties=two))
    assert "hunter2" not in str(before)
    assert concealed(before) == before
    assert told(before, after) == [
        ("property_changed", "option.account.key", "********", "********")
    ]
    assert messages(before, defined()) == ["property option.account.key unset, it was ********"]


def test_a_constraint_on_a_key_is_no_secret() -> None:
    constraint = {"delta.constraints.key_is_positive": "key > 0"}
    assert concealed(defined(properties=constraint)).properties == constraint


def test_features_and_protocol() -> None:
    before = defined(features=("appendOnly", "invariants"), reader=1, writer=2)
    after = defined(features=("appendOnly", "deletionVectors"), reader=3, writer=7)
    assert messages(before, after) == [
        "feature deletionVectors added",
        "feature invariants removed",
        "protocol raised from reader 1, writer 2 to reader 3, writer 7",
    ]
    assert told(after, before)[-1][0] == "protocol_lowered"


def test_a_name_with_a_dot_stands_in_backticks() -> None:
    before = defined("a long")
    after = defined("a long")
    dotted = compare(before.columns, (*after.columns, Column(("b.c",), "long")), by_id=True)
    assert dotted.changes[0].path == "`b.c`"


def test_a_long_type_is_cut_in_the_message_only() -> None:
    fields = [f"s.field_{n} long" for n in range(50)]
    (change,) = changes(defined("a long"), defined("a long", "s struct", *fields))
    assert len(change.message) < 120
    assert str(change.after).count("field_") == 50


def test_a_literal_column() -> None:
    assert column("a.b long required id=x/y") == Column(("a", "b"), "long", False, "x/y")
