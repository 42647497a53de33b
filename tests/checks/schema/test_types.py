"""Types as people write them."""

import re

import pytest

from checks.schema.types import matches, normal, spelled


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("long", "long"), ("BIGINT", "long"), ("int", "integer"), ("integer", "integer"),
        ("smallint", "short"), ("tinyint", "byte"), ("real", "float"), ("bool", "boolean"),
        ("varchar(20)", "string"), ("char( 3 )", "string"), ("text", "string"),
        ("decimal", "decimal(10,0)"), ("decimal(12)", "decimal(12,0)"),
        ("NUMERIC( 10 , 2 )", "decimal(10,2)"), ("timestamp_ltz", "timestamp"),
        ("timestamp_ntz", "timestamp_ntz"), ("variant", "variant"),
        ("array<int>", "array<integer>"), ("map < string , bigint >", "map<string, long>"),
        ("struct<City:string,zip:int>", "struct<City: string, zip: integer>"),
        ("struct<`a b`: string>", "struct<a b: string>"), ("struct<>", "struct<>"),
        ("array<struct<tags:map<string,array<double>>>>",
         "array<struct<tags: map<string, array<double>>>>"),
        ("struct", "struct"), ("geometry(4326)", "geometry(4326)"),
    ],
)  # fmt: skip
def test_a_type_is_known_by_any_of_its_spellings(written: str, meant: str) -> None:
    assert normal(written) == meant


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("strng", "'strng' is no type; did you mean 'string'?"),
        ("array<int", "'array<int' is no type: '>' is missing, it ends"),
        ("array<int>>", "'array<int>>' is no type: '>' is too much"),
        ("map<string>", "'map<string>' is no type: ',' is missing, got '>'"),
        ("struct<city string>", "'struct<city string>' is no type: ':' is missing, got 'string'"),
        ("decimal(50,2)", "'decimal(50,2)' is no type: write decimal(1,0) to decimal(38,38)"),
        ("decimal(2,5)", "'decimal(2,5)' is no type: write decimal(1,0) to decimal(38,38)"),
        ("decimal(a)", "'decimal(a)' is no type; write for example decimal(10,2)"),
        ("varchar", "'varchar' is no type; write for example varchar(20)"),
        ("long!", "'long!' is no type: '!' has no meaning there"),
        ("array<" * 100, "the type is nested too deeply; contract its fields by their paths"),
    ],
)
def test_what_is_no_type_is_refused_with_the_mend(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        normal(written)


@pytest.mark.parametrize("nothing", ["", "  ", "<", "``"])
def test_nothing_is_no_type(nothing: str) -> None:
    with pytest.raises(ValueError, match="no type"):
        normal(nothing)


def test_a_container_alone_stands_for_any_of_its_kind() -> None:
    assert matches("struct", "struct<city: string>")
    assert not matches("struct", "array<struct<city: string>>")
    assert not matches("array<long>", "array<integer>")


def test_decimals_are_compared_without_the_spaces_of_their_writers() -> None:
    assert spelled("struct<a: decimal( 10, 2 ), b: decimal>") == (
        "struct<a: decimal(10,2), b: decimal(10,0)>"
    )
