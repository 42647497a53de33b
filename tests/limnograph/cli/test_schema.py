"""`limnograph schema`, from the log and from the store."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.limnograph.cli.conftest import Command
from tests.monitors.delta.test_definitions import PROTOCOL, info, metadata, write

NAME = "main.bronze.posts"


@pytest.fixture
def evolved(folder: Path) -> Path:
    """The posts with two more changes: version 2 adds a column, 3 sets a property."""
    posts = folder / "lake" / "posts"
    wider = pa.table({"id": [7], "home": [{"city": "Ulm", "zip": 89073}]})
    write_deltalake(posts, wider, mode="append", schema_mode="merge")
    DeltaTable(posts).alter.set_table_properties({"delta.appendOnly": "true"})
    return folder


def columns(text: str) -> list[str]:
    return [".".join(column["path"]) for column in json.loads(text)["columns"]]


def history(text: str) -> list[tuple[int, list[str]]]:
    return [
        (entry["version"], [change["message"] for change in entry["changes"]])
        for entry in json.loads(text)["history"]
    ]


HISTORY: list[tuple[int, list[str]]] = [
    (0, []),
    (2, ["column home (struct<city: string, zip: long>) added"]),
    (3, ["property delta.appendOnly set to true", "feature appendOnly added"]),
]


def test_a_path_is_read_from_its_log_without_a_configuration(
    evolved: Path, command: Command
) -> None:
    (evolved / "limnograph.yaml").unlink()
    ended = command("schema", "lake/posts", "--history", "-o", "json")
    document: dict[str, Any] = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert list(document)[:5] == ["schema_version", "table", "uri", "source", "version"]
    assert (document["source"], document["version"], document["table"]) == ("log", 3, None)
    assert columns(ended.out) == ["id", "home", "home.city", "home.zip"]
    assert document["properties"] == {"delta.appendOnly": "true"}
    assert history(ended.out) == HISTORY


def test_a_name_is_answered_from_the_store_even_when_the_table_is_gone(
    evolved: Path, command: Command
) -> None:
    assert command("run", "--only", NAME, "--log-level", "error").code == 0
    shutil.rmtree(evolved / "lake" / "posts")
    ended = command("schema", NAME, "--history", "-o", "json")
    document = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert (document["source"], document["table"]) == ("store", NAME)
    assert columns(ended.out) == ["id", "home", "home.city", "home.zip"]
    assert history(ended.out) == HISTORY


def test_a_table_is_shown_to_a_person(evolved: Path, command: Command) -> None:
    lines = command("schema", "./lake/posts", "--history").out.splitlines()
    assert lines[0] == "./lake/posts"
    start = lines.index("2 columns")
    assert [line.split() for line in lines[start + 3 : start + 7]] == [
        ["id", "long"],
        ["home", "struct"],
        ["├─", "city", "string"],
        ["└─", "zip", "long"],
    ]
    assert any(line.endswith("property delta.appendOnly set to true") for line in lines)


@pytest.mark.parametrize("at", ["1", "0"])
def test_the_definition_of_a_version(at: str, evolved: Path, command: Command) -> None:
    ended = command("schema", "lake/posts", "--at", at, "-o", "json", "--history")
    assert columns(ended.out) == ["id"]
    assert history(ended.out) == HISTORY[:1]


def test_the_definition_of_a_time(evolved: Path, command: Command) -> None:
    told = json.loads(command("schema", "lake/posts", "--at", "2", "-o", "json").out)
    ended = command("schema", "lake/posts", "--at", told["at"], "-o", "json")
    assert json.loads(ended.out) == told
    later = command("schema", "lake/posts", "--at", "2999-01-01", "-o", "json")
    assert json.loads(later.out)["version"] == 3


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("9", "the newest version is 3"),
        ("2001-02-03", "the oldest definition known is that of version 0"),
        ("yesterday", "neither a version nor a time"),
    ],
)
def test_a_moment_that_is_not_known_is_2(
    at: str, said: str, evolved: Path, command: Command
) -> None:
    ended = command("schema", "lake/posts", "--at", at)
    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())


def test_an_unknown_name_is_2_and_says_what_was_meant(folder: Path, command: Command) -> None:
    ended = command("schema", "main.bronze.post")
    assert (ended.code, ended.out) == (2, "")
    assert f"did you mean {NAME}?" in " ".join(ended.err.split())
    options = command("schema", NAME, "--storage-option", "a=b")
    assert options.code == 2


def test_a_table_that_was_never_read_is_4_and_says_what_to_do(
    folder: Path, command: Command
) -> None:
    ended = command("schema", NAME)
    assert ended.code == 4
    assert "run `limnograph run`" in ended.out
    gone = command("schema", "lake/broken", "-o", "json")
    assert (gone.code, json.loads(gone.out)["columns"]) == (4, None)


def test_a_definition_as_markdown(evolved: Path, command: Command) -> None:
    lines = command("schema", "lake/posts", "-o", "markdown", "--history").out.splitlines()
    assert lines[0] == "# lake/posts"
    assert "| home.zip | long |  |" in lines
    assert "| delta.appendOnly | true |" in lines
    assert any(line.endswith("set to true<br>feature appendOnly added |") for line in lines)


def test_secrets_are_asterisks_in_every_form(folder: Path, command: Command) -> None:
    lake = folder / "lake" / "secret"
    fields = ("id", "long")
    write(lake, 0, {"protocol": PROTOCOL}, metadata(fields), info("CREATE TABLE"))
    write(lake, 1, metadata(fields, **{"api.token": "hunter2hunter2"}), info("SET TBLPROPERTIES"))
    for form in ("table", "json", "markdown"):
        ended = command("schema", str(lake), "-o", form, "--history")
        assert "api.token" in ended.out
        assert "hunter2" not in ended.out
