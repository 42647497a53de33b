"""The whole chain: `serve` as a process, commits on a real table, and what people are told of them.

Slack and the receiver of a webhook are servers on 127.0.0.1.
"""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from exporters.channels.webhook import verify
from limnograph.store import OutboxRow, open_store
from tests.exporters.channels.receiver import Receiver, receiver
from tests.limnograph.test_service import eventually, serving
from tests.loopback_slack import CHANNEL, TOKEN, Slack, loopback_slack

pytestmark = pytest.mark.slow

KEY = "k3y-of-the-signature"
CHECKS = """\
tables:
- name: main.posts
  uri: lake/posts
  owner: ingest
  schedule: 1s
  checks:
  - {id: many, type: threshold, metric: lakehouse_table_rows, comparison: below, fail: 1000}
  - {id: score, type: sql_rule, bad_rows: score < 0, severity: critical}
"""
SLACK = "bot: {{type: slack, token: env:TEST_TOKEN, channel: {channel}, api_url: '{api}'}}"
WEBHOOK = "hook: {{type: webhook, url: '{url}', secret: env:TEST_KEY, allow_private: true}}"


@dataclass
class Team:
    """A lake with one table, and the people who want to hear of it."""

    folder: Path
    slack: Slack
    webhook: Receiver
    channels: dict[str, str] = field(default_factory=dict)

    def commit(self, *scores: int) -> None:
        """Append rows to the table."""
        rows = pa.table({"score": pa.array(scores, pa.int64())})
        write_deltalake(self.folder / "lake" / "posts", rows, mode="append")

    def told_by(self, *names: str) -> Path:
        """Write the configuration with these channels, in one go."""
        stanza = "".join(f"    {self.channels[name]}\n" for name in names)
        routes = f"  routes: [{{to: [{', '.join(names)}]}}]\n"
        file = self.folder / "limnograph.yaml"
        new = file.with_name("new")
        new.write_text(f"alerts:\n  channels:\n{stanza}{routes}{CHECKS}")
        return new.rename(file)

    def posted(self) -> list[dict[str, Any]]:
        """What came to the webhook, each event once; every request must be signed."""
        events: dict[str, dict[str, Any]] = {}
        for got in list(self.webhook.got):
            sent = int(got.headers["X-Limnograph-Signature"].partition(",")[0].removeprefix("t="))
            assert verify(KEY, got.headers["X-Limnograph-Signature"], got.body, sent)
            document = json.loads(got.body)
            assert got.headers["X-Limnograph-Event-Id"] == document["event_id"]
            events.setdefault(document["event_id"], document)
        return list(events.values())


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    monkeypatch.setenv("TEST_KEY", KEY)
    (tmp_path / "lake" / "posts").mkdir(parents=True)
    with loopback_slack() as slack, receiver() as webhook:
        channels = {
            "bot": SLACK.format(channel=CHANNEL, api=slack.api),
            "hook": WEBHOOK.format(url=webhook.url),
        }
        team = Team(tmp_path, slack, webhook, channels)
        team.commit(1, 2)
        yield team


def changes(documents: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["change"], one["check"]) for one in documents]


def outbox(team: Team) -> list[OutboxRow]:
    with open_store(f"sqlite:///{team.folder}/limnograph.db") as store:
        return store.outbox()


def test_people_hear_of_what_changes_and_not_of_what_was_so(team: Team) -> None:
    team.told_by("bot", "hook")
    with serving(team.folder) as (program, url):
        # The first look: what fails already is told in one summary for each channel.
        eventually(lambda: team.slack.messages and team.posted())
        (summary,) = team.posted()
        assert (summary["change"], summary["title"]) == (
            "summary",
            "1 incident on 1 table at the first look",
        )
        assert [one.split(":")[:2] for one in summary["items"]] == [
            ["warning", " main.posts/many fails"]
        ]

        # A bad commit: an incident, with one root message.
        team.commit(-7, 3)
        eventually(lambda: len(team.slack.roots()) == 2)
        root = team.slack.roots()[1]
        assert "main.posts/score fails" in root.shown
        assert "ingest" in root.shown
        assert (root.thread, root.edits) == ("", 0)

        # A good commit: the end of it, in the root message and in its thread.
        team.commit(4)
        eventually(lambda: root.edits and len(team.slack.messages) == 3)
        assert "main.posts/score resolved" in root.shown
        reply = team.slack.messages[2]
        assert (reply.thread, reply.channel) == (root.ts, root.channel)
        eventually(lambda: len(team.posted()) == 3)
        assert changes(team.posted()) == [
            ("summary", ""),
            ("opened", "score"),
            ("resolved", "score"),
        ]
        opened, resolved = team.posted()[1:]
        assert (opened["severity"], opened["status"], opened["owner"]) == (
            "critical",
            "fail",
            "ingest",
        )
        assert opened["incident"] == resolved["incident"]
        assert [opened["sequence"], resolved["sequence"]] == [1, 2]
        assert opened["since"] == resolved["since"] <= resolved["last_good"]

        def page() -> str:
            return httpx.get(f"{url}/metrics").text

        eventually(lambda: 'incidents{severity="warning",state="open"} 1.0' in page())
        assert 'incidents{severity="critical",state="open"} 0.0' in page()
        delivered = 'notifications_total{channel="bot",outcome="delivered"} 3.0'
        eventually(lambda: delivered in page())
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=60) == 0
    told = (team.folder / "stderr.txt").read_text()
    assert "Traceback" not in told
    assert TOKEN not in told
    assert KEY not in told


def test_a_channel_that_is_added_hears_of_what_comes_after(team: Team) -> None:
    team.told_by("bot")
    with serving(team.folder):
        eventually(lambda: team.slack.messages)
        team.told_by("bot", "hook")
        eventually(lambda: "configuration reloaded" in (team.folder / "stderr.txt").read_text())
        assert team.posted() == []
        team.commit(-7)
        eventually(lambda: team.posted() and len(team.slack.roots()) == 2)
        assert changes(team.posted()) == [("opened", "score")]
        # One that is taken away hears no more.
        team.told_by("hook")
        log = team.folder / "stderr.txt"
        eventually(lambda: log.read_text().count("configuration reloaded") == 2)
        team.commit(5)
        eventually(lambda: len(team.posted()) == 2)
        assert changes(team.posted()) == [("opened", "score"), ("resolved", "score")]


def test_what_is_told_is_neither_lost_nor_told_anew_when_the_service_is_killed(team: Team) -> None:
    team.told_by("hook")
    with serving(team.folder):
        eventually(team.posted)
        team.webhook.status = 503
        team.commit(-7)
        eventually(lambda: [row for row in outbox(team) if row.attempts])
    # The process was killed; the message waits in the store.
    (waiting,) = [row for row in outbox(team) if row.state == "waiting"]
    team.webhook.got.clear()
    team.webhook.status = 200
    with serving(team.folder):
        eventually(team.posted)
        team.commit(5)
        eventually(lambda: len(team.posted()) == 2)
    assert changes(team.posted()) == [("opened", "score"), ("resolved", "score")]
    assert team.posted()[0]["event_id"] == waiting.message.event_id
