"""Globs resolved over real folders and a real object store."""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from limnograph.settings import Roster, load, roster


def make_tables(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name / "_delta_log").mkdir(parents=True)


def roster_of(folder: Path, tables: str) -> Roster:
    file = folder / "c.yaml"
    file.write_text(f"tables:\n{tables}")
    return roster(load(file))


def places(found: Roster) -> dict[str, str]:
    return {table.name: table.uri for table in found.tables}


def messages(found: Roster, folder: Path) -> list[str]:
    return [str(problem).replace(f"{folder}/", "") for problem in found.problems]


def test_a_glob_names_tables_by_their_path_below_the_prefix(tmp_path: Path) -> None:
    make_tables(tmp_path, "lake/bronze/posts", "lake/silver/a b", "lake/top", "other/x")
    found = roster_of(tmp_path, "  - {glob: ./lake/**, owner: me, schedule: 1h}\n")
    assert places(found) == {
        "bronze.posts": f"{tmp_path}/lake/bronze/posts",
        "silver.a b": f"{tmp_path}/lake/silver/a b",
        "top": f"{tmp_path}/lake/top",
    }
    assert {(table.owner, str(table.schedule)) for table in found.tables} == {("me", "1h")}
    assert (found.problems, found.warnings, found.complete) == ((), (), True)


def test_a_glob_at_a_table_has_the_name_of_its_folder(tmp_path: Path) -> None:
    make_tables(tmp_path, "posts")
    assert places(roster_of(tmp_path, "  - {glob: ./posts/**}\n")) == {"posts": f"{tmp_path}/posts"}


def test_a_declared_table_goes_before_one_that_a_glob_finds_there(tmp_path: Path) -> None:
    make_tables(tmp_path, "lake/posts", "lake/labels")
    os.symlink(tmp_path / "lake", tmp_path / "link")
    found = roster_of(
        tmp_path, "  - {glob: ./lake/*}\n  - {name: main.posts, uri: ./link/posts, owner: me}\n"
    )
    assert [(table.name, table.owner) for table in found.tables] == [
        ("labels", ""),
        ("main.posts", "me"),
    ]
    assert found.problems == ()


def test_a_name_that_is_taken_is_a_problem_of_the_glob_only(tmp_path: Path) -> None:
    make_tables(tmp_path, "a/posts", "b/posts", "b/labels")
    found = roster_of(tmp_path, "  - {name: posts, uri: ./a/posts}\n  - {glob: ./b/*}\n")
    assert places(found) == {"posts": f"{tmp_path}/a/posts", "labels": f"{tmp_path}/b/labels"}
    assert messages(found, tmp_path) == [
        "c.yaml:3:5: tables[1].glob: finds posts at b/posts, but tables[0] has that name, at "
        "a/posts; rename one of them"
    ]
    assert found.complete


def test_folders_whose_paths_join_to_one_name_are_a_problem(tmp_path: Path) -> None:
    make_tables(tmp_path, "lake/a/b", "lake/a.b")
    found = roster_of(tmp_path, "  - {glob: ./lake/**}\n")
    assert places(found) == {"a.b": f"{tmp_path}/lake/a/b"}
    assert messages(found, tmp_path) == [
        "c.yaml:2:5: tables[0].glob: finds a.b at lake/a.b, but tables[0] has that name, at "
        "lake/a/b; rename one of them"
    ]


def test_globs_that_overlap_are_a_problem_of_the_later_one(tmp_path: Path) -> None:
    make_tables(tmp_path, "lake/a/x", "lake/b/y")
    found = roster_of(tmp_path, "  - {glob: ./lake/*/*}\n  - {glob: ./lake/a/*}\n")
    assert places(found) == {"a.x": f"{tmp_path}/lake/a/x", "b.y": f"{tmp_path}/lake/b/y"}
    assert messages(found, tmp_path) == [
        "c.yaml:3:5: tables[1].glob: also finds lake/a/x, which tables[0] finds; narrow one of them"
    ]


def test_a_glob_that_finds_nothing_is_a_warning(tmp_path: Path) -> None:
    found = roster_of(tmp_path, "  - {glob: ./lake/**}\n")
    assert (found.tables, found.problems, found.complete) == ((), (), True)
    assert [str(warning).replace(f"{tmp_path}/", "") for warning in found.warnings] == [
        "c.yaml:2:5: tables[0].glob: lake/** matches no table; a table is a folder with _delta_log"
    ]


