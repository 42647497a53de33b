"""Alertmanager: messages as alerts of its API v2, so that its routes, silences and receivers apply.

An alert is known by its labels, so they hold what an incident is about and nothing that changes in
its course. An open one ends by itself after three refreshes, if nobody tells it again; a resolved
one ends when it was resolved. Source: the OpenAPI description of Alertmanager's API v2.
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from exporters.channels.fields import ChannelForm, SecretReference, Urls
from exporters.channels.posting import TIMEOUT, post, refused
from exporters.core import Change, ChannelKind, Delivery, DeliveryError, Message
from exporters.message_text import clean, cut, facts, line, link, title
from monitors.core import table_labels
from monitors.secrets import Secret

REFRESH = 60.0
"""Seconds after which an open incident is told again."""
_KEPT = timedelta(seconds=3 * REFRESH)
_PATH = "/api/v2/alerts"
_LONGEST_LABEL = 500
_MOST_ITEMS = 100
_LONGEST_ANNOTATION = 4_000
_MENDS = {
    400: "check that the receiver is an Alertmanager of version 0.22 or newer",
    401: "compare user and password, or the bearer token, with the receiver's",
    403: "compare user and password, or the bearer token, with the receiver's",
    404: "write the URL as in its --web.external-url, without /api/v2/alerts",
}


class Form(ChannelForm):
    """One Alertmanager, or every one of a cluster."""

    url: Urls = Field(
        description="URL of Alertmanager, or a list with that of each one of a cluster."
    )
    user: str = Field(default="", description="User of basic authentication.")
    password: SecretReference | None = Field(
        default=None, description="Reference to the password of basic authentication."
    )
    bearer: SecretReference | None = Field(
        default=None, description="Reference to a bearer token, instead of user and password."
    )
    timeout: float = Field(default=TIMEOUT, gt=0, le=60, description="Seconds for one POST.")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password belong together; write both or none")
        if self.user and self.bearer is not None:
            raise ValueError("has both a user and a bearer token; keep one of them")
        return self


def payload(message: Message, now: datetime) -> list[dict[str, Any]]:
    """The message as Alertmanager takes alerts; `now` is when it is sent."""
    resolved = message.change is Change.RESOLVED
    begun = message.since or message.at
    alert = {
        "labels": _labels(message),
        "annotations": _annotations(message),
        "startsAt": _iso(min(begun, message.at) if resolved else begun),
        "endsAt": _iso(message.at if resolved else now + _KEPT),
    }
    if url := link(message):
        alert["generatorURL"] = url
    return [alert]


def _labels(message: Message) -> dict[str, str]:
    catalog, schema, table = table_labels(line(message.table))
    labels = {
        "alertname": "LimnographCheck",
        "check": message.check,
        "catalog": catalog,
        "schema": schema,
        "table": table,
        "severity": message.severity,
        "slice": message.slice,
        "check_owner": message.owner,
    }
    if message.change in (Change.TEST, Change.SUMMARY):
        labels["alertname"] = f"Limnograph{str(message.change).capitalize()}"
    texts = {name: cut(line(text), _LONGEST_LABEL) for name, text in labels.items()}
    return {name: text for name, text in texts.items() if text}


def _annotations(message: Message) -> dict[str, str]:
    known = {name.lower().replace(" ", "_"): value for name, value in facts(message)}
    texts = {
        "summary": title(message),
        "description": "\n".join(
            part for part in (message.reason, *message.items[:_MOST_ITEMS]) if part
        ),
        **known,
        "about": message.description,
        "mend": message.mend,
        "look": message.look,
        "tags": ", ".join(message.tags),
        "incident": message.incident,
        "event_id": message.event_id,
    }
    cleaned = {name: cut(clean(text).strip(), _LONGEST_ANNOTATION) for name, text in texts.items()}
    return {name: text for name, text in cleaned.items() if text}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def deliver(form: Form, message: Message, receipt: Mapping[str, str]) -> Delivery:
    """POST the alert to every Alertmanager at once; accepted when at least one took it."""
    body = json.dumps(payload(message, datetime.now(UTC)), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", **_authorization(form)}
    urls = [url.reveal() if isinstance(url, Secret) else url for url in form.url]
    outcomes = await asyncio.gather(
        *(_tell(url, body, headers, form.timeout) for url in urls), return_exceptions=True
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for failure in failures:
        if not isinstance(failure, DeliveryError):
            raise failure
    if len(failures) == len(urls):
        # Another try is of use as long as it is for one of them.
        raise min(failures, key=lambda failure: getattr(failure, "permanent", True))
    return Delivery()


async def _tell(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> None:
    answer = await post(url.rstrip("/") + _PATH, body, headers, timeout=timeout)
    if not answer.accepted:
        host = urlsplit(url).hostname
        raise refused(f"Alertmanager {host}", answer, _MENDS.get(answer.status, ""))


def _authorization(form: Form) -> dict[str, str]:
    if form.bearer is not None:
        return {"Authorization": f"Bearer {form.bearer.reveal()}"}
    if form.password is not None:
        pair = f"{form.user}:{form.password.reveal()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


CHANNEL = ChannelKind(
    name="alertmanager",
    summary="Alerts of Prometheus' Alertmanager, told again while an incident is open.",
    form=Form,
    deliver=deliver,
    refresh=REFRESH,
)
