"""`limnograph alerts` at the prompt: list, test, routes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.limnograph.cli.conftest import Command
from tests.loopback_slack import CHANNEL, TOKEN, Refusal, Slack, loopback_slack

pytestmark = pytest.mark.wide

CONFIG = """\
alerts:
  channels:
    data-team: {type: slack, webhook: env:SLACK_WEBHOOK}
    bot: {type: slack, token: env:SLACK_TOKEN, channel: C0001, api_url: "%s"}
    ops: {type: alertmanager, url: http://127.0.0.1:9}
  routes:
    - {severity: critical, to: [ops], continue: true}
    - {owner: search, tag: gold, to: [data-team]}
tables:
  - {name: main.gold.topics, uri: lake/topics, owner: search, tags: [gold]}
"""


@pytest.fixture
def slack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    monkeypatch.chdir(tmp_path)
    with loopback_slack() as server:
        monkeypatch.setenv("SLACK_WEBHOOK", server.hook)
        monkeypatch.setenv("SLACK_TOKEN", TOKEN)
        (tmp_path / "limnograph.yaml").write_text(CONFIG % server.api)
        yield server


def test_test_sends_one_message_now(slack: Slack, command: Command) -> None:
    for name in ("data-team", "bot"):
        ended = command("alerts", "test", name)
        assert (ended.code, ended.out) == (0, f"{name}: accepted by slack\n")
    assert [message.text for message in slack.messages] == [
        f"🔔 This is a test of limnograph: `limnograph alerts test {name}` sent this; nothing is "
        "wrong."
        for name in ("data-team", "bot")
    ]
    assert {message.channel for message in slack.messages} == {CHANNEL}


def test_a_message_that_was_refused_is_explained_with_code_5(
    slack: Slack, command: Command
) -> None:
    slack.refusals = [Refusal(404, "no_service"), Refusal(429, "", {"Retry-After": "30"})]
    ended = command("alerts", "test", "data-team")
    assert (ended.code, ended.out) == (5, "")
    assert ended.err == (
        "data-team: not delivered: Slack refused the message: no_service\n"
        "mend: the webhook was removed; make a new one and set its URL\n"
    )
    ended = command("alerts", "test", "data-team")
    assert ended.code == 5
    assert ended.err == (
        "data-team: not delivered (another try may do): Slack answered 429\nit asks to wait 30 s\n"
    )


def test_an_unknown_channel_and_a_missing_secret_are_usage(
    slack: Slack, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = command("alerts", "test", "data-tem")
    assert ended.code == 2
    assert "did you mean 'data-team'?" in ended.err
    monkeypatch.delenv("SLACK_WEBHOOK")
    ended = command("alerts", "test", "data-team")
    assert ended.code == 2
    assert "environment variable SLACK_WEBHOOK is missing or empty" in ended.err
    assert slack.messages == []


def test_list_shows_the_channels_and_references_only(slack: Slack, command: Command) -> None:
    ended = command("alerts", "list")
    assert ended.code == 0
    assert [line.split()[:3] for line in ended.out.splitlines()[2:]] == [
        ["data-team", "slack", "1"],
        ["bot", "slack", "none"],
        ["ops", "alertmanager", "0"],
    ]
    document = json.loads(command("alerts", "list", "-o", "json").out)
    assert document["schema_version"] == 1
    assert [one["name"] for one in document["channels"]] == ["data-team", "bot", "ops"]
    assert document["channels"][0]["webhook"] == "env:SLACK_WEBHOOK"
    both = ended.out + json.dumps(document)
    assert TOKEN not in both
    assert slack.hook not in both


def test_routes_says_who_would_be_told_and_by_which_route(slack: Slack, command: Command) -> None:
    ended = command("alerts", "routes", "--severity", "critical", "--table", "main.gold.topics")
    assert (ended.code, ended.out) == (
        0,
        "ops, data-team  (by alerts.routes[0], alerts.routes[1])\n",
    )
    asked = ("--owner", "search", "--tag", "gold", "--tag", "x", "-o", "json")
    assert json.loads(command("alerts", "routes", *asked).out) == {
        "schema_version": 1,
        "severity": "warning",
        "owner": "search",
        "tags": ["gold", "x"],
        "table": "",
        "check": "",
        "routes": [1],
        "to": ["data-team"],
    }
    assert slack.requests == []


def test_nobody_is_an_answer_and_an_unknown_severity_is_not(slack: Slack, command: Command) -> None:
    ended = command("alerts", "routes", "--table", "main.gold.topics", "--owner", "")
    assert (ended.code, ended.out) == (0, "nobody\n")
    assert "alerts.routes" in ended.err
    assert command("alerts", "routes", "--severity", "fatal").code == 2


def test_a_file_without_channels_says_how_to_declare_them(
    slack: Slack, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "limnograph.yaml").write_text("tables: []\n")
    ended = command("alerts", "list")
    assert (ended.code, ended.out) == (0, "no channels\n")
    assert "alerts.channels" in ended.err
    assert json.loads(command("alerts", "list", "-o", "json").out)["channels"] == []
    assert slack.requests == []
