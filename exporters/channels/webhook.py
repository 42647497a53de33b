"""Webhook: the whole message as JSON, POSTed to a URL, signed with a shared secret.

`X-Limnograph-Signature: t=<unix seconds>,v1=<hex>`, where the hex is the HMAC-SHA-256 under the
secret of `<t>.<body>`. The body's `event_id`, also in `X-Limnograph-Event-Id`, is the same however
often a message is sent: a receiver that knows it already has had the message.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from exporters.channels.fields import ChannelForm, SecretReference, Url, is_loopback, is_safe
from exporters.channels.posting import TIMEOUT, post, refused
from exporters.core import ChannelKind, Delivery, DeliveryError, Message
from exporters.message_text import clean, cut, link
from monitors.secrets import Secret

SCHEMA_VERSION = 1
_LONGEST_TEXT = 8_000
_MOST_ITEMS = 500
_HTTPS = "is not https; write https://, or allow_http: true if the way there is safe"
_MENDS = {
    401: "compare the secret with the receiver's",
    403: "compare the secret with the receiver's",
    404: "compare the URL with the receiver's",
    410: "the receiver is gone for good; remove the channel or write its new URL",
}


class Form(ChannelForm):
    """A receiver of JSON messages over HTTP."""

    url: Url = Field(description="Where to POST: an https URL, or a reference to it.")
    secret: SecretReference | None = Field(
        default=None, description="Reference to the key of the signature; without it none is sent."
    )
    timeout: float = Field(default=TIMEOUT, gt=0, le=60, description="Seconds for one POST.")
    allow_http: bool = Field(
        default=False, description="Take a URL that is not https, also to another machine."
    )
    allow_private: bool = Field(
        default=False,
        description="Take a host in a private network, and use the proxy of the environment.",
    )

    @model_validator(mode="after")
    def _is_safe(self) -> "Form":
        if isinstance(self.url, str) and not (self.allow_http or is_safe(self.url)):
            raise ValueError(f"the URL {_HTTPS}")
        return self


def payload(message: Message) -> dict[str, Any]:
    """The message as one JSON document; times are ISO 8601 in UTC, unknown ones null."""
    return {
        "schema_version": SCHEMA_VERSION,
        "event_id": message.event_id,
        "incident": message.incident,
        "sequence": message.sequence,
        "change": str(message.change),
        "title": _text(message.title),
        "status": _text(message.status),
        "severity": _text(message.severity),
        "table": _text(message.table),
        "check": _text(message.check),
        "slice": _text(message.slice),
        "reason": _text(message.reason),
        "observed": _text(message.observed),
        "expected": _text(message.expected),
        "at": _iso(message.at),
        "since": _iso(message.since),
        "last_good": _iso(message.last_good),
        "owner": _text(message.owner),
        "tags": [_text(tag) for tag in message.tags[:_MOST_ITEMS]],
        "description": _text(message.description),
        "mend": _text(message.mend),
        "look": _text(message.look),
        "link": link(message),
        "items": [_text(item) for item in message.items[:_MOST_ITEMS]],
    }


def _text(text: str) -> str:
    return cut(clean(text), _LONGEST_TEXT)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def sign(secret: str, body: bytes, at: int) -> str:
    """The value of `X-Limnograph-Signature` for a body, at a time in unix seconds.

    >>> sign("s3cret", b"{}", 1772348400)[:18]
    't=1772348400,v1=ea'
    """
    return f"t={at},v1={_digest(secret, body, str(at))}"


def _digest(secret: str, body: bytes, at: str) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def verify(secret: str, header: str, body: bytes, now: float, tolerance: float = 300) -> bool:
    """Whether a signature is that of the body and at most `tolerance` seconds old, or early.

    For receivers: `body` are the bytes as they came, `now` is in unix seconds.
    """
    fields = dict(part.strip().partition("=")[::2] for part in header.split(","))
    at = fields.get("t", "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12 and abs(now - int(at)) <= tolerance):
        return False
    return hmac.compare_digest(_digest(secret, body, at).encode(), fields.get("v1", "").encode())


async def deliver(form: Form, message: Message, receipt: Mapping[str, str]) -> Delivery:
    """POST the message; accepted when the receiver answers 2xx."""
    url = form.url.reveal() if isinstance(form.url, Secret) else form.url
    if not (form.allow_http or is_safe(url)):
        raise DeliveryError(f"the receiver's address {_HTTPS}", permanent=True)
    body = json.dumps(payload(message), ensure_ascii=False, allow_nan=False).encode()
    headers = {"Content-Type": "application/json", "X-Limnograph-Event-Id": message.event_id}
    if form.secret is not None:
        now = int(datetime.now(UTC).timestamp())
        headers["X-Limnograph-Signature"] = sign(form.secret.reveal(), body, now)
    host = urlsplit(url).hostname or ""
    public_only = not (form.allow_private or is_loopback(host))
    answer = await post(url, body, headers, timeout=form.timeout, public_only=public_only)
    if not answer.accepted:
        raise refused(host, answer, _MENDS.get(answer.status, ""))
    return Delivery()


CHANNEL = ChannelKind(
    name="webhook",
    summary="JSON over HTTP, signed with HMAC-SHA-256.",
    form=Form,
    deliver=deliver,
)
