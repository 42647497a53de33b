"""`limnograph check` on two real tables and one that is none."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from limnograph.store import open_store
from tests.limnograph.cli.conftest import Command

pytestmark = pytest.mark.wide

HEAD = """\
store: sqlite:///limnograph.db
alerts:
  channels: {team: {type: webhook, url: "http://127.0.0.1:9/", allow_private: true}}
  routes: [{to: [team]}]
tables:
"""
POSTS = """\
- name: main.bronze.posts
  uri: lake/posts
  owner: ingest
  checks:
  - {id: many, type: threshold, metric: lakehouse_table_rows, comparison: below, fail: 1000}
  - id: some
    type: threshold
    metric: lakehouse_table_rows
    comparison: below
    fail: 1
    severity: critical
  - {id: soon, type: volume, grain: day}
"""
BROKEN = """\
- name: main.dim.broken
  uri: lake/broken
  checks:
  - {id: any, type: threshold, metric: lakehouse_table_rows, comparison: below, fail: 1}
"""


NEGATIVE = "  - {id: negative, type: sql_rule, bad_rows: id < 0}\n"
WARNS = """\
- name: main.gold.labels
  uri: lake/labels
  checks:
  - {id: fewer, type: threshold, metric: lakehouse_table_rows, comparison: above, warn: 5, fail: 99}
