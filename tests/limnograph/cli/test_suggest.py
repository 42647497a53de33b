"""`limnograph suggest` on real tables and real configurations."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from limnograph import settings
from tests.limnograph.cli.conftest import Command
from tests.limnograph.suggesting.tables import numbered, written

pytestmark = pytest.mark.wide

CONFIG = """\
# What we watch.  Ask #data before you change it.
store:   sqlite:///limnograph.db   # local
tables:

  - name: main.bronze.posts        # the first one
    uri:  "./lake/posts"

  - {name: main.bronze.broken, uri: ./lake/broken}
  - {name: main.bronze.empty, uri: ./lake/empty}
run: {workers: 3}     # how
"""


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a table in ./lake/posts and a configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake" / "broken").mkdir(parents=True)
    commits = numbered(
        10, 40, lang=lambda n, _: ("de", "en")[n % 2], mail=lambda n, _: f"u{n}@example.org"
    )
    written(tmp_path / "lake" / "posts", commits)
    empty = pa.table({"id": pa.array([], pa.int64())})
    write_deltalake(str(tmp_path / "lake" / "empty"), empty)
    (tmp_path / "limnograph.yaml").write_text(CONFIG)
    return tmp_path


def file(folder: Path) -> str:
    return (folder / "limnograph.yaml").read_bytes().decode()


@pytest.mark.slow
def test_what_is_suggested_is_written_once_and_all_else_stays(lake: Path, command: Command) -> None:
    shown = command("suggest", "main.bronze.posts", "--write", "--dry-run")
    assert shown.code == 0
    assert "+      - type: unique\n+        id: id-unique\n" in shown.out
    assert file(lake) == CONFIG
    ended = command("suggest", "main.bronze.posts", "--write", "--yes")
    assert ended.code == 0
    assert ended.out.startswith("limnograph.yaml: main.bronze.posts: ")
    assert "  id-unique\n" in ended.out
    before, after = CONFIG.split("\n  - {name: main.bronze.broken")
    assert file(lake).startswith(f"{before}    checks:\n      # ")
    assert file(lake).endswith(f"\n\n  - {{name: main.bronze.broken{after}")
    checks = settings.load(Path("limnograph.yaml")).tables[0].checks
    assert {"schema", "id-unique", "lang-values", "mail-email"} <= {one.id for one in checks}
    once = file(lake)
    again = command("suggest", "main.bronze.posts", "--write", "--yes")
    assert (again.code, again.out) == (0, "")
    assert "main.bronze.posts: 0 checks, from 400 of 400 rows" in again.err
    assert file(lake) == once
    assert not (lake / "limnograph.db").exists()


@pytest.mark.slow
def test_a_folder_needs_no_configuration(lake: Path, command: Command) -> None:
    (lake / "limnograph.yaml").unlink()
    ended = command("suggest", "lake/posts", "--rows", "200", "--output", "json")
    assert ended.code == 0
    document = json.loads(ended.out)
    assert (document["schema_version"], document["table"]) == (1, "lake.posts")
    assert document["sample"] == {"rows": 200, "of_rows": 400, "files": 10, "of_files": 10}
    assert (document["held_out"]["from_version"], document["held_out"]["commits"]) == (8, 2)
    assert (document["file"], document["written"], document["diff"]) == (None, False, "")
    first = next(one for one in document["checks"] if one["check"]["id"] == "lang-values")
    assert first["check"] == {
        "type": "expect_column_values_to_be_in_set",
        "id": "lang-values",
        "severity": "warning",
        "column": "lang",
        "value_set": ["de", "en"],
    }
    assert first["alarms"]["failed"] == 0
    assert "example.org" not in ended.out + ended.err
    assert "lake.posts: reading up to 200 of 400 rows in 10 files" in ended.err


def test_a_name_that_no_table_has_asks_for_the_one_that_was_meant(
    lake: Path, command: Command
) -> None:
    ended = command("suggest", "main.bronze.post")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "limnograph.yaml: there is no table 'main.bronze.post'; did you mean 'main.bronze.posts'?\n"
    )


def test_a_name_without_a_configuration_is_an_error(lake: Path, command: Command) -> None:
    (lake / "limnograph.yaml").unlink()
    ended = command("suggest", "main.bronze.posts")
    assert ended.code == 2
    assert "limnograph.yaml: does not exist" in ended.err


def test_a_configuration_that_was_named_must_be_there(lake: Path, command: Command) -> None:
    ended = command("suggest", "lake/posts", "-c", "other.yaml")
    assert ended.code == 2
    assert "other.yaml: does not exist" in ended.err


def test_a_table_that_the_file_lacks_is_not_written(lake: Path, command: Command) -> None:
    (lake / "limnograph.yaml").write_text("store: sqlite:///s.db\ntables: []\n")
    ended = command("suggest", "lake/posts", "--write")
    assert ended.code == 2
    assert "`limnograph add lake/posts` puts it into one" in " ".join(ended.err.split())


@pytest.mark.parametrize("name", ["main.bronze.broken", "main.bronze.empty"])
def test_a_table_that_cannot_be_read_or_is_empty_is_told(
    lake: Path, command: Command, name: str
) -> None:
    ended = command("suggest", name, "--write")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.splitlines()[0] == f"{name}: reading its log"
    assert ended.err.splitlines()[-1].startswith("limnograph: ")
    assert file(lake) == CONFIG


def test_a_time_that_is_none_is_refused(lake: Path, command: Command) -> None:
    for text in ("yesterday", "v12"):
        ended = command("suggest", "main.bronze.posts", "--since", text)
        assert (ended.code, ended.out) == (2, "")
        assert "--since" in ended.err
