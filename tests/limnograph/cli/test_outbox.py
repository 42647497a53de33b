"""`limnograph alerts outbox`: what waits, what was given up, and how that is tried again."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from limnograph.cli.outbox import outbox
from limnograph.store import open_store
from tests.limnograph.store.judgements import FAIL, LEASE, PASS, check, judge, minute

URL = "sqlite:///limnograph.db"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with messages of an incident that is over and of one that is not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "limnograph.yaml").write_text(f"store: {URL}\ntables: []\n")
    with open_store(URL) as store:
        judge(store, FAIL)
        judge(store, PASS, at=minute(1))
        judge(store, FAIL, of=check("evil", owner="\x1b]0;x\x07"), at=minute(2))
    return tmp_path


def told(*arguments: str) -> str:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(outbox)
    ended = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ended.exit_code == 0
    return ended.stdout


def settled(error: str) -> None:
    """The first message given up, and its neighbour delivered."""
    with open_store(URL) as store:
        first, second = store.claim(datetime.now(UTC), LEASE, 10)
        store.failed(first.id, error, None, minute(5), first.lease)
        store.delivered(second.id, {}, minute(5), second.lease)


def test_what_waits_is_listed(folder: Path) -> None:
    lines = told("--wide").splitlines()
    assert lines[-1] == "3 messages"
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["opened", "slack", "waiting"],
        ["resolved", "slack", "waiting"],
        ["opened", "slack", "waiting"],
    ]


def test_what_was_given_up_is_listed_with_the_reason_and_tried_again(folder: Path) -> None:
    settled("the channel is gone;\x1b[2J mend it")
    dead = told("--state", "dead", "--wide")
    assert "the channel is gone;[2J mend it" in dead
    assert "1 message" in dead
    document = json.loads(told("-o", "json"))
    assert document["schema_version"] == 1
    assert [(one["change"], one["state"], one["attempts"]) for one in document["messages"]] == [
        ("opened", "dead", 1),
        ("resolved", "waiting", 0),
    ]
    assert "dead" not in told("--retry")
    with open_store(URL) as store:
        assert [row.state for row in store.outbox()] == ["waiting", "waiting", "delivered"]


def test_what_was_delivered_is_shown_to_who_asks(folder: Path) -> None:
    settled("no")
    assert "delivered" not in told()
    assert "delivered" in told("--state", "delivered")