"""
QUIET = ("--log-level", "error")


def configured(folder: Path, *tables: str, alerts: bool = False) -> None:
    head = HEAD if alerts else "store: sqlite:///limnograph.db\ntables:\n"
    (folder / "limnograph.yaml").write_text(head + "".join(tables))


def test_a_failure_is_1_and_is_told_first(folder: Path, command: Command) -> None:
    configured(folder, POSTS)
    ended = command("check", "run")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[2].startswith("fail          warning   main.bronze.posts/many")
    assert lines[-1] == "3 checks: 1 fail, 1 not assessed, 1 pass"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 1),
        (("--fail-on", "info"), 1),
        (("--fail-on", "critical"), 0),
        (("--fail-on", "never"), 0),
        (("--fail-on", "critical", "--strict"), 3),
        (("--check", "some"), 0),
        (("--check", "so*", "--strict"), 3),
        (("--table", "main.bronze.posts", "--check", "many"), 1),
        (("--check", "none"), 2),
        (("--table", "main.bronze.post"), 2),
        (("--only", "main.silver.*"), 2),
        (("--exclude", "main.bronze.*"), 2),
        (("--fail-on", "fatal"), 2),
        (("--output-file", "checks.xml"), 2),
        (("--output-file", "junit=nowhere/checks.xml"), 2),
    ],
)
def test_the_exit_code_follows_from_verdicts(
    folder: Path, command: Command, arguments: tuple[str, ...], code: int
) -> None:
    configured(folder, POSTS)
    assert command("check", "run", *arguments).code == code


def test_what_cannot_be_evaluated_is_4_and_a_failure_goes_before_it(
    folder: Path, command: Command
) -> None:
    configured(folder, POSTS, BROKEN)
    level = ("--log-level", "error")
    assert command("check", "run", "--table", "main.dim.broken", *level).code == 4
    assert command("check", "run", "--fail-on", "critical", "--strict", *level).code == 4
    assert command("check", "run", *level).code == 1
    assert command("report", "--fail-on", "critical").code == 4
    assert command("report").code == 1


def test_a_warning_is_3_only_where_one_asks_for_it(folder: Path, command: Command) -> None:
    configured(folder, WARNS)
    ended = command("check", "run")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "1 check: 1 warn")
    assert command("check", "run", "--fail-on", "info").code == 0
    assert command("check", "run", "--strict").code == 3


@pytest.mark.parametrize(
    ("tables", "arguments", "code"),
    [
        ((POSTS, WARNS, BROKEN), ("--strict",), 1),
        ((POSTS, WARNS, BROKEN), ("--strict", "--fail-on", "never"), 4),
        ((WARNS, BROKEN), ("--strict",), 4),
        ((WARNS, BROKEN), ("--fail-on", "never"), 4),
        ((WARNS,), ("--strict",), 3),
        ((WARNS,), (), 0),
    ],
)
def test_a_failure_beats_what_could_not_be_evaluated_which_beats_what_is_unsure(
    folder: Path, command: Command, tables: tuple[str, ...], arguments: tuple[str, ...], code: int
) -> None:
    configured(folder, *tables)
    assert command("check", "run", *arguments, *QUIET).code == code


@pytest.mark.parametrize(
    ("tables", "arguments", "code"),
    [
        ((), (), 4),
        ((), ("--table", "lake.dim.*"), 4),
        ((POSTS,), (), 1),
        ((WARNS,), (), 4),
        ((WARNS,), ("--strict",), 4),
    ],
)
def test_where_a_folder_cannot_be_listed_nothing_is_as_it_should_be(
    folder: Path, command: Command, tables: tuple[str, ...], arguments: tuple[str, ...], code: int
) -> None:
    (folder / "lake" / "dim").symlink_to("dim")
    glob = BROKEN.partition("\n")[2].partition("\n")[2]
    configured(folder, *tables, f"- glob: lake/dim/*\n{glob}")
    ended = command("check", "run", *arguments, *QUIET)
    assert ended.code == code
    assert "lake/dim" in ended.err


def test_the_answer_in_every_form(folder: Path, command: Command) -> None:
    configured(folder, POSTS)
    ended = command("check", "run", "-o", "json", "--output-file", "junit=checks.xml")
    document = json.loads(ended.out)
    assert document["schema_version"] == 1
    assert document["summary"] == {"fail": 1, "error": 0, "warn": 0, "not_assessed": 1, "pass": 1}
    first = document["checks"][0]
    assert (first["id"], first["status"]) == ("main.bronze.posts/many", "fail")
    assert (first["observed"], first["lower"]) == (4.0, 1000.0)
    suite = ElementTree.parse(folder / "checks.xml").getroot()
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("3", "1")
    markdown = command("check", "run", "-o", "markdown").out
    assert "| **fail** | warning | main.bronze.posts/many |" in markdown


def test_quiet_says_only_what_does_not_pass(folder: Path, command: Command) -> None:
    configured(folder, POSTS)
    assert command("check", "run", "-q", "--check", "some").out == ""
    told = command("check", "run", "-q").out
    assert "main.bronze.posts/many" in told
    assert "main.bronze.posts/some" not in told


def test_several_files_are_written_beside_the_answer(folder: Path, command: Command) -> None:
    configured(folder, POSTS, BROKEN)
    files = [("json", "a.json"), ("markdown", "a.md"), ("junit", "a.xml"), ("table", "a.txt")]
    arguments = [word for form, name in files for word in ("--output-file", f"{form}={name}")]
    ended = command("check", "run", *arguments, "-o", "junit", *QUIET)
    assert json.loads((folder / "a.json").read_text())["summary"]["error"] == 1
    assert "| **error** |" in (folder / "a.md").read_text()
    assert "\x1b[" not in (folder / "a.txt").read_text()
    suites = ElementTree.fromstring(ended.out)
    assert ended.out == (folder / "a.xml").read_text()
    told = {
        case.attrib["name"]: [part.tag for part in case]
        for suite in suites
        for case in suite.iter("testcase")
    }
    assert told == {"many": ["failure"], "some": [], "soon": ["skipped"], "any": ["error"]}


def test_a_github_job_shows_what_does_not_pass(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    configured(folder, POSTS)
    errors = command("check", "run").err.splitlines()
    assert errors[-1].startswith("::error title=main.bronze.posts/many%3A fail::")
    configured(folder, WARNS, BROKEN)
    lines = [line for line in command("check", "run", *QUIET).err.splitlines() if "::" in line]
    assert [line.partition("::")[2].partition("::")[0] for line in lines] == [
        "error title=main.dim.broken/any%3A error",
        "warning title=main.gold.labels/fewer%3A warn",
    ]


def test_nothing_is_annotated_anywhere_else(folder: Path, command: Command) -> None:
    configured(folder, POSTS)
    assert "::error" not in command("check", "run").err


def test_silent_tells_nobody_and_keeps_the_incident(folder: Path, command: Command) -> None:
    configured(folder, POSTS, alerts=True)
    assert command("check", "run", "--silent", "--strict-delivery").code == 1
    with open_store(f"sqlite:///{folder}/limnograph.db") as store:
        assert [one.check for one in store.incidents()] == ["main.bronze.posts/many"]
        assert store.outbox() == []


def test_without_silent_a_channel_that_does_not_answer_is_told_later(
    folder: Path, command: Command
) -> None:
    configured(folder, POSTS, alerts=True)
    assert command("check", "run", *QUIET).code == 1
    with open_store(f"sqlite:///{folder}/limnograph.db") as store:
        (row,) = store.outbox()
    assert (row.channel, str(row.message.change), row.state) == ("team", "summary", "waiting")
    lenient = ("--fail-on", "never", *QUIET)
    assert command("check", "run", *lenient).code == 0
    assert command("check", "run", "--strict-delivery", *lenient).code == 5


@pytest.mark.slow
def test_again_judges_every_live_row_anew(folder: Path, command: Command) -> None:
    configured(folder, POSTS.partition("  checks")[0] + "  checks:\n" + NEGATIVE)
    rows = []
    for arguments in ((), (), ("--again",)):
        ended = command("check", "run", "-o", "json", *arguments)
        (one,) = json.loads(ended.out)["checks"]
        rows.append((one["status"], one["rows"], one["again"]))
    assert rows == [("pass", 4, False), ("pass", 4, True), ("pass", 4, False)]


def test_a_file_without_checks_says_how_to_get_some(folder: Path, command: Command) -> None:
    ended = command("check", "run")
    assert ended.code == 2
    assert "limnograph suggest TABLE" in ended.err


def test_checks_are_listed_with_their_verdicts(folder: Path, command: Command) -> None:
    configured(folder, POSTS)
    assert "never judged yet" in command("check", "list", "--wide").out
    command("check", "run")
    document = json.loads(command("check", "list", "-o", "json").out)
    told = {one["check"]: [v["status"] for v in one["verdicts"]] for one in document["checks"]}
    assert told == {"many": ["fail"], "some": ["pass"], "soon": ["not_assessed"]}
    assert document["checks"][0]["fields"] == {
        "metric": "lakehouse_table_rows",
        "comparison": "below",
        "fail": 1000,
    }


def test_a_check_is_explained_before_it_runs(folder: Path, command: Command) -> None:
    rows = "  - {id: key, type: unique, columns: [id]}\n"
    configured(folder, POSTS + rows)
    document = json.loads(command("check", "explain", "main.bronze.posts/key", "-o", "json").out)
    assert document["reads"] == "every live row of version 1, as it was never judged before"
    assert document["cost"].startswith("4 rows in ")
    assert document["lake"] == "embedded"
    assert "never judged yet" in command("check", "explain", "many").out


def test_an_unknown_check_names_the_closest(folder: Path, command: Command) -> None:
    configured(folder, POSTS)
    ended = command("check", "explain", "main.bronze.posts/mny")
    assert ended.code == 2
    assert "did you mean 'main.bronze.posts/many'?" in " ".join(ended.err.split())


def test_what_was_expected_is_kept_for_the_check_to_learn_from(
    folder: Path, command: Command
) -> None:
    configured(folder, POSTS)
    ended = command(
        *("check", "expect", "main.bronze.posts/soon"),
        *("--from", "2026-11-19", "--to", "2026-11-20", "--note", "a holiday"),
    )
    assert (ended.code, ended.err) == (0, "")
    with open_store(f"sqlite:///{folder}/limnograph.db") as store:
        ((since, until),) = store.expected("table:main.bronze.posts", "soon")
    assert (f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}") == ("2026-11-19", "2026-11-21")
    refused = command("check", "expect", "soon", "--from", "2026-11-20", "--to", "2026-11-18")
    assert refused.code == 2


BUSY = """\
- name: main.bronze.visits
  uri: lake/visits
  checks:
  - {id: day, type: volume, grain: day, side: high}
