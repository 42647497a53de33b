"""A message as blocks of Slack, within its limits.

What comes from outside stands in plain text or is escaped, so that no name of a table can call a
whole channel. Limits: 50 blocks, header 150 characters, section 3000, 10 fields of 2000 (Slack's
reference of Block Kit), and about 13,200 in all blocks together (bolt-js, issue 2509).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exporters import message_text
from exporters.core import Change, Message
from exporters.message_text import ELLIPSIS, NONE_KNOWN, NOT_KNOWN, clean, cut, line, rank, units
from exporters.wording import moment

if TYPE_CHECKING:
    from slack_sdk.models.blocks import Block

# Limits in characters as they are sent, escapes included; together below the sum Slack takes.
_HEADER, _CONTEXT, _REASON, _FIELD, _ITEMS = 150, 400, 2000, 700, 2500
_ABOUT, _MEND, _LOOK, _LINK = 1000, 500, 900, 1500
_FALLBACK = 1000
_PARTIAL = re.compile(r"&[a-z]{0,3}$")


def escaped(text: str, limit: int) -> str:
    """Text for Slack, cut to a limit that counts the escapes, none of which is broken.

    >>> escaped("a<!channel>&b", 99), escaped("<<<<", 10)
    ('a&lt;!channel&gt;&amp;b', '&lt;&lt;…')
    """
    # No more of it can be kept, and what is long is not worth the time.
    text = text[: limit + 1].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if units(text) <= limit:
        return text
    kept = cut(text, limit).removesuffix(ELLIPSIS)
    return _PARTIAL.sub("", kept) + ELLIPSIS


def payload(
    message: Message, mention: Mapping[str, str] | None = None, *, call: bool = True
) -> dict[str, Any]:
    """The text and the blocks of a message; with `call` the owner is mentioned, else only named."""
    called = (mention or {}).get(message.owner, "") if call else ""
    blocks = [block.to_dict() for block in _blocks(message, called)]
    reason = line(message.reason)
    fallback = f"{_title(message)}: {reason}" if reason else _title(message)
    return {
        "text": escaped(fallback, _FALLBACK),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _blocks(message: Message, called: str) -> "list[Block]":
    from slack_sdk.models.blocks import (
        ContextBlock,
        HeaderBlock,
        MarkdownTextObject,
        PlainTextObject,
        SectionBlock,
    )

    def plain(text: str, limit: int) -> PlainTextObject:
        # Plain text is taken literally: no mentions, no formatting.
        return PlainTextObject(text=escaped(text, limit), emoji=False)

    def marked(text: str) -> MarkdownTextObject:
        return MarkdownTextObject(text=text, verbatim=True)

    texts = [
        (clean(message.reason).strip(), _REASON),
        (_items(message.items), _ITEMS),
    ]
    after = [
        (clean(message.description).strip(), _ABOUT),
        (_led("To mend: ", message.mend), _MEND),
        (_led("Look closer: ", message.look), _LOOK),
    ]
    blocks: list[Block] = [
        HeaderBlock(text=plain(_title(message), _HEADER)),
        ContextBlock(elements=[plain(_about(message), _CONTEXT)]),
        *(SectionBlock(text=plain(text, limit)) for text, limit in texts if text),
        SectionBlock(
            fields=[
                marked(text) if is_marked else plain(text, _FIELD)
                for text, is_marked in _fields(message, called)
            ]
        ),
        *(SectionBlock(text=plain(text, limit)) for text, limit in after if text),
    ]
    if link := _link(message_text.link(message)):
        blocks.append(SectionBlock(text=marked(link)))
    return blocks


def _fields(message: Message, called: str) -> list[tuple[str, bool]]:
    """The facts, each with whether it is Slack's own markup; times show in the reader's zone."""
    marked = {
        "Since": _moment(message.since, NOT_KNOWN),
        "Last good": _moment(message.last_good, NONE_KNOWN),
    }
    if called:
        marked["Owner"] = _called(called)
    return [
        (f"{name}\n{marked[name]}", True) if name in marked else (f"{name}\n{value}", False)
        for name, value in message_text.facts(message)
    ]


def _moment(at: datetime | None, unknown: str) -> str:
    if at is None:
        return unknown
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{moment(at)} UTC>"


def _called(slack_id: str) -> str:
    if slack_id in ("here", "channel"):
        return f"<!{slack_id}>"
    return f"<!subteam^{slack_id}>" if slack_id.startswith("S") else f"<@{slack_id}>"


def _title(message: Message) -> str:
    return f"{_sign(message)} {message_text.title(message)}"


def _sign(message: Message) -> str:
    if message.change is not Change.OPENED and message.change is not Change.UPDATED:
        return {Change.RESOLVED: "✅", Change.SUMMARY: "📋"}.get(message.change, "🔔")
    if message.status == "error":
        return "⚠️"
    worst = 1 if message.status == "warn" else 2
    return ("🔵", "🟠", "🔴")[min(rank(message.severity), worst)]


def _about(message: Message) -> str:
    parts = (message.table, message.check, message.severity, message_text.state(message))
    return line(" · ".join(part for part in parts if part))


def _items(items: Sequence[str]) -> str:
    """As many lines as fit, each cut, and how many more there are."""
    told: list[str] = []
    room = _ITEMS - 40
    for item in items:
        text = f"• {cut(line(item), 300)}"
        room -= len(escaped(text, _ITEMS)) + 1
        if room < 0:
            break
        told.append(text)
    if len(told) < len(items):
        told.append(f"and {len(items) - len(told):,} more")
    return "\n".join(told)


def _led(by: str, text: str) -> str:
    return by + cleaned if (cleaned := clean(text).strip()) else ""


def _link(url: str) -> str:
    """A link, unless the URL is too long to be kept whole."""
    whole = url.replace("&", "&amp;")
    return f"<{whole}|Show more>" if url and units(whole) <= _LINK else ""
