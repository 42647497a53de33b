"""Slack: by an incoming webhook, which posts each message, or by the token of a bot.

A bot posts one root message for an incident, keeps it up to date, and tells each step in its
thread; the end, and a rise in severity, are shown in the channel as well.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from exporters.channels.fields import ChannelForm, SecretReference, Url, is_safe
from exporters.channels.posting import Answer, post, refused
from exporters.channels.slack_blocks import payload
from exporters.core import Change, ChannelKind, Delivery, DeliveryError, Message
from exporters.message_text import rank
from monitors.secrets import Secret

__all__ = ["CHANNEL", "Form", "deliver", "payload"]

API = "https://slack.com/api"
_CODE = re.compile(r"[a-z0-9_]{1,60}")
# Answers after which the root message can no longer be had, so that a new one takes its place.
_LOST_ROOT = frozenset(
    ("message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found")
)
_RETRYABLE = frozenset(
    (
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "accesslimited",
        "rollup_error",
    )
)
_MENDS = {
    "invalid_auth": "set the bot's token (xoxb-...) anew",
    "not_authed": "set the bot's token (xoxb-...)",
    "account_inactive": "the bot was removed; install the app again and set its new token",
    "token_revoked": "install the app again and set its new token",
    "token_expired": "set a new token",
    "missing_scope": "give the app the scope chat:write and install it again",
    "not_in_channel": "invite the bot: /invite @its-name in the channel",
    "channel_not_found": "write the channel's id (C...), and invite the bot to it",
    "is_archived": "unarchive the channel, or write another one",
    "channel_is_archived": "unarchive the channel, or make a webhook for another one",
    "no_service": "the webhook was removed; make a new one and set its URL",
    "no_active_hooks": "the webhook was switched off; make a new one and set its URL",
    "no_team": "the workspace is gone; make a webhook in another one",
    "invalid_token": "set the webhook's URL anew",
    "action_prohibited": "ask an administrator of the workspace to allow the app to post",
    "posting_to_general_channel_denied": "write another channel",
}

_SLACK_ID = r"^(?:[UWS][A-Z0-9]{2,30}|here|channel)$"


def _slack_id(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(_SLACK_ID, value):
        raise ValueError("is no id of Slack's; write that of a user (U...) or of a group (S...)")
    return value


SlackId = Annotated[str, BeforeValidator(_slack_id), StringConstraints(pattern=_SLACK_ID)]


class Form(ChannelForm):
    """A channel of Slack, by a webhook or by a bot."""

    webhook: SecretReference | None = Field(
        default=None, description="Reference to the URL of an incoming webhook."
    )
    token: SecretReference | None = Field(
        default=None, description="Reference to the token of a bot with the scope chat:write."
    )
    channel: str = Field(
        default="", max_length=100, description="Where the bot posts: the channel's id or name."
    )
    mention: dict[str, SlackId] = Field(
        default_factory=dict,
        description="Who is called for an owner: the id of a user (U...) or a group (S...).",
    )
    api_url: Url = Field(
        default=API, description="Where Slack's Web API is, if there is a gateway before it."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.webhook is not None and self.token is not None:
            raise ValueError(
                "has both a webhook and a token; keep one: a token's messages can be updated, a "
                "webhook needs no bot"
            )
        if self.webhook is None and self.token is None:
            raise ValueError("says no way to Slack; write webhook: env:NAME, or token and channel")
        if self.token is not None and not self.channel.strip():
            raise ValueError("has a token but no channel; write channel: and the channel's id")
        if self.webhook is not None and self.channel:
            raise ValueError("a webhook posts to its own channel; remove channel")
        return self


class _Refused(Exception):
    """Slack did not take a request: its code, and the error that this is."""

    def __init__(self, code: str, error: DeliveryError) -> None:
        super().__init__(code)
        self.code = code
        self.error = error


async def deliver(form: Form, message: Message, receipt: Mapping[str, str]) -> Delivery:
    """Post the message; of an incident that the bot already told, update the root and its thread.

    The receipt holds `severity`, and for a bot `channel` and `ts` of the root message.
    """
    told = message.change in (Change.OPENED, Change.UPDATED, Change.RESOLVED)
    known = receipt.get("severity", "")
    rising = bool(known) and told and rank(message.severity) > rank(known)
    call = message.change in (Change.OPENED, Change.SUMMARY) or rising
    body = payload(message, form.mention, call=call)
    kept = {**receipt, **({"severity": message.severity} if told else {})}
    try:
        if form.token is None:
            await _by_webhook(form, body)
            return Delivery(kept)
        bot = _Bot(form, form.token)
        if told and receipt.get("channel") and receipt.get("ts"):
            loud = rising or message.change is Change.RESOLVED
            if await bot.follow(body, receipt["channel"], receipt["ts"], loud=loud):
                return Delivery(kept)
        root = await bot.post({**body, **_identity(message)})
    except _Refused as refusal:
        raise refusal.error from None
    return Delivery({**kept, **root} if told else receipt)


def _identity(message: Message) -> dict[str, Any]:
    """What tells a program that reads the channel that it has had a message already."""
    named = {"event_id": message.event_id, "incident": message.incident}
    return {"metadata": {"event_type": "limnograph_message", "event_payload": named}}


async def _by_webhook(form: Form, body: Mapping[str, Any]) -> None:
    url = form.webhook.reveal() if form.webhook else ""
    answer = await _safely(url, body, {"Content-Type": "application/json"})
    if not answer.accepted:
        code = answer.text.strip()
        raise _refusal(answer, code)


@dataclass(frozen=True, slots=True)
class _Bot:
    """The three requests to the Web API; each raises _Refused."""

    form: Form
    token: Secret

    async def post(self, body: Mapping[str, Any]) -> dict[str, str]:
        """Post a message to the channel; where it stands: `channel` and `ts`."""
        answer = await self._call(
            "chat.postMessage", {**body, "channel": self.form.channel.strip()}
        )
        return {name: str(answer[name]) for name in ("channel", "ts") if answer.get(name)}

    async def follow(self, body: Mapping[str, Any], channel: str, ts: str, *, loud: bool) -> bool:
        """Update the root, then reply in its thread; False where the root is there no more."""
        reply = {**body, "channel": channel, "thread_ts": ts, "reply_broadcast": loud}
        root = {"text": body["text"], "blocks": body["blocks"], "channel": channel, "ts": ts}
        try:
            # The root goes first: doing that twice, should the reply fail, changes nothing.
            await self._call("chat.update", root)
            await self._call("chat.postMessage", reply)
        except _Refused as refusal:
            if refusal.code in _LOST_ROOT:
                return False
            raise
        return True

    async def _call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        api = self.form.api_url
        url = api.reveal() if isinstance(api, Secret) else api
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": f"Bearer {self.token.reveal()}",
        }
        answer = await _safely(f"{url.rstrip('/')}/{method}", body, headers)
        told = _object(answer.text)
        if answer.accepted and told.get("ok") is True:
            return told
        raise _refusal(answer, str(told.get("error", "")))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def _safely(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    if not is_safe(url):
        raise DeliveryError(
            "Slack's address is not https, and would show the secret on its way",
            "write an https URL",
            permanent=True,
        )
    return await post(url, json.dumps(body, ensure_ascii=False).encode(), headers)


def _refusal(answer: Answer, code: str) -> _Refused:
    if not _CODE.fullmatch(code):
        unlike = DeliveryError("what answered is not Slack", "check the URL", permanent=True)
        return _Refused("", unlike if answer.accepted else refused("Slack", answer))
    error = DeliveryError(
        f"Slack refused the message: {code}",
        _MENDS.get(code, ""),
        permanent=code not in _RETRYABLE and (answer.accepted or answer.permanent),
        retry_after=answer.retry_after,
    )
    return _Refused(code, error)


CHANNEL = ChannelKind(
    name="slack",
    summary="Slack, by an incoming webhook, or by a bot that keeps one message per incident.",
    form=Form,
    deliver=deliver,
)