"""


def visits(folder: Path, *a_day: int) -> None:
    """A log of one commit a day, the last one yesterday at noon."""
    log = folder / "lake" / "visits" / "_delta_log"
    log.mkdir(parents=True)
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    column = {"name": "id", "type": "long", "nullable": True, "metadata": {}}
    head: list[dict[str, object]] = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": "visits",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", "fields": [column]}),
                "partitionColumns": [],
                "configuration": {},
            }
        },
    ]
    for version, rows in enumerate(a_day):
        at = int((noon - timedelta(days=len(a_day) - version)).timestamp() * 1000)
        add = {
            "path": f"{version}.parquet",
            "partitionValues": {},
            "size": 100,
            "modificationTime": at,
            "dataChange": True,
            "stats": json.dumps({"numRecords": rows}),
        }
        commit = {"timestamp": at, "operation": "WRITE", "operationParameters": {"mode": "Append"}}
        actions = [{"commitInfo": commit}, *(head if version == 0 else []), {"add": add}]
        text = "".join(f"{json.dumps(action)}\n" for action in actions)
        (log / f"{version:020}.json").write_text(text)


def test_a_volume_check_learns_from_what_was_expected(folder: Path, command: Command) -> None:
    visits(folder, *(1000 + 10 * (n % 7) for n in range(60)), 9000, 9000, 9000)
    configured(folder, BUSY)

    def upper() -> float:
        (one,) = json.loads(command("check", "run", "-o", "json").out)["checks"]
        assert one["observed"] == 9000
        return float(one["upper"])

    before = upper()
    today = datetime.now(UTC)
    first, last = (f"{today - timedelta(days=days):%Y-%m-%d}" for days in (3, 2))
    span = ("--from", first, "--to", last)
    told = command("check", "expect", "day", *span, "--note", "a campaign")
    assert told.out.startswith(f"main.bronze.visits/day: expected from {first} 00:00 UTC to ")
    assert before < 9000 < upper()
    with open_store(f"sqlite:///{folder}/limnograph.db") as store:
        ((note, by),) = [(row.note, row.by) for row in store.expectations()]
    assert note == "a campaign"
    assert by