def test_a_folder_that_cannot_be_listed_is_a_problem_of_that_glob_only(tmp_path: Path) -> None:
    make_tables(tmp_path, "lake/posts")
    long = "x" * 300
    found = roster_of(tmp_path, f"  - {{glob: ./{long}/*}}\n  - {{glob: ./lake/*}}\n")
    assert list(places(found)) == ["posts"]
    assert messages(found, tmp_path) == [
        f"c.yaml:2:5: tables[0].glob: {long} cannot be listed: File name too long; grant this "
        "process access to it"
    ]
    assert (found.warnings, found.complete) == ((), False)


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    make_tables(tmp_path, "lake/a/posts", "elsewhere/labels")
    os.symlink(tmp_path / "lake", tmp_path / "lake/a/loop")
    os.symlink(tmp_path / "elsewhere", tmp_path / "lake/b")
    os.symlink(tmp_path / "lake/a/posts", tmp_path / "lake/z")
    os.symlink(tmp_path / "nowhere", tmp_path / "lake/broken")
    found = roster_of(tmp_path, "  - {glob: ./lake/**}\n")
    assert places(found) == {
        "a.posts": f"{tmp_path}/lake/a/posts",
        "b.labels": f"{tmp_path}/lake/b/labels",
    }
    assert (found.problems, found.complete) == ((), True)


def test_links_that_lead_to_each_other_end(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / "lake" / name).mkdir(parents=True)
        os.symlink(tmp_path / "lake" / other, tmp_path / "lake" / name / other)
    assert roster_of(tmp_path, "  - {glob: ./lake/**}\n").tables == ()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 server with the bucket `lake`."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    put(f"http://{host}:{port}/lake")
    yield f"http://{host}:{port}"
    server.stop()


def put(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, data=b"{}", method="PUT")).close()


def s3_options(address: str) -> str:
    return (
        f"{{aws_endpoint_url: '{address}', aws_allow_http: true, aws_region: us-east-1, "
        "aws_access_key_id: testing, aws_secret_access_key: env:LIMNOGRAPH_TEST_KEY}"
    )


def test_an_object_store_is_listed_like_folders(
    tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNOGRAPH_TEST_KEY", "hunter2-Zx9")
    for key in ("raw/bronze/posts", "raw/silver/50% off", "raw/top", "raw/bronze/_tmp", "else/x"):
        put(f"{s3}/lake/{quote(key)}/_delta_log/00000000000000000000.json")
    put(f"{s3}/lake/raw/bronze/posts/day%3D1/_delta_log/no-table-inside-a-table.json")
    options = s3_options(s3)
    found = roster_of(
        tmp_path,
        f"  - {{glob: s3://lake/raw/**, storage_options: &s3 {options}}}\n"
        "  - {glob: 's3://lake/nothing/*', storage_options: *s3}\n"
        "  - {glob: 's3://no-such-bucket/*', storage_options: *s3}\n",
    )
    assert places(found) == {
        "bronze.posts": "s3://lake/raw/bronze/posts",
        "silver.50% off": "s3://lake/raw/silver/50%25 off",
        "top": "s3://lake/raw/top",
    }
    assert [warning.field for warning in found.warnings] == ["tables[1].glob"]
    (problem,) = found.problems
    assert problem.field == "tables[2].glob"
    assert problem.message == (
        "s3://no-such-bucket cannot be listed: there is no such bucket or container "
        "(404 NoSuchBucket); check the URI, the region and the endpoint"
    )
    assert "hunter2-Zx9" not in str(problem)
    assert not found.complete


def test_a_secret_that_is_missing_is_a_problem_of_that_glob_only(
    tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIMNOGRAPH_TEST_KEY", raising=False)
    make_tables(tmp_path, "lake/posts")
    found = roster_of(
        tmp_path,
        f"  - {{glob: s3://lake/*, storage_options: {s3_options(s3)}}}\n  - {{glob: ./lake/*}}\n",
    )
    assert list(places(found)) == ["posts"]
    assert messages(found, tmp_path) == [
        "c.yaml:2:5: tables[0].glob: secret env:LIMNOGRAPH_TEST_KEY: environment variable "
        "LIMNOGRAPH_TEST_KEY is missing or empty; set environment variable LIMNOGRAPH_TEST_KEY"
    ]
    assert not found.complete


def test_a_reason_that_holds_a_secret_is_masked_or_withheld(
    tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    glob = f"  - {{glob: s3://no-such-bucket/*, storage_options: {s3_options(s3)}}}\n"
    monkeypatch.setenv("LIMNOGRAPH_TEST_KEY", "no-such-bucket")
    (problem,) = roster_of(tmp_path, glob).problems
    assert problem.message.startswith("s3://******** cannot be listed: ")
    assert "no-such-bucket" not in problem.message
    monkeypatch.setenv("LIMNOGRAPH_TEST_KEY", "404")
    (problem,) = roster_of(tmp_path, glob).problems
    assert problem.message == "s3://no-such-bucket/* cannot be listed; the reason holds a secret"
