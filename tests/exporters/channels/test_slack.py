"""Slack takes what the channel sends, the lifecycle stays in one thread, and nobody is called."""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exporters.channels import slack as channel
from exporters.channels.slack_blocks import escaped
from exporters.core import Change, Delivery, DeliveryError, Message
from exporters.message_text import units
from tests.exporters.channels.messages import (
    EMPTY,
    ERROR,
    HOSTILE,
    OPENED,
    RESOLVED,
    SUMMARY,
    UPDATED,
)
from tests.loopback_slack import CHANNEL, HOOK, TOKEN, Refusal, Slack, text_objects, wrong


@pytest.fixture
def bot(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> channel.Form:
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    return channel.Form.model_validate(
        {
            "token": "env:SLACK_TOKEN",
            "channel": CHANNEL,
            "api_url": slack.api,
            "mention": {"search": "S0AB1"},
        }
    )


@pytest.fixture
def hook(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> channel.Form:
    monkeypatch.setenv("SLACK_WEBHOOK", slack.hook)
    form = {"webhook": "env:SLACK_WEBHOOK", "mention": {"search": "U0AB1"}}
    return channel.Form.model_validate(form)


def send(
    form: channel.Form, message: Message, receipt: Mapping[str, str] | None = None
) -> Delivery:
    return asyncio.run(channel.deliver(form, message, receipt or {}))


def refusal(form: channel.Form, message: Message = OPENED) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(form, message)
    return caught.value


def test_a_webhook_posts_every_message_and_calls_the_owner_once(
    slack: Slack, hook: channel.Form
) -> None:
    receipt: Mapping[str, str] = {}
    for message in (OPENED, UPDATED, RESOLVED):
        receipt = send(hook, message, receipt).receipt
    assert [message.calls for message in slack.messages] == [["@U0AB1"], [], []]
    assert [message.text[:1] for message in slack.messages] == ["🔴", "🔴", "✅"]
    assert receipt == {"severity": "critical"}


def test_a_bot_keeps_one_root_and_tells_each_step_in_its_thread(
    slack: Slack, bot: channel.Form
) -> None:
    receipt = send(bot, OPENED).receipt
    assert receipt == {"severity": "critical", "channel": CHANNEL, "ts": slack.messages[0].ts}
    for message in (UPDATED, RESOLVED):
        receipt = send(bot, message, receipt).receipt
    root, step, end = slack.messages
    assert [root.thread, step.thread, end.thread] == ["", root.ts, root.ts]
    assert root.edits == 2
    assert root.text.startswith("✅")
    assert "10,100 rows" in root.shown
    assert "80 rows" in step.shown
    assert [step.broadcast, end.broadcast] == [False, True]
    assert root.body["blocks"] == end.body["blocks"]


def test_a_rise_in_severity_is_shown_in_the_channel_and_calls_the_owner(
    slack: Slack, bot: channel.Form
) -> None:
    receipt = send(bot, replace(OPENED, severity="warning")).receipt
    receipt = send(bot, UPDATED, receipt).receipt
    send(bot, UPDATED, receipt)
    first, rise, same = slack.messages
    assert [m.broadcast for m in (first, rise, same)] == [False, True, False]
    assert [bool(m.calls) for m in (rise, same)] == [True, False]


def test_summaries_and_tests_stand_by_themselves(slack: Slack, bot: channel.Form) -> None:
    receipt = send(bot, OPENED).receipt
    for message in (SUMMARY, replace(OPENED, change=Change.TEST)):
        assert send(bot, message, receipt).receipt == receipt
    assert len(slack.roots()) == 3
    assert slack.messages[0].edits == 0


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message"])
def test_a_root_that_is_gone_is_replaced(slack: Slack, bot: channel.Form, code: str) -> None:
    lost = slack.say({"text": "of somebody else"}, CHANNEL, "xoxb-another")
    ts = lost.ts if code == "cant_update_message" else "1.0"
    receipt = send(bot, UPDATED, {"channel": CHANNEL, "ts": ts, "severity": "critical"}).receipt
    assert receipt["ts"] == slack.roots()[-1].ts != ts
    assert lost.text == "of somebody else"


def test_a_reply_that_failed_is_sent_again_without_a_second_root(
    slack: Slack, bot: channel.Form
) -> None:
    receipt = send(bot, OPENED).receipt
    # chat.update is taken, the reply in the thread comes too soon.
    slack.limited, slack.now = True, 1.0
    assert not slack.over_rate(CHANNEL)
    with pytest.raises(DeliveryError) as caught:
        send(bot, RESOLVED, receipt)
    assert (caught.value.retry_after, caught.value.permanent) == (1.0, False)
    slack.now += 1.0
    send(bot, RESOLVED, receipt)
    assert [bool(m.thread) for m in slack.messages] == [False, True]


def test_an_event_is_named_for_programs_that_read_the_channel(
    slack: Slack, bot: channel.Form
) -> None:
    send(bot, OPENED)
    named = slack.messages[0].body["metadata"]["event_payload"]
    assert named == {"event_id": OPENED.event_id, "incident": "42"}


@pytest.mark.parametrize("message", [OPENED, ERROR, SUMMARY, EMPTY, HOSTILE])
def test_slack_takes_every_message(
    slack: Slack, hook: channel.Form, bot: channel.Form, message: Message
) -> None:
    send(hook, message)
    send(bot, message)
    assert len(slack.messages) == 2


def test_the_sizes_of_the_largest_message_leave_room(slack: Slack, hook: channel.Form) -> None:
    send(hook, HOSTILE)
    (posted,) = slack.messages
    sizes = [units(found["text"]) for found in text_objects(posted.body)]
    assert sum(sizes) <= 12_000
    assert len(posted.body["blocks"]) <= 12
    assert "and 4," in posted.shown


def test_nobody_is_called_by_a_name_or_a_reason(slack: Slack, hook: channel.Form) -> None:
    hostile = replace(HOSTILE, link="https://ok.example/?a=<!channel>|x")
    for message in (hostile, replace(hostile, change=Change.RESOLVED)):
        send(hook, message)
    assert [message.calls for message in slack.messages] == [[], []]
    assert "<!channel>" in slack.messages[0].shown
    assert not set("<>") & set(slack.messages[0].text)


@given(st.text(st.sampled_from("<>&a 🔴"), max_size=400), st.integers(min_value=1, max_value=60))
def test_escaped_text_keeps_its_limit_and_whole_escapes(text: str, limit: int) -> None:
    found = escaped(text, limit)
    assert units(found) <= limit
    rest = found.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set("<>&") & set(rest)


@given(
    st.builds(
        replace,
        st.just(OPENED),
        **{name: st.text() for name in ("title", "reason", "table", "check", "observed", "owner")},
        **{name: st.text() for name in ("expected", "mend", "look", "link", "slice", "status")},
        items=st.lists(st.text()).map(tuple),
        change=st.sampled_from(Change),
    )
)
def test_any_text_makes_a_message_that_slack_takes(message: Message) -> None:
    body = json.loads(json.dumps(channel.payload(message)))
    assert wrong(body) == ""


@pytest.mark.parametrize(
    ("status", "body", "permanent", "mend"),
    [
        (404, "no_service", True, "the webhook was removed; make a new one and set its URL"),
        (403, "invalid_token", True, "set the webhook's URL anew"),
        (410, "channel_is_archived", True, "unarchive the channel"),
        (400, "invalid_blocks", True, ""),
        (500, "rollup_error", False, ""),
        (503, "<html>busy</html>", False, ""),
        (302, "", True, "redirects are not followed"),
        (429, "rate_limited", False, ""),
    ],
)
def test_what_a_webhook_refuses_is_explained(
    slack: Slack, hook: channel.Form, status: int, body: str, permanent: bool, mend: str
) -> None:
    slack.refusals = [Refusal(status, body, {"Location": "http://127.0.0.1:1/elsewhere"})]
    error = refusal(hook)
    assert error.permanent is permanent
    assert mend in error.mend
    assert len(slack.requests) == 1
    assert slack.messages == []


def test_retry_after_is_the_time_that_slack_names(slack: Slack, hook: channel.Form) -> None:
    slack.refusals = [Refusal(429, "rate_limited", {"Retry-After": "30"})]
    assert refusal(hook).retry_after == 30.0
    slack.limited = True
    send(hook, OPENED)
    assert refusal(hook).retry_after == 1.0
    slack.now += 1.0
    send(hook, OPENED)
    assert len(slack.messages) == 2


@pytest.mark.parametrize(
    ("changed", "reason", "mend"),
    [
        ({"channel": "C9999"}, "channel_not_found", "invite the bot"),
        ({"token": "env:OTHER_TOKEN"}, "invalid_auth", "token"),
    ],
)
def test_what_the_web_api_refuses_is_permanent_and_has_a_mend(
    bot: channel.Form,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    reason: str,
    mend: str,
) -> None:
    monkeypatch.setenv("OTHER_TOKEN", "xoxb-wrong")
    form = channel.Form.model_validate(bot.model_dump() | changed)
    error = refusal(form)
    assert error.reason == f"Slack refused the message: {reason}"
    assert mend in error.mend
    assert error.permanent


def test_an_answer_that_is_not_slacks_is_no_delivery(slack: Slack, bot: channel.Form) -> None:
    for body in ("<html>login</html>", "[]", '{"ok": "true"}', ""):
        slack.refusals = [Refusal(200, body)]
        assert refusal(bot).reason == "what answered is not Slack"


def test_a_slack_that_is_not_there_is_worth_another_try(
    monkeypatch: pytest.MonkeyPatch, hook: channel.Form
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK", f"http://127.0.0.1:9{HOOK}")
    error = refusal(hook)
    assert error.reason == "127.0.0.1 could not be reached: Connection refused"
    assert not error.permanent


def test_a_secret_is_not_sent_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, hook: channel.Form
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK", f"http://hooks.slack.example{HOOK}")
    assert refusal(hook).reason.startswith("Slack's address is not https")


def test_no_log_line_and_no_error_holds_a_secret(
    slack: Slack,
    hook: channel.Form,
    bot: channel.Form,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[str] = []
    send(hook, OPENED)
    send(bot, OPENED)
    for status in (200, 400, 404, 500):
        slack.refusals = [Refusal(status, f"{TOKEN} {slack.hook}")] * 2
        errors += [f"{e!r} {e} {e.mend}" for e in (refusal(bot),)]
        if status != 200:
            errors += [f"{e!r} {e} {e.mend}" for e in (refusal(hook),)]
    slack.refusals = []
    for bad in (
        f"{slack.hook}\n",
        f"ftp://x{HOOK}",
        f"http://[{HOOK}",
        f"http://127.0.0.1:1{HOOK}",
    ):
        monkeypatch.setenv("SLACK_WEBHOOK", bad)
        errors += [f"{e!r} {e} {e.mend}" for e in (refusal(hook),)]
    for bad in (f"{TOKEN}\r\nX: y", f"{TOKEN}é"):
        monkeypatch.setenv("SLACK_TOKEN", bad)
        errors += [f"{e!r} {e} {e.mend}" for e in (refusal(bot),)]
    seen = "\n".join([*errors, caplog.text, repr(hook), repr(bot)])
    assert len(errors) == 13
    assert "xxxxSECRETxxxx" not in seen
    assert TOKEN not in seen


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "says no way to Slack"),
        ({"webhook": "env:A", "token": "env:B", "channel": "C1"}, "has both a webhook and a token"),
        ({"token": "env:B"}, "has a token but no channel"),
        ({"webhook": "env:A", "channel": "C1"}, "a webhook posts to its own channel"),
        ({"webhook": "https://hooks.slack.com/services/T/B/x"}, "must be a reference"),
        ({"webhook": "env:A", "mention": {"search": "@search"}}, "is no id of Slack's"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        channel.Form.model_validate(fields)


@pytest.fixture(autouse=True)
def _httpx_logs_as_it_likes() -> Iterator[None]:
    """The channel itself has to keep its URL from the logs."""
    logger = logging.getLogger("httpx")
    before = logger.level
    logger.setLevel(logging.NOTSET)
    yield
    logger.setLevel(before)
