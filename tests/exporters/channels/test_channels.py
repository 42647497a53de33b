"""What every channel promises: its name, its form, its place in `ALL`, its golden payloads."""

import importlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from exporters import channels
from exporters.channels import alertmanager, slack, webhook
from exporters.core import ChannelKind, Message
from tests.exporters.channels.messages import (
    EMPTY,
    ERROR,
    HOSTILE,
    NOON,
    OPENED,
    RESOLVED,
    SUMMARY,
    UPDATED,
)
from tests.house import ROOT

SHARED = {"__init__", "fields", "posting", "slack_blocks"}
"""Modules of the folder that are no channels."""
GOLDEN = Path(__file__).parent / "golden"
MESSAGES = {
    "opened": OPENED,
    "updated": UPDATED,
    "resolved": RESOLVED,
    "error": ERROR,
    "summary": SUMMARY,
    "empty": EMPTY,
}
PAYLOADS: dict[str, Callable[[Message], Any]] = {
    "slack": lambda message: slack.payload(message, {"search": "S0AB1"}),
    "webhook": webhook.payload,
    "alertmanager": lambda message: alertmanager.payload(message, NOON + timedelta(minutes=5)),
}

each_channel = pytest.mark.parametrize("channel", channels.ALL, ids=lambda c: str(c.name))


def payload(channel: str, message: Message) -> Any:
    return PAYLOADS[channel](message)


def test_all_lists_every_channel_of_the_folder() -> None:
    files = {path.stem for path in (ROOT / "exporters" / "channels").glob("*.py")} - SHARED
    assert sorted(channel.name for channel in channels.ALL) == sorted(files)


@each_channel
def test_a_channel_is_the_file_of_its_name_and_explains_itself(channel: ChannelKind) -> None:
    module = importlib.import_module(f"exporters.channels.{channel.name}")
    assert channel is module.CHANNEL
    assert callable(module.payload)
    assert len((module.__doc__ or "").split()) > 20
    assert channel.summary.endswith(".")
    for field in channel.form.model_fields.values():
        assert (field.description or "").endswith(".")


@each_channel
def test_its_form_refuses_a_field_that_it_does_not_know(channel: ChannelKind) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        channel.form.model_validate({"surprise": 1})


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("channel", PAYLOADS)
def test_a_payload_is_as_it_was_agreed(channel: str, name: str) -> None:
    golden = (GOLDEN / f"{channel}_{name}.json").read_text(encoding="utf-8")
    assert payload(channel, MESSAGES[name]) == json.loads(golden)


@pytest.mark.parametrize("name", ["opened", "updated", "resolved", "error", "summary"])
@pytest.mark.parametrize("channel", PAYLOADS)
def test_every_message_says_what_the_design_promises(channel: str, name: str) -> None:
    message = MESSAGES[name]
    told = json.dumps(payload(channel, message), ensure_ascii=False).replace("&amp;", "&")
    expected = [message.observed, message.expected, message.link]
    assert [text for text in expected if text not in told] == []
    for word in ("observed", "expected", "since", "last good", "owner"):
        assert word in told.lower().replace("_", " ").replace("startsat", "since")


@pytest.mark.parametrize("channel", PAYLOADS)
def test_a_hostile_message_becomes_a_small_document_without_control_characters(
    channel: str,
) -> None:
    text = json.dumps(payload(channel, HOSTILE), ensure_ascii=False)
    assert len(text.encode("utf-8")) < 10_000_000
    for escape in ("\\u0000", "\\u001b", "\\u0007", "\u202e", "\ud800", "\\r"):
        assert escape not in text
    assert "مرحبا" in text
