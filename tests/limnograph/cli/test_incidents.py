"""`limnograph incidents`: listed, shown, acknowledged, snoozed, and what was told of them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.core import Severity
from limnograph.store import open_store
from tests.limnograph.cli.conftest import Command
from tests.limnograph.store.judgements import FAIL, PASS, WARN, check, judge
from tests.limnograph.store.samples import LABELS

pytestmark = pytest.mark.wide

CONFIG = "store: sqlite:///limnograph.db\ntables: []\n"
URL = "sqlite:///limnograph.db"
START = datetime.now(UTC) - timedelta(hours=10)


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with three incidents: critical, of less weight, and resolved."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "ana")
    (tmp_path / "limnograph.yaml").write_text(CONFIG)
    labels = check("nulls", LABELS, severity=Severity.INFO, owner="ml", tags=("silver",))
    with open_store(URL) as store:
        judge(store, PASS, at=hour(0))
        judge(store, FAIL, at=hour(1))
        judge(store, WARN.of_slice("de"), of=labels, at=hour(2))
        judge(store, FAIL, of=check("over"), at=hour(0))
        judge(store, PASS, of=check("over"), at=hour(3))
    return tmp_path


def ids(**only: Any) -> list[str]:
    with open_store(URL) as store:
        every = store.incidents(open_only=False)
        return [o.id for o in every if all(getattr(o, k) == v for k, v in only.items())]


def listed(command: Command, *arguments: str) -> list[str]:
    ended = command("incidents", "list", "-o", "json", *arguments)
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out)
    assert document["schema_version"] == 1
    return [one["check"] for one in document["incidents"]]


def test_open_incidents_are_listed_the_worst_first(folder: Path, command: Command) -> None:
    ended = command("incidents", "list", "--wide")
    assert ended.code == 0
    lines = ended.out.splitlines()
    (critical,) = ids(check_id="posts-a-day")
    assert lines[2].split()[:3] == [critical[:8], "critical", "main.bronze.posts/posts-a-day"]
    assert FAIL.reason in lines[2]
    assert "main.bronze.labels/nulls [de]" in lines[3]
    assert lines[-1] == "2 incidents"


def test_nothing_open_is_said_in_words(folder: Path, command: Command) -> None:
    assert command("incidents", "list", "--only", "no.such").out == "0 incidents\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["posts-a-day", "nulls"]),
        (("--all",), ["posts-a-day", "nulls", "over"]),
        (("--since", "8h"), ["posts-a-day", "nulls", "over"]),
        (("--since", "1h"), ["posts-a-day", "nulls"]),
        (("--only", "owner:ml"), ["nulls"]),
        (("--only", "tag:go*"), ["posts-a-day"]),
        (("--only", "severity:info"), ["nulls"]),
        (("--only", "*.bronze.*", "--only", "owner:ml"), ["posts-a-day", "nulls"]),
        (("--exclude", "table:*.posts"), ["nulls"]),
        (("--severity", "warning"), ["posts-a-day"]),
    ],
)
def test_a_list_is_narrowed(
    folder: Path, command: Command, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert listed(command, *arguments) == expected


def test_one_incident_is_shown_with_its_past_and_its_messages(
    folder: Path, command: Command
) -> None:
    (over,) = ids(check_id="over")
    ended = command("incidents", "show", over[:6])
    assert ended.code == 0
    for text in (over, "main.bronze.posts/over", FAIL.reason, PASS.reason, "opened", "slack"):
        assert text in ended.out
    document = json.loads(command("incidents", "show", over, "-o", "json").out)
    assert document["incident"]["id"] == over
    assert [one["status"] for one in document["verdicts"]] == ["fail", "pass"]
    assert [(one["change"], one["state"]) for one in document["messages"]] == [
        ("opened", "waiting"),
        ("resolved", "waiting"),
    ]


def test_an_incident_is_acknowledged_and_that_is_taken_back(folder: Path, command: Command) -> None:
    (one,) = ids(check_id="posts-a-day")
    ended = command("incidents", "ack", one[:8], "--note", "on it")
    assert (ended.code, ended.out) == (
        0,
        f"{one} main.bronze.posts/posts-a-day: acknowledged by ana\n",
    )
    assert "acknowledged by ana" in command("incidents", "list", "--wide").out
    assert "on it" in command("incidents", "show", one).out
    assert command("incidents", "ack", one, "--by", "ben").out.endswith("by ben\n")
    assert command("incidents", "unack", one).code == 0
    assert "acknowledged" not in command("incidents", "list", "--wide").out


def test_an_incident_is_snoozed_and_woken(folder: Path, command: Command) -> None:
    (one,) = ids(check_id="posts-a-day")
    ended = command("incidents", "snooze", one, "--for", "4h", "--note", "repair")
    assert ended.code == 0
    assert "snoozed until" in ended.out
    document = json.loads(command("incidents", "show", one, "-o", "json").out)["incident"]
    assert (document["state"], document["snoozed_by"]) == ("snoozed", "ana")
    until = datetime.fromisoformat(document["snoozed_until"])
    assert timedelta(hours=3.9) < until - datetime.now(UTC) <= timedelta(hours=4)
    assert command("incidents", "unsnooze", one).code == 0
    document = json.loads(command("incidents", "show", one, "-o", "json").out)["incident"]
    assert document["state"] == "open"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "ffff0000ffff"), "there is no incident 'ffff0000ffff'"),
        (("ack", "x"), "'x' is no incident's id"),
        (("snooze", "%%%%", "--for", "4h"), "'%%%%' is no incident's id"),
        (("snooze", "abcd", "--for", "soon"), "'soon' is not a duration"),
        (("list", "--since", "yesterday"), "'yesterday' is not a duration"),
        (("list", "--severity", "dire"), "dire"),
    ],
)
def test_nonsense_is_a_usage_error_with_its_mend(
    folder: Path, command: Command, arguments: tuple[str, ...], told: str
) -> None:
    ended = command("incidents", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert told in " ".join(ended.err.split())


def test_what_is_resolved_cannot_be_acknowledged(folder: Path, command: Command) -> None:
    (over,) = ids(check_id="over")
    ended = command("incidents", "ack", over)
    assert ended.code == 2
    assert f"incident {over} is resolved" in " ".join(ended.err.split())


def test_text_from_outside_cannot_drive_the_terminal(folder: Path, command: Command) -> None:
    with open_store(URL) as store:
        evil = FAIL.of_slice("\x1b[31m")
        judge(store, evil, of=check("evil", owner="\x1b]0;x\x07"), at=hour(5))
    (one,) = ids(check_id="evil")
    for arguments in (("list", "--wide"), ("show", one)):
        assert "\x1b" not in command("incidents", *arguments).out


def test_a_store_without_checks_has_no_incidents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "limnograph.yaml").write_text(CONFIG)
    assert command("incidents", "list").out == "0 incidents\n"
