"""A Slack on 127.0.0.1: incoming webhooks, chat.postMessage and chat.update as they are documented.

It checks what Slack checks (lengths of blocks and fields, the sum over all blocks, tokens, whose
message it is), keeps the messages, and answers 429 when it is told to or when its rate is exceeded.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "xoxb-1-loopback"
HOOK = "/services/T0001/B0001/xxxxSECRETxxxx"
CHANNEL = "C0001"
_CALLS = re.compile(r"<(!(?:here|channel|everyone|subteam\^[^>|]+)|@[^>|]+)[^>]*>")
_BLOCKS = ("header", "section", "context", "divider", "actions", "image", "rich_text")


@dataclass
class Posted:
    """A message as Slack keeps it; `thread` is the root's timestamp for a reply."""

    channel: str
    ts: str
    body: dict[str, Any]
    by: str
    thread: str = ""
    broadcast: bool = False
    edits: int = 0

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    @property
    def calls(self) -> list[str]:
        """Who is called by the message: people, groups, whole channels."""
        texts = [o["text"] for o in text_objects(self.body) if o["type"] == "mrkdwn"]
        loose = [
            f"!{word}"
            for o in text_objects(self.body)
            if o["type"] == "mrkdwn" and not o.get("verbatim")
            for word in re.findall(r"@(here|channel|everyone)\b", o["text"])
        ]
        return [found for text in (self.text, *texts) for found in _CALLS.findall(text)] + loose

    @property
    def shown(self) -> str:
        """Every text of the blocks, without escapes, one in a line."""
        texts = [o["text"] for o in text_objects(self.body)]
        whole = "\n".join(texts)
        return whole.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@dataclass
class Refusal:
    """An answer that is given instead of the next one."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Slack:
    """The state of the server; `refusals` are given first, `now` is the clock of its rate limit."""

    url: str = ""
    messages: list[Posted] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    limited: bool = False
    now: float = 1000.0
    _last: dict[str, float] = field(default_factory=dict)

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    @property
    def hook(self) -> str:
        return f"{self.url}{HOOK}"

    def roots(self) -> list[Posted]:
        """The messages that are no replies."""
        return [message for message in self.messages if not message.thread]

    def say(self, body: dict[str, Any], channel: str, by: str, thread: str = "") -> Posted:
        """Keep a message."""
        ts = f"1700000000.{len(self.messages):06}"
        posted = Posted(channel, ts, body, by, thread, bool(body.get("reply_broadcast")))
        self.messages.append(posted)
        return posted

    def find(self, channel: object, ts: object) -> Posted | None:
        found = [m for m in self.messages if (m.channel, m.ts) == (channel, ts)]
        return found[0] if found else None

    def over_rate(self, channel: str) -> bool:
        """Whether a message comes within a second of the last one of its channel."""
        if not self.limited:
            return False
        over = self.now - self._last.get(channel, -1.0) < 1.0
        if not over:
            self._last[channel] = self.now
        return over


def text_objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every text object of a body."""
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield value
        for item in value.values():
            yield from text_objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from text_objects(item)


def wrong(body: dict[str, Any]) -> str:
    """Slack's code for a message that it does not take; empty if it takes it."""
    text, blocks = body.get("text"), body.get("blocks", [])
    if not isinstance(text, str) or not (text or blocks):
        return "no_text"
    if len(text) > 40_000:
        return "msg_too_long"
    if not isinstance(blocks, list) or len(blocks) > 50 or not all(map(_is_block, blocks)):
        return "invalid_blocks"
    if sum(_length(o["text"]) for o in text_objects(blocks)) > 13_200:
        return "msg_blocks_too_long"
    return ""


def _length(text: str) -> int:
    """In UTF-16 units, the stricter of the ways in which it may be counted."""
    return len(text.encode("utf-16-le")) // 2


