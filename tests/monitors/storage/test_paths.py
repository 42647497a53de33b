"""Where the files of actions are, however their paths are spelled."""

from pathlib import Path

import pytest

from monitors.storage.paths import Location, Root, data_path, table_root

LOCAL = Root("file", "", "lake/my table")
S3 = Root("s3", "bucket", "lake/posts")


@pytest.mark.parametrize(
    ("uri", "root"),
    [
        ("/lake/my table", LOCAL),
        ("/lake/my table/", LOCAL),
        ("file:///lake/my%20table", LOCAL),
        ("file:/lake/my%20table", LOCAL),
        ("/lake/50%25", Root("file", "", "lake/50%25")),
        ("s3://bucket/lake/posts", S3),
        ("s3a://bucket/lake/posts/", S3),
        ("s3://bucket", Root("s3", "bucket", "")),
        (
            "abfss://c@account.dfs.core.windows.net/t",
            Root("abfs", "c@account.dfs.core.windows.net", "t"),
        ),
        (
            "https://account.blob.core.windows.net/c/a%20b/t",
            Root("abfs", "c@account.dfs.core.windows.net", "a b/t"),
        ),
        (
            "wasbs://c@account.blob.core.windows.net/t",
            Root("abfs", "c@account.dfs.core.windows.net", "t"),
        ),
        ("gcs://bucket/t", Root("gs", "bucket", "t")),
    ],
)
def test_a_table_has_one_root_under_all_its_names(uri: str, root: Root) -> None:
    assert table_root(uri) == root


def test_a_relative_local_path_starts_at_the_working_folder() -> None:
    assert table_root("tables/a b") == Root("file", "", str(Path.cwd() / "tables/a b").strip("/"))


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("part-0.parquet", Location("part-0.parquet")),
        ("p=a%20b/f.parquet", Location("p=a b/f.parquet", "", "p=a%20b/f.parquet")),
        ("p=c%253Ad/f.parquet", Location("p=c%3Ad/f.parquet", "", "p=c%253Ad/f.parquet")),
        ("p=50%/f.parquet", Location("p=50%/f.parquet")),
        ("p=%C3%A4/f.parquet", Location("p=ä/f.parquet", "", "p=%C3%A4/f.parquet")),
        ("p=%FF/f.parquet", Location("p=%FF/f.parquet")),
        ("p=12:30/f.parquet", Location("p=12:30/f.parquet")),
        ("a//b/./f.parquet", Location("a/b/f.parquet")),
        ("s3://other/x/f%20g.parquet", Location("x/f g.parquet", "s3://other", "x/f%20g.parquet")),
        ("s3a://bucket/lake/posts/f.parquet", Location("f.parquet")),
        (
            "s3://bucket/lake/postscript/f.parquet",
            Location("lake/postscript/f.parquet", "s3://bucket"),
        ),
        ("file:///lake/f.parquet", Location("lake/f.parquet", "file://")),
        ("/lake/elsewhere/f.parquet", Location("lake/elsewhere/f.parquet", "s3://bucket")),
        ("../pages/f.parquet", Location("lake/pages/f.parquet", "s3://bucket")),
        ("../posts/f.parquet", Location("f.parquet")),
    ],
)
def test_paths_are_decoded_and_placed(path: str, location: Location) -> None:
    assert data_path(path, S3) == location


def test_one_file_has_one_key_in_every_spelling() -> None:
    spellings = (
        "p=a%20b/f.parquet",
        "p=a b/f.parquet",
        "file:/lake/my%20table/p=a%20b/f.parquet",
        "file:///lake/my%20table/p=a%20b/f.parquet",
        "/lake/my%20table/p=a%20b/f.parquet",
    )
    assert {data_path(path, LOCAL).key for path in spellings} == {"p=a b/f.parquet"}


def test_the_same_path_in_another_store_is_another_file() -> None:
    assert data_path("s3://other/lake/posts/f", S3).key == "s3://other/lake/posts/f"
    assert data_path("f", S3).key == "f"
