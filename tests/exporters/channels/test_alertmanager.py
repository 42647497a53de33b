"""Alerts as a real Alertmanager takes them: shown, told again as one, ended."""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from exporters.channels import alertmanager as channel
from exporters.core import Change, DeliveryError, Message
from tests.alertmanager import Alertmanager, alertmanager
from tests.exporters.channels.messages import EMPTY, ERROR, HOSTILE, NOON, OPENED, RESOLVED, SUMMARY
from tests.exporters.channels.receiver import Receiver, receiver


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with receiver() as state:
        state.url = state.url.removesuffix("/alerts")
        yield state


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager")) as running:
        yield running


def form(url: Any, **more: Any) -> channel.Form:
    return channel.Form.model_validate({"url": url, **more})


def send(form: channel.Form, message: Message) -> None:
    asyncio.run(channel.deliver(form, message, {}))


def of(check: str, alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [alert for alert in alerts if alert["labels"].get("check") == check]


@pytest.mark.slow
def test_an_alert_appears_is_told_again_as_one_and_ends(real: Alertmanager) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    opened = replace(OPENED, check="lifecycle", at=now, since=now - timedelta(hours=1))
    updated = replace(opened, change=Change.UPDATED, observed="80 rows", sequence=2)
    send(form(real.url), opened)
    (first,) = of("lifecycle", real.alerts())
    send(form(real.url), updated)
    (again,) = of("lifecycle", real.alerts())
    assert again["fingerprint"] == first["fingerprint"]
    assert [a["annotations"]["observed"] for a in (first, again)] == ["120 rows", "80 rows"]
    assert again["startsAt"] == (now - timedelta(hours=1)).isoformat().replace("+00:00", ".000Z")
    assert again["status"]["state"] in ("active", "unprocessed")
    assert again["generatorURL"] == OPENED.link
    until = datetime.fromisoformat(again["endsAt"]) - datetime.now(UTC)
    assert timedelta(seconds=150) < until <= timedelta(seconds=181)
    send(form(real.url), replace(RESOLVED, check="lifecycle", at=now, since=opened.since))
    assert of("lifecycle", real.alerts()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "message", [ERROR, SUMMARY, EMPTY, HOSTILE], ids=["error", "summary", "empty", "hostile"]
)
def test_alertmanager_takes_every_message(real: Alertmanager, message: Message) -> None:
    before = len(real.alerts())
    send(form(real.url), message)
    assert len(real.alerts()) == before + 1


@pytest.mark.slow
def test_one_of_a_cluster_is_enough(real: Alertmanager) -> None:
    send(form(["http://127.0.0.1:9", real.url + "/"]), replace(OPENED, check="cluster"))
    assert len(of("cluster", real.alerts())) == 1


@pytest.mark.slow
def test_what_alertmanager_refuses_is_permanent(real: Alertmanager) -> None:
    with pytest.raises(DeliveryError) as caught:
        send(form(f"{real.url}/nowhere"), OPENED)
    assert caught.value.permanent
    assert caught.value.reason == "Alertmanager 127.0.0.1 answered 404"
    assert "without /api/v2/alerts" in caught.value.mend


def test_when_none_of_a_cluster_took_it_one_that_may_is_asked_again(endpoint: Receiver) -> None:
    endpoint.status = 400
    with pytest.raises(DeliveryError) as caught:
        send(form([endpoint.url, "http://127.0.0.1:9"]), OPENED)
    assert not caught.value.permanent
    assert "Connection refused" in caught.value.reason


def test_credentials_are_sent_and_not_shown(
    endpoint: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AM_PASSWORD", "pässword")
    monkeypatch.setenv("AM_TOKEN", "t0ken")
    basic = form(endpoint.url, user="limno", password="env:AM_PASSWORD")
    bearer = form(endpoint.url, bearer="env:AM_TOKEN")
    send(basic, OPENED)
    send(bearer, OPENED)
    pair = base64.b64encode("limno:pässword".encode()).decode()
    sent = [got.headers["Authorization"] for got in endpoint.got]
    assert sent == [f"Basic {pair}", "Bearer t0ken"]
    assert "t0ken" not in repr(bearer) + str(bearer.model_dump(mode="json"))


def test_an_open_alert_lasts_three_refreshes_and_a_resolved_one_ends_when_it_did() -> None:
    (opened,) = channel.payload(OPENED, NOON)
    (resolved,) = channel.payload(RESOLVED, NOON + timedelta(hours=9))
    assert (opened["startsAt"], opened["endsAt"]) == (
        "2026-03-01T11:30:00.000Z",
        "2026-03-01T12:03:00.000Z",
    )
    assert resolved["endsAt"] == "2026-03-01T13:00:00.000Z"
    assert opened["labels"] == resolved["labels"]


def test_no_label_clashes_with_those_of_targets() -> None:
    (alert,) = channel.payload(replace(OPENED, slice="country=DE"), NOON)
    assert alert["labels"] == {
        "alertname": "LimnographCheck",
        "check": "posts-a-day",
        "catalog": "main",
        "schema": "bronze",
        "table": "posts",
        "severity": "critical",
        "slice": "country=DE",
        "check_owner": "search",
    }


def test_the_body_is_json_in_utf_8_posted_to_the_api(endpoint: Receiver, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{endpoint.url}/prefix/\n")
    send(form(f"file:{tmp_path / 'url'}"), OPENED)
    (got,) = endpoint.got
    assert got.path == "/prefix/api/v2/alerts"
    assert json.loads(got.body)[0]["annotations"]["event_id"] == OPENED.event_id


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"url": []}, "is an empty list"),
        ({"url": ["http://a:9093", "nonsense"]}, "is not an http or https URL"),
        ({"url": "http://a", "user": "x"}, "user and password belong together"),
        (
            {"url": "http://a", "user": "x", "password": "env:P", "bearer": "env:B"},
            "has both a user and a bearer token",
        ),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        channel.Form.model_validate(fields)
