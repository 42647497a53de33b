"""`limnograph run`, then `limnograph report`, on real tables and a real store."""

import json
from pathlib import Path
from typing import Any

import pytest

import monitors
from exporters.report import build
from limnograph.cli.exit import Exit
from limnograph.cli.options import FailOn
from limnograph.cli.report import exit_code, shown_in_a_job
from limnograph.cli.written import annotations
from tests.exporters.test_report import LABELS, NOW, POSTS, SUMMARIES, TABLES
from tests.limnograph.cli.conftest import Command

pytestmark = pytest.mark.wide

MONITORS = len(monitors.ALL)


def troubles(text: str) -> list[tuple[str, str]]:
    document: dict[str, Any] = json.loads(text)
    return [(trouble["table"], trouble["kind"]) for trouble in document["troubles"]]


def test_a_cycle_reads_every_table_and_says_what_it_could_not(
    folder: Path, command: Command
) -> None:
    ended = command("run", "--log-level", "error")
    assert (ended.code, ended.err) == (4, "")
    first, second, *_ = ended.out.splitlines()
    assert first.startswith("3 tables in ")
    assert f": {2 * MONITORS} assessed, 0 not assessed, {MONITORS} error; " in first
    assert second.startswith("main.dim.broken: ")


def test_what_failed_is_a_line_on_stderr(folder: Path, command: Command) -> None:
    ended = command("run", "--output", "json", "--log-format", "json")
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert {(line["table"], line["level"]) for line in lines} == {("main.dim.broken", "warning")}
    document = json.loads(ended.out)
    assert document["readings"] == {
        "assessed": 2 * MONITORS,
        "not_assessed": 0,
        "error": MONITORS,
    }
    assert {problem["table"] for problem in document["problems"]} == {"main.dim.broken"}


def test_a_cycle_over_some_tables(folder: Path, command: Command) -> None:
    ended = command("run", "--only", "tag:bronze", "--only", "owner:se*", "--exclude", "*.dim.*")
    assert (ended.code, ended.out.split()[:2]) == (0, ["2", "tables"])
    assert command("run", "--only", "nobody").code == 2
    # The tables that were left out are still on the roster.
    assert json.loads(command("report", "-o", "json").out)["summary"]["tables"] == 3


def test_a_table_that_cannot_be_read_makes_the_report_4(folder: Path, command: Command) -> None:
    command("run")
    ended = command("report", "--output", "json")
    assert (ended.code, ended.err) == (4, "")
    assert troubles(ended.out) == [("main.dim.broken", "unreadable")]
    summary = json.loads(ended.out)["summary"]
    checks = {"fail": 0, "error": 0, "warn": 0, "not_assessed": 0, "pass": 0}
    counts = {"tables": 3, "readable": 2, "late": 0, "trouble": 1, "not_assessed": 2}
    assert summary == {**counts, "checks": checks}


def test_a_report_needs_no_lake(folder: Path, command: Command) -> None:
    command("run")
    before = json.loads(command("report", "-o", "json").out)
    (folder / "lake").rename(folder / "gone")
    after = json.loads(command("report", "-o", "json").out)
    assert [t["rows"] for t in before["tables"]] == [t["rows"] for t in after["tables"]]
    assert [(t["table"], t["rows"]) for t in after["tables"]] == [
        ("main.bronze.posts", 4),
        ("main.dim.broken", None),
        ("main.gold.labels", 6),
    ]


def test_a_report_before_any_cycle_knows_nothing_and_says_so(
    folder: Path, command: Command
) -> None:
    ended = command("report", "-o", "json")
    document = json.loads(ended.out)
    assert ended.code == 0
    assert document["data_as_of"] is None
    assert {table["readable"] for table in document["tables"]} == {None}
    assert {table["today"]["inserted"] for table in document["tables"]} == {None}
    assert document["summary"]["not_assessed"] == 3


def test_strict_is_3_when_something_is_not_assessed(folder: Path, command: Command) -> None:
    command("run", "--exclude", "*.broken")
    assert command("report", "--exclude", "*.broken").code == 0
    assert command("report", "--exclude", "*.broken", "--strict").code == 3
    command("run")
    assert command("report", "--strict").code == 4


def test_a_report_in_several_forms_at_once(folder: Path, command: Command) -> None:
    command("run")
    ended = command(
        *("report", "-o", "markdown", "--output-file", "json=report.json"),
        *("--output-file", "table=report.txt", "--output-file", "markdown=report.md"),
    )
    assert ended.out.startswith("# Lakehouse report, ")
    assert (folder / "report.md").read_text() == ended.out
    assert troubles((folder / "report.json").read_text()) == [("main.dim.broken", "unreadable")]
    assert "\nTrouble\n" in (folder / "report.txt").read_text()


def test_a_file_that_cannot_be_written_is_a_usage_error(folder: Path, command: Command) -> None:
    ended = command("report", "--output-file", "json=no/such/folder/report.json")
    assert (ended.code, ended.out) == (2, "")
    assert "cannot write no/such/folder/report.json" in ended.err


def test_quiet_says_nothing_when_all_is_well(folder: Path, command: Command) -> None:
    command("run", "--only", "*.posts")
    assert command("report", "--only", "*.posts", "--quiet").out == ""


def test_a_github_job_shows_the_troubles(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    command("run", "--log-level", "error")
    ended = command("report", "--output", "json")
    assert ended.err.startswith("::error title=main.dim.broken%3A unreadable::")
    assert json.loads(ended.out)


def test_annotations_are_one_line_each() -> None:
    assert annotations(shown_in_a_job(build(TABLES, NOW))) == [
        "::error title=main.bronze.crawls%3A unreadable::commit 812 is not JSON",
        "::error title=main.silver.labels%3A late::no data since 2026-03-05 06:30; the next commit "
        "was due by 2026-03-05 10:30 (2 h ago)",
        "::warning title=main.silver.labels%3A feed_off::the change feed was off from 3 to 9",
    ]


def test_exit_codes_of_a_report() -> None:
    assert exit_code(build(TABLES, NOW), FailOn.WARNING, strict=True) is Exit.UNREADABLE
    assert exit_code(build([POSTS, LABELS], NOW), FailOn.WARNING, strict=True) is Exit.OK
    assert exit_code(build([SUMMARIES], NOW), FailOn.WARNING, strict=False) is Exit.OK
    assert exit_code(build([SUMMARIES], NOW), FailOn.WARNING, strict=True) is Exit.STRICT


def test_a_glob_is_reported_as_it_was_found(folder: Path, command: Command) -> None:
    (folder / "limnograph.yaml").write_text(
        "store: sqlite:///limnograph.db\ntables:\n  - {glob: lake/*, owner: everyone}\n"
    )
    assert json.loads(command("report", "-o", "json").out)["tables"] == []
    command("run")
    tables = json.loads(command("report", "-o", "json").out)["tables"]
    assert [(t["table"], t["owner"], t["rows"]) for t in tables] == [
        ("labels", "everyone", 6),
        ("posts", "everyone", 4),
    ]


def test_a_configuration_error_names_every_problem(folder: Path, command: Command) -> None:
    (folder / "limnograph.yaml").write_text("tables:\n  - {name: a, uri: b, onwer: c, tgas: d}\n")
    for name in ("run", "report", "serve"):
        ended = command(name)
        assert (ended.code, ended.out) == (2, "")
        assert [line.partition(": ")[0] for line in ended.err.splitlines()] == [
            "limnograph.yaml:2:23",
            "limnograph.yaml:2:33",
        ]
