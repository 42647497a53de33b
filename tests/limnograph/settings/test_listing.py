"""The walk over folders, on trees of names."""

from collections.abc import Mapping, Sequence

import pytest

from limnograph.settings.listing import Folder, Found, walk
from monitors.errors import LimnographError, UnreadableError

Tree = Mapping[str, "Tree"]
TABLE: Tree = {"_delta_log": {}, "day=1": {}}
LAKE: Tree = {
    "bronze": {"posts": TABLE, "labels": TABLE, "raw": {"2024": {"old": TABLE}}, "_tmp": TABLE},
    "silver": {"posts": TABLE, ".trash": {"gone": TABLE}},
    "top": TABLE,
    "empty": {},
}


def found(pattern: str, tree: Tree = LAKE, most_folders: int = 100) -> Found:
    def inside(folder: Folder) -> Sequence[str]:
        here = tree
        for name in folder:
            here = here[name]
        return list(here)

    return walk(inside, pattern.split("/"), most_folders)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["top"]),
        ("*/*", ["bronze.labels", "bronze.posts", "silver.posts"]),
        ("bronze/*", ["bronze.labels", "bronze.posts"]),
        ("*/posts", ["bronze.posts", "silver.posts"]),
        ("b*/p?st[s]", ["bronze.posts"]),
        ("**", ["bronze.labels", "bronze.posts", "bronze.raw.2024.old", "silver.posts", "top"]),
        ("**/posts", ["bronze.posts", "silver.posts"]),
        ("bronze/**/old", ["bronze.raw.2024.old"]),
        (
            "**/*/**",
            ["bronze.labels", "bronze.posts", "bronze.raw.2024.old", "silver.posts", "top"],
        ),
        ("bronze/_*", ["bronze._tmp"]),
        ("*/posts/*", []),
        ("nothing/*", []),
    ],
)
def test_a_pattern_finds_tables_and_enters_none(pattern: str, names: list[str]) -> None:
    assert found(pattern) == Found(tuple(sorted(tuple(name.split(".")) for name in names)))


def test_two_stars_find_the_folder_itself() -> None:
    assert found("**", TABLE) == Found(((),))


def test_a_folder_that_cannot_be_listed_does_not_hide_the_others() -> None:
    def inside(folder: Folder) -> Sequence[str]:
        if folder == ("b",):
            raise UnreadableError("no permission")
        return ["a", "b"] if folder == () else ["_delta_log"]

    result = walk(inside, ["*"])
    assert result.tables == (("a",),)
    assert [(folder, str(error)) for folder, error in result.failures.items()] == [
        (("b",), "no permission")
    ]


def test_the_number_of_folders_is_bounded() -> None:
    def inside(folder: Folder) -> Sequence[str]:
        return ["a", "b"]

    result = walk(inside, ["**"], most_folders=100)
    assert result.tables == ()
    error: LimnographError = result.failures[()]
    assert str(error) == "more than 100 folders lie below; narrow the glob"
