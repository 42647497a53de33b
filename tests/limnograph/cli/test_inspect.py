"""`limnograph inspect` on real tables."""

import json
from pathlib import Path

import pytest

from tests.limnograph.cli.conftest import Command


def test_a_table_for_a_person(folder: Path, command: Command) -> None:
    ended = command("inspect", "lake/posts", "--by", "commit")
    assert (ended.code, ended.err) == (0, "")
    lines = [line.split() for line in ended.out.splitlines()]
    assert lines[0] == ["lake/posts"]
    assert ["rows", "4"] in lines
    assert ["version", "1"] in lines
    added = [(line[0], line[4], line[7]) for line in lines if line[3:4] == ["WRITE"]]
    assert added == [("0", "3", "+3"), ("1", "1", "+1")]


def test_a_table_as_json(folder: Path, command: Command) -> None:
    ended = command("inspect", "lake/posts", "-o", "json")
    document = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert list(document)[:7] == [
        *("schema_version", "uri", "version", "rows", "files", "size_bytes", "last_commit")
    ]
    assert (document["version"], document["rows"], document["problems"]) == (1, 4, [])
    assert "commits" not in document


@pytest.mark.parametrize(
    "arguments",
    [
        ("--by", "commit", "--last", "1", "-o", "json", "lake/posts"),
        ("lake/posts", "--by", "commit", "--last", "1", "-o", "json"),
        ("lake/posts", "--last", "1", "-o", "json"),
        ("--by", "commit", "lake/posts", "--last", "1", "--log-only", "--output", "json"),
    ],
)
def test_options_stand_before_or_after_the_uri(
    arguments: tuple[str, ...], folder: Path, command: Command
) -> None:
    commits = json.loads(command("inspect", *arguments).out)["commits"]
    assert [(commit["version"], commit["inserted"]) for commit in commits] == [(1, 1)]


@pytest.mark.parametrize("grain", ["hour", "day"])
def test_buckets_as_json(grain: str, folder: Path, command: Command) -> None:
    buckets = json.loads(command("inspect", "lake/posts", "--by", grain, "-o", "json").out)[
        "buckets"
    ]
    assert sum(bucket["inserted"] for bucket in buckets) == 4


def test_a_batch_plan_on_request(folder: Path, command: Command) -> None:
    ended = command("inspect", "lake/posts", "--batch-gib", "2")
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    (pandas,) = [line for line in lines if line.startswith("in pandas about")]
    assert "1 batch of at most 2 GiB" in pandas
    plan = json.loads(command("inspect", "lake/posts", "--batch-gib", "2", "-o", "json").out)
    assert plan["health"]["batch_plan"]["pandas"]["batches"] == 1
    without = command("inspect", "lake/posts", "--batch-gib", "2", "--log-only")
    assert without.code == 0
    assert "not assessed batch plan:" in " ".join(without.out.split())
    assert command("inspect", "lake/posts", "--batch-gib", "0").code == 2


@pytest.mark.parametrize("name", ["a%20b", "x:y", "with blank", "umlaut-ä", "a#b?c"])
def test_a_local_path_is_taken_literally(name: str, folder: Path, command: Command) -> None:
    (folder / "lake" / "posts").rename(folder / name)
    ended = command("inspect", name, "--output", "json")
    assert (ended.code, json.loads(ended.out)["rows"]) == (0, 4)
    assert json.loads(ended.out)["uri"] == name


@pytest.mark.parametrize("uri", ["lake/broken", "lake/nothing"])
def test_what_cannot_be_read_is_4_with_its_problems_on_stdout(
    uri: str, folder: Path, command: Command
) -> None:
    ended = command("inspect", uri, "--output", "json")
    document = json.loads(ended.out)
    assert ended.code == 4
    assert (document["version"], document["rows"]) == (None, None)
    (problem,) = document["problems"]
    assert (problem["what"], problem["state"]) == ("table", "error")
    assert problem["reason"]
    assert problem["mend"]
    shown = command("inspect", uri)
    assert (shown.code, shown.out.splitlines()[1].split()[:2]) == (4, ["error", "table:"])


def test_a_secret_is_a_reference_and_never_shown(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_SECRET", "hunter2hunter2")
    ended = command(
        *("inspect", "lake/posts", "-o", "json"),
        *("--storage-option", "AWS_SECRET_ACCESS_KEY=env:THE_SECRET"),
    )
    assert "hunter2" not in ended.out + ended.err
    missing = command("inspect", "lake/posts", "--storage-option", "KEY=env:NOT_SET")
    assert (missing.code, missing.out) == (2, "")
    assert "NOT_SET" in missing.err
    wrong = command("inspect", "lake/posts", "--storage-option", "hunter2hunter2")
    assert wrong.code == 2
    assert "hunter2" not in wrong.err


def test_options_come_from_the_environment(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNOGRAPH_INSPECT_OUTPUT", "json")
    monkeypatch.setenv("LIMNOGRAPH_INSPECT_BY", "commit")
    monkeypatch.setenv("LIMNOGRAPH_INSPECT_LAST", "1")
    assert len(json.loads(command("inspect", "lake/posts").out)["commits"]) == 1
