"""How the tables of a lake are written down, and where a table stands in a configuration."""

from pathlib import Path

import pytest

from limnograph.proposals.adding import Configuration, found_by, free_name, written_uri
from limnograph.proposals.form import Answers, text_of
from limnograph.proposals.layout import Entry, Root, layout, selected
from monitors.errors import ConfigError


def entries(*roots: Root, only: tuple[str, ...] = (), each: bool = False) -> list[Entry]:
    return layout(roots, selected(roots, only, ()), each=each)


def root(written: str, *tables: str) -> Root:
    return Root(written, tuple(sorted(tuple(t.split("/")) if t else () for t in tables)))


def test_tables_at_one_depth_are_one_glob() -> None:
    assert entries(root("./lake", "bronze/a", "silver/b")) == [
        Entry("./lake/*/*", {"bronze.a": "./lake/bronze/a", "silver.b": "./lake/silver/b"})
    ]


def test_each_depth_is_by_itself_and_a_single_table_too() -> None:
    assert entries(root("s3://b", "x", "y", "deep/er/z a")) == [
        Entry("s3://b/*", {"x": "s3://b/x", "y": "s3://b/y"}),
        Entry("", {"deep.er.z a": "s3://b/deep/er/z a"}),
    ]


def test_a_choice_is_written_out() -> None:
    found = root("./lake", "bronze/a", "bronze/b", "silver/c")
    assert entries(found, only=("bronze.*",)) == [
        Entry("", {"bronze.a": "./lake/bronze/a"}),
        Entry("", {"bronze.b": "./lake/bronze/b"}),
    ]
    assert len(entries(found, each=True)) == 3


def test_a_root_that_is_a_table() -> None:
    assert entries(root("./lake/posts", "")) == [Entry("", {"posts": "./lake/posts"})]


def test_names_stay_unique() -> None:
    found = entries(root("s3://one", "a", "b"), root("s3://two/x", "b", "c"))
    assert found == [
        Entry("s3://one/*", {"a": "s3://one/a", "b": "s3://one/b"}),
        Entry("", {"x.b": "s3://two/x/b"}),
        Entry("", {"c": "s3://two/x/c"}),
    ]
    dotted = entries(root(".", "a.b/c", "a/b.c"))
    assert [name for entry in dotted for name in entry.tables] == ["a.b.c", "a.b.c_2"]


def test_a_root_with_wildcards_in_its_name_makes_no_glob() -> None:
    assert all(not entry.glob for entry in entries(root("./a[1]", "x", "y")))


def test_what_another_root_holds_is_not_written_twice() -> None:
    first = root("./lake", "bronze/a", "bronze/b")
    second = Root("./lake/bronze", (("a",), ("b",)), frozenset({("a",), ("b",)}))
    assert [entry.glob for entry in entries(first, second)] == ["./lake/*/*"]


@pytest.mark.parametrize("owner", ["", "data: platform", "#1", "true", "Zoë"])
def test_a_new_file_is_right_whatever_is_answered(owner: str, tmp_path: Path) -> None:
    answers = Answers(owner, "Europe/Berlin", {"aws_region": "true", "aws_token": "env:TOKEN"})
    found = entries(root("./lake", "a/b", "a/c"), root("s3://b", "q'#", "deep/x"))
    path = tmp_path / "limnograph.yaml"
    settings = Configuration.of(path, text_of(path.name, found, answers).encode()).settings()
    assert {table.name for table in settings.tables} == {"q'#", "deep.x"}
    assert [glob.text for glob in settings.globs] == [f"{tmp_path}/lake/*/*"]
    (table, _) = settings.tables
    assert (table.owner, table.time_zone) == (owner, "Europe/Berlin")
    assert table.storage_options["aws_region"] == "true"


def test_what_would_be_a_template_is_refused(tmp_path: Path) -> None:
    text = text_of("x.yaml", entries(root(".", "a", "b")), Answers("${OWNER}"))
    with pytest.raises(ConfigError, match=r"x\.yaml:\d+:\d+: defaults\.owner: templates"):
        Configuration.of(tmp_path / "x.yaml", text.encode()).settings()


@pytest.mark.parametrize(
    ("glob", "uri", "folder"),
    [
        ("s3://b/lake/*/*", "s3a://b/lake/bronze/a%20b", ("bronze", "a b")),
        ("s3://b/lake/**", "s3://b/lake/x/y/z", ("x", "y", "z")),
        ("s3://b/lake/br*/*", "s3://b/lake/silver/a", None),
        ("s3://b/lake/*", "s3://b/lake/bronze/a", None),
        ("s3://b/lake/*", "s3://b/lakes/a", None),
        ("s3://b/lake/**", "s3://b/lake", ()),
    ],
)
def test_whether_a_glob_finds_a_table(
    glob: str, uri: str, folder: tuple[str, ...] | None, tmp_path: Path
) -> None:
    content = f"tables:\n  - glob: {glob}\n".encode()
    (found,) = Configuration.of(tmp_path / "x.yaml", content).settings().globs
    assert found_by(found, uri) == folder


def test_a_name_is_made_of_the_last_folders_that_are_free() -> None:
    taken = {"bronze.posts": None}
    assert free_name("/home/lake/bronze/posts", taken, Path("/home")) == "lake.bronze.posts"
    assert free_name("s3://b/bronze/posts.v2", taken, Path("/")) == "bronze.posts_v2"
    assert free_name("/data/posts", {}, Path("/etc")) == "data.posts"


def test_a_table_below_the_file_is_written_relative_to_it() -> None:
    assert written_uri("/home/lake/posts", Path("/home")) == "./lake/posts"
    assert written_uri("/data/posts", Path("/home")) == "/data/posts"
    assert written_uri("s3://b/posts", Path("/home")) == "s3://b/posts"