def _is_text(value: Any, limit: int, *kinds: str) -> bool:
    return (
        isinstance(value, dict)
        and value.get("type") in (kinds or ("plain_text", "mrkdwn"))
        and isinstance(value.get("text"), str)
        and 0 < _length(value["text"]) <= limit
        and not ("emoji" in value and value["type"] != "plain_text")
        and not ("verbatim" in value and value["type"] != "mrkdwn")
        and not re.search(r"&(?!amp;|lt;|gt;)", value["text"])
    )


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict) or block.get("type") not in _BLOCKS:
        return False
    if len(block.get("block_id", "")) > 255:
        return False
    if block["type"] == "header":
        return _is_text(block.get("text"), 150, "plain_text")
    if block["type"] == "context":
        elements = block.get("elements", [])
        return 0 < len(elements) <= 10 and all(_is_text(one, 3000) for one in elements)
    if block["type"] == "section":
        fields = block.get("fields", [])
        whole = "text" not in block or _is_text(block["text"], 3000)
        parts = len(fields) <= 10 and all(_is_text(one, 2000) for one in fields)
        return whole and parts and ("text" in block or bool(fields))
    return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    slack: Slack
    lock: threading.Lock

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.lock:
            self.slack.requests.append(self.path)
            if self.slack.refusals:
                refusal = self.slack.refusals.pop(0)
                self._answer(refusal.status, refusal.body, refusal.headers)
            elif self.path.startswith("/services/"):
                self._webhook(content)
            elif self.path.startswith("/api/"):
                self._api(self.path.removeprefix("/api/"), content)
            else:
                self._answer(404, "not found")

    def _answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _webhook(self, content: bytes) -> None:
        if self.path != HOOK:
            return self._answer(404, "no_service")
        body = _body(self.headers.get("Content-Type", ""), content)
        if body is None:
            return self._answer(400, "invalid_payload")
        if code := wrong(body):
            return self._answer(400, code)
        if self.slack.over_rate(HOOK):
            return self._answer(429, "rate_limited", {"Retry-After": "1"})
        self.slack.say(body, CHANNEL, "webhook")
        return self._answer(200, "ok")

    def _api(self, method: str, content: bytes) -> None:
        body = _body(self.headers.get("Content-Type", ""), content)
        if body is None:
            return self._told({"ok": False, "error": "invalid_json"})
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        token = token or str(body.get("token", ""))
        if token != TOKEN:
            return self._told({"ok": False, "error": "invalid_auth" if token else "not_authed"})
        if method not in ("chat.postMessage", "chat.update"):
            return self._told({"ok": False, "error": "unknown_method"})
        if body.get("channel") not in (CHANNEL, "#alerts"):
            return self._told({"ok": False, "error": "channel_not_found"})
        if code := wrong(body):
            return self._told({"ok": False, "error": code})
        return self._post(body) if method == "chat.postMessage" else self._update(body)

    def _post(self, body: dict[str, Any]) -> None:
        thread = str(body.get("thread_ts", ""))
        if thread and self.slack.find(CHANNEL, thread) is None:
            return self._told({"ok": False, "error": "thread_not_found"})
        if self.slack.over_rate(CHANNEL):
            limited = json.dumps({"ok": False, "error": "ratelimited"})
            return self._answer(429, limited, {"Retry-After": "1"})
        posted = self.slack.say(body, CHANNEL, TOKEN, thread)
        return self._told({"ok": True, "channel": CHANNEL, "ts": posted.ts, "message": body})

    def _update(self, body: dict[str, Any]) -> None:
        found = self.slack.find(body.get("channel"), body.get("ts"))
        if found is None:
            return self._told({"ok": False, "error": "message_not_found"})
        if found.by != TOKEN:
            return self._told({"ok": False, "error": "cant_update_message"})
        found.body, found.edits = body, found.edits + 1
        return self._told({"ok": True, "channel": CHANNEL, "ts": found.ts, "text": found.text})

    def _told(self, document: dict[str, Any]) -> None:
        self._answer(200, json.dumps(document), {"Content-Type": "application/json"})


def _body(kind: str, content: bytes) -> dict[str, Any] | None:
    """A JSON or form body; None for what is neither."""
    try:
        if kind.startswith("application/x-www-form-urlencoded"):
            fields: dict[str, Any] = dict(parse_qsl(content.decode()))
            if "payload" in fields:
                fields = json.loads(fields["payload"])
            if isinstance(fields.get("blocks"), str):
                fields["blocks"] = json.loads(fields["blocks"])
            return fields
        found = json.loads(content.decode("utf-8"))
    except ValueError:
        return None
    return found if kind.startswith("application/json") and isinstance(found, dict) else None


@contextmanager
def loopback_slack() -> Iterator[Slack]:
    """A server that runs until the end of the block."""
    slack = Slack()
    handler = type("Handler", (_Handler,), {"slack": slack, "lock": threading.Lock()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        slack.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield slack
        finally:
            server.shutdown()
            thread.join()
