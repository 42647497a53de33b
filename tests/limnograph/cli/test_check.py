"""`limnograph check` on two real tables and one that is none."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from limnograph.store import open_store
from tests.limnograph.cli.conftest import Command

HEAD = """\
store: sqlite:///limnograph.db
alerts: {channels: {team: {type: webhook, url: "http://127.0.0.1:9/", allow_private: true}}}
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


def test_a_github_job_shows_what_does_not_pass(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    configured(folder, POSTS)
    errors = command("check", "run").err.splitlines()
    assert errors[-1].startswith("::error title=main.bronze.posts/many%3A fail::")


def test_silent_tells_nobody_and_keeps_the_incident(folder: Path, command: Command) -> None:
    configured(folder, POSTS)
    command("check", "run", "--silent")
    with open_store(f"sqlite:///{folder}/limnograph.db") as store:
        assert [one.check for one in store.incidents()] == ["main.bronze.posts/many"]
        assert store.outbox() == []


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
