"""Messages go where the routes say, with one link, by channels that keep what they were told."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from exporters.core import Message
from limnograph.routing import channels, link_of, routes, taken
from limnograph.settings import load
from limnograph.settings.alerts import AlertSettings
from tests.exporters.channels.messages import EMPTY, OPENED
from tests.loopback_slack import loopback_slack

TEXT = """\
alerts:
  link: "https://g.example/{catalog}/{schema}/{table}?check={check}&i={incident}"
  channels:
    all: {type: slack, webhook: env:ALL_WEBHOOK}
    ops: {type: alertmanager, url: http://127.0.0.1:9093}
    team: {type: slack, webhook: env:TEAM_WEBHOOK}
  routes:
    - {severity: critical, to: [ops, all], continue: true}
    - {owner: sea*, tag: [gold, silver], to: [team, ops]}
    - {table: main.sandbox.*, check: "*-a-day", to: []}
    - {severity: warning, to: [all]}
tables: []
"""


@pytest.fixture
def alerts(tmp_path: Path) -> AlertSettings:
    (tmp_path / "limnograph.yaml").write_text(TEXT)
    return load(tmp_path / "limnograph.yaml").alerts


@pytest.mark.parametrize(
    ("message", "places", "to"),
    [
        (replace(OPENED, tags=("gold",)), (0, 1), ("ops", "all", "team")),
        (replace(OPENED, severity="info", tags=("x", "silver")), (1,), ("team", "ops")),
        (OPENED, (0, 3), ("ops", "all")),
        (replace(OPENED, severity="warning"), (3,), ("all",)),
        (replace(OPENED, severity="info"), (), ()),
        (replace(OPENED, severity="warning", table="main.sandbox.x"), (2,), ()),
        (replace(OPENED, severity="warning", table="main.sandbox.x", check="y"), (3,), ("all",)),
        (
            replace(OPENED, severity="critical", owner="Search", tags=("gold",)),
            (0, 3),
            ("ops", "all"),
        ),
        (EMPTY, (), ()),
        (replace(OPENED, severity="nonsense"), (), ()),
    ],
)
def test_the_first_route_that_fits_decides_unless_it_goes_on(
    alerts: AlertSettings, message: Message, places: tuple[int, ...], to: tuple[str, ...]
) -> None:
    assert taken(alerts, message) == places
    assert routes(alerts)(message) == to


def test_without_routes_nobody_is_told() -> None:
    assert routes(AlertSettings())(OPENED) == ()
    assert channels(AlertSettings()) == {}


def test_a_link_holds_every_field_quoted(alerts: AlertSettings) -> None:
    assert link_of(alerts, "main.bronze.posts", "rows & more", "42") == (
        "https://g.example/main/bronze/posts?check=rows%20%26%20more&i=42"
    )
    assert link_of(alerts, "a/../b?<!channel>|x") == (
        "https://g.example/a%2F//%2Fb%3F%3C%21channel%3E%7Cx?check=&i="
    )
    assert link_of(AlertSettings(), "main.bronze.posts") == ""


def test_a_channel_is_called_by_its_name(
    alerts: AlertSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loopback_slack() as slack:
        monkeypatch.setenv("TEAM_WEBHOOK", slack.hook)
        delivery = asyncio.run(_sent(alerts, "team"))
        assert delivery == {"severity": "critical"}
        assert [message.text[:1] for message in slack.messages] == ["🔴"]


async def _sent(alerts: AlertSettings, name: str) -> dict[str, str]:
    return dict((await channels(alerts)[name](OPENED, {})).receipt)
