"""`limnograph add` on real tables and real configurations."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from limnograph import settings
from monitors.freshness import Config
from tests.limnograph.cli.conftest import Command
from tests.limnograph.cli.written_history import hourly

pytestmark = pytest.mark.wide

CONFIG = """\
# What we watch.  Ask #data before you change it.

store:   sqlite:///limnograph.db   # local
defaults: &all
    owner:  'data platform'        # quotes as they were
    schedule: 1h
    tags: [a,   b]


tables:

    # bronze: as it comes
    -   name: main.bronze.old      # the first one
        uri:  "./lake/old"
        # monitors: {}             # not yet

    # silver: to come

# The end.
run: {workers: 3}     # how
"""
ADDED = """\
    -   name: lake.posts
        uri: ./lake/posts
        # Changes about every 1h: learned from 6 commits that changed data.
        schedule: 15m
        monitors:
          freshness:
            # Newest created_at lies 10m before the commit (median of the newest 6).
            event_time: created_at
        # due time: commits in 6 hours so far; when it is late is known after 10 hours with commits
        #   over two weeks.
        # rows: the log alone counts all of the newest 6 commits exactly; the change feed is off,
        #   and is not needed for them.
        # key: id (its name, and it is not null); not verified. No setting uses a key yet.
"""


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with an hourly table in ./lake/posts and a configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake").mkdir()
    hourly(tmp_path / "lake" / "posts")
    (tmp_path / "limnograph.yaml").write_text(CONFIG)
    return tmp_path


def file(folder: Path) -> str:
    return (folder / "limnograph.yaml").read_bytes().decode()


def event_time(path: str = "limnograph.yaml") -> dict[str, str | None]:
    found = {}
    for table in settings.roster(settings.load(Path(path))).tables:
        config = table.monitors["freshness"]
        assert isinstance(config, Config)
        found[table.name] = config.event_time
    return found


def test_a_table_is_added_and_all_else_stays_byte_for_byte(lake: Path, command: Command) -> None:
    ended = command("add", "lake/posts")
    assert (ended.code, ended.err) == (0, "")
    before, after = CONFIG.split("\n    # silver")
    assert file(lake) == f"{before}{ADDED}\n    # silver{after}"
    assert ended.out.splitlines()[:2] == ["limnograph.yaml:16: lake.posts", "  schedule: 15m"]
    assert event_time() == {"main.bronze.old": None, "lake.posts": "created_at"}
    assert command("config", "check").code == 0


def test_windows_line_ends_and_a_byte_order_mark_stay(lake: Path, command: Command) -> None:
    content = b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode()
    (lake / "limnograph.yaml").write_bytes(content)
    assert command("add", "lake/posts").code == 0
    after = (lake / "limnograph.yaml").read_bytes()
    assert after.replace(ADDED.replace("\n", "\r\n").encode(), b"", 1) == content
    assert after.startswith(b"\xef\xbb\xbf# What")


def test_a_dry_run_shows_the_change_and_makes_none(lake: Path, command: Command) -> None:
    ended = command("add", "lake/posts", "--dry-run")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[:2] == ["--- limnograph.yaml", "+++ limnograph.yaml"]
    added = [line[1:] for line in lines[2:] if line.startswith("+")]
    assert added == ADDED.splitlines()
    assert file(lake) == CONFIG


def test_once_more_finds_nothing_missing(lake: Path, command: Command) -> None:
    command("add", "lake/posts", "--name", "main.bronze.posts")
    before = file(lake)
    again = command("add", "./lake/../lake/posts")
    assert (again.code, file(lake)) == (0, before)
    assert again.err == "limnograph.yaml:16:9: main.bronze.posts is already there\n"
    assert again.out.startswith("limnograph.yaml:16:9: main.bronze.posts: nothing is missing\n")


def test_only_what_is_missing_is_added_to_a_stanza(lake: Path, command: Command) -> None:
    text = CONFIG.replace("./lake/old", "./lake/posts").replace(
        "# the first one", "\n        schedule: 5m"
    )
    (lake / "limnograph.yaml").write_text(text)
    ended = command("add", "lake/posts", "-o", "json")
    document = json.loads(ended.out)
    assert (document["status"], document["name"], document["written"]) == (
        *("declared", "main.bronze.old"),
        True,
    )
    assert [(s["path"], s["value"]) for s in document["settings"]] == [
        ("monitors.freshness.event_time", "created_at")
    ]
    lines = "        # monitors: {}             # not yet\n"
    assert file(lake) == text.replace(
        lines,
        lines + "        monitors:\n          freshness:\n"
        "            # Newest created_at lies 10m before the commit (median of the newest 6).\n"
        "            event_time: created_at\n",
    )


def test_a_table_of_a_glob_keeps_its_name_and_what_the_glob_says(
    lake: Path, command: Command
) -> None:
    text = "tables:\n  - glob: lake/*\n    owner: me\n    monitors: {ingestion: false}\n"
    (lake / "limnograph.yaml").write_text(text)
    ended = command("add", "lake/posts")
    assert ended.code == 0
    assert ended.err == f"limnograph.yaml:2:5: {lake}/lake/* already finds posts\n"
    (table,) = settings.roster(settings.load(Path("limnograph.yaml"))).tables
    assert (table.name, table.owner, "ingestion" in table.monitors) == ("posts", "me", False)
    assert event_time() == {"posts": "created_at"}


def test_a_glob_that_says_enough_stays_alone(lake: Path, command: Command) -> None:
    text = "tables:\n  - glob: lake/*\n    monitors: {freshness: {event_time: created_at}}\n"
    (lake / "limnograph.yaml").write_text(text)
    ended = command("add", "lake/posts")
    assert (ended.code, file(lake)) == (0, text)
    assert "posts: nothing is missing" in ended.out


@pytest.mark.parametrize(
    "text", ["tables: []\n", "tables:\n", "# nothing yet\n", "", "store: sqlite:///x.db\n"]
)
def test_the_first_table_of_a_file(text: str, lake: Path, command: Command) -> None:
    (lake / "limnograph.yaml").write_text(text)
    assert command("add", "lake/posts", "--name", "posts").code == 0
    assert event_time() == {"posts": "created_at"}


def test_braces_and_anchors(lake: Path, command: Command) -> None:
    text = (
        "tables: [\n  &base {name: a, uri: lake/a, tags: &t [x]},  # one\n"
        "  {<<: *base, name: b, uri: lake/b, tags: *t},\n]\n"
    )
    (lake / "limnograph.yaml").write_text(text)
    assert command("add", "lake/posts").code == 0
    assert file(lake).startswith(text.removesuffix("]\n"))
    assert file(lake).endswith(
        "  {name: lake.posts, uri: ./lake/posts, "
        "monitors: {freshness: {event_time: created_at}}},\n]\n"
    )


def test_what_two_stanzas_share_is_not_changed_for_one(lake: Path, command: Command) -> None:
    text = (
        "defaults: {schedule: 5m}\ntables:\n  - name: a\n    uri: lake/posts\n"
        "    monitors: &m\n      ingestion: true\n"
        "  - {name: b, uri: lake/b, monitors: *m}\n"
    )
    (lake / "limnograph.yaml").write_text(text)
    ended = command("add", "lake/posts")
    assert (ended.code, file(lake)) == (2, text)
    assert "limnograph.yaml: cannot be edited in place: " in ended.err
    assert "event_time: created_at" in ended.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables:\n\t- name: a\n", "limnograph.yaml:2:1: not YAML: found character that cannot"),
        ("tables:\n  - nam: a\n    uri: x\n", "limnograph.yaml:2:5: tables[0].nam: unknown field"),
        ("tables: text\n", "limnograph.yaml:1:1: tables: expected a list, got text"),
        ("- a\n", "limnograph.yaml:1:1: "),
    ],
)
def test_a_file_with_problems_is_2_with_their_places(
    text: str, message: str, lake: Path, command: Command
) -> None:
    (lake / "limnograph.yaml").write_text(text)
    ended = command("add", "lake/posts")
    assert (ended.code, ended.out, file(lake)) == (2, "", text)
    assert ended.err.startswith(message)


def test_a_missing_file_is_2_and_init_is_the_mend(lake: Path, command: Command) -> None:
    ended = command("add", "lake/posts", "-c", "other.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("other.yaml: does not exist; `limnograph init` writes one")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--name", "main.bronze.old"), "limnograph.yaml:13:9"),
        (("--name", "a..b"), "'a..b' is not a table's name"),
        (("--storage-option", "aws_secret_access_key=hunter2"), "a secret must be a reference"),
        (("--storage-option", "aws_token=env:NOT_SET_HERE"), "NOT_SET_HERE"),
    ],
)
def test_wrong_usage_is_2_and_nothing_is_written(
    arguments: tuple[str, ...], message: str, lake: Path, command: Command
) -> None:
    ended = command("add", "lake/posts", *arguments)
    assert (ended.code, ended.out, file(lake)) == (2, "", CONFIG)
    assert message in ended.err
    assert "hunter2" not in ended.err


def test_a_table_that_cannot_be_read_is_4_and_nothing_is_written(
    lake: Path, command: Command
) -> None:
    (lake / "lake/broken").mkdir()
    ended = command("add", "lake/broken")
    assert (ended.code, ended.out, file(lake)) == (4, "", CONFIG)
    assert "is not a Delta table: it has no _delta_log; check the URI" in ended.err


def test_a_young_table_gets_no_schedule_and_is_told_why(lake: Path, command: Command) -> None:
    write_deltalake(str(lake / "lake/young"), pa.table({"name": ["x"]}))
    ended = command("add", "lake/young", "-o", "json")
    document = json.loads(ended.out)
    assert (document["settings"], document["written"]) == ([], True)
    assert document["notes"][:2] == [
        "schedule: 1 commit is too few to learn from; read every 1h, as inherited.",
        "no event_time: the table has no timestamp or date column.",
    ]


def test_a_scan_tells_whether_the_key_is_one(lake: Path, command: Command) -> None:
    assert "unique in all 6 rows, by a scan" in command("add", "lake/posts", "--scan").out
    for name, rows, told in (
        ("twice", [1, 1, 2], "NOT unique: a scan found 2 values in 3 rows"),
        ("null", [1, None], "NOT a key: a scan found 1 of 2 rows without a value"),
    ):
        write_deltalake(str(lake / "lake" / name), pa.table({"id": rows}))
        assert told in command("add", f"lake/{name}", "--scan").out


def test_defaults_of_the_file_hold_for_the_proposal(lake: Path, command: Command) -> None:
    (lake / "limnograph.yaml").write_text(
        "defaults:\n  time_zone: Asia/Tokyo\n  monitors: {freshness: {event_time: created_at}}\n"
        "tables: []\n"
    )
    document = json.loads(command("add", "lake/posts", "-o", "json").out)
    assert document["settings"] == []
    assert "schedule: read every 15m, as inherited, which fits." in document["notes"]


def test_a_monitor_that_is_off_stays_off(lake: Path, command: Command) -> None:
    (lake / "limnograph.yaml").write_text(
        "defaults: {schedule: 5m, monitors: {freshness: false}}\ntables: []\n"
    )
    document = json.loads(command("add", "lake/posts", "-o", "json").out)
    assert [setting["path"] for setting in document["settings"]] == ["schedule"]
