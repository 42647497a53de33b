"""A webhook gets the whole message, signed; what is not safe is not sent."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exporters.channels import webhook
from exporters.channels.posting import is_public, post, retry_after
from exporters.channels.webhook import Form, sign, verify
from exporters.core import DeliveryError, Message
from tests.exporters.channels.messages import EMPTY, HOSTILE, OPENED
from tests.exporters.channels.receiver import Receiver, receiver
from tests.house import ROOT

KEY = "k3y-of-the-signature"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("HOOK_KEY", KEY)
    with receiver() as state:
        yield state


def form(url: str, **more: Any) -> Form:
    return Form.model_validate({"url": url, "secret": "env:HOOK_KEY", **more})


def send(form: Form, message: Message = OPENED) -> None:
    asyncio.run(webhook.deliver(form, message, {}))


def refusal(form: Form) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(form)
    return caught.value


def test_the_whole_message_comes_with_its_id_and_a_signature(endpoint: Receiver) -> None:
    send(form(endpoint.url))
    (got,) = endpoint.got
    assert json.loads(got.body) == webhook.payload(OPENED)
    assert got.headers["X-Limnograph-Event-Id"] == OPENED.event_id
    assert got.headers["Content-Type"] == "application/json"
    header = got.headers["X-Limnograph-Signature"]
    assert verify(KEY, header, got.body, datetime.now(UTC).timestamp())


def test_the_body_has_every_field_of_a_message() -> None:
    assert set(webhook.payload(EMPTY)) == {f.name for f in fields(Message)} | {"schema_version"}


def test_without_a_secret_there_is_no_signature(endpoint: Receiver) -> None:
    send(Form.model_validate({"url": endpoint.url}))
    assert "X-Limnograph-Signature" not in endpoint.got[0].headers


def test_a_hostile_message_is_valid_json_in_utf_8(endpoint: Receiver) -> None:
    send(form(endpoint.url), HOSTILE)
    (got,) = endpoint.got
    assert json.loads(got.body.decode("utf-8"))["event_id"] == HOSTILE.event_id


def test_a_signature_is_that_of_openssl() -> None:
    # printf '1772348400.{"a":1}' | openssl dgst -sha256 -hmac s3cret
    expected = "6c8512c6cd3947d847999c690e88a51a1ca36be388dcc4a38202fcc86e71d4bc"
    assert sign("s3cret", b'{"a":1}', 1772348400) == f"t=1772348400,v1={expected}"


@given(st.binary(), st.text(min_size=1), st.integers(0, 10**10))
def test_a_signature_verifies_only_what_was_signed(body: bytes, secret: str, at: int) -> None:
    header = sign(secret, body, at)
    assert verify(secret, header, body, at)
    assert not verify(secret, header, body + b" ", at)
    assert not verify(secret + "x", header, body, at)
    assert not verify(secret, header.replace(f"t={at}", f"t={at + 1}"), body, at)


def test_an_old_signature_is_refused() -> None:
    header = sign(KEY, b"{}", 1000)
    assert [verify(KEY, header, b"{}", now) for now in (699, 700, 1300, 1301)] == [
        False,
        True,
        True,
        False,
    ]
    assert verify(KEY, header, b"{}", 5000, tolerance=4000)


@given(st.text())
def test_no_header_but_the_signature_verifies(header: str) -> None:
    assert not verify(KEY, header, b"{}", 1000)
    assert not verify(KEY, f"t=1000,v1={header}", b"{}", 1000)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, True), (403, True), (404, True), (410, True), (429, False), (503, False)],
)
def test_a_refusal_says_whether_another_try_is_of_use(
    endpoint: Receiver, status: int, permanent: bool
) -> None:
    endpoint.status, endpoint.headers = status, {"Retry-After": "7"}
    endpoint.body = KEY.encode()
    error = refusal(form(endpoint.url))
    assert error.reason == f"127.0.0.1 answered {status}"
    assert (error.permanent, error.retry_after) == (permanent, 7.0)
    assert KEY not in f"{error} {error.mend}"


def test_every_2xx_is_taken(endpoint: Receiver) -> None:
    for status in (200, 201, 202, 204):
        endpoint.status, endpoint.body = status, b""
        send(form(endpoint.url))
    assert len(endpoint.got) == 4


def test_a_redirect_is_not_followed(endpoint: Receiver) -> None:
    endpoint.status, endpoint.headers = 307, {"Location": endpoint.url + "/other"}
    error = refusal(form(endpoint.url))
    assert error.permanent
    assert "redirects are not followed" in error.mend
    assert [got.path for got in endpoint.got] == ["/alerts"]


def test_a_receiver_that_is_silent_is_given_up(endpoint: Receiver) -> None:
    done = threading.Event()
    endpoint.during = lambda: done.wait(30)
    try:
        error = refusal(form(endpoint.url, timeout=0.2))
    finally:
        done.set()
    assert error.reason == "127.0.0.1 did not answer within 0.2 s"
    assert not error.permanent


def test_an_endless_answer_is_cut_short(endpoint: Receiver) -> None:
    endpoint.body = b"x" * 50_000_000
    begun = time.monotonic()
    answer = asyncio.run(post(endpoint.url, b"{}", {}))
    assert len(answer.text) == 64_000
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.com/alerts", "is not https"),
        ("ftp://example.com/alerts", "is not an http or https URL"),
        ("https://user:pw@example.com/", "holds a user or a password"),
        ("https://example.net/?sig=abc", "has a query, which may be secret"),
        ("https://hooks.slack.com/services/T/B/x", "so it is a secret"),
        ("https://x.webhook.office.com/webhookb2/abc", "so it is a secret"),
        ("https://exa mple.com/", "is not an http or https URL"),
        ("https://example.com:99999/", "is not an http or https URL"),
        ("https://[::1/", "is not an http or https URL"),
        ("//example.net/", "is not an http or https URL"),
        (None, "expected a URL"),
    ],
)
def test_a_url_that_is_not_safe_to_write_is_refused(url: Any, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        form(url)
    (details,) = caught.value.errors()
    assert problem in details["msg"]
    assert not isinstance(url, str) or url not in details["msg"]


def test_plain_http_has_to_be_allowed() -> None:
    assert form("http://relay.internal/x", allow_http=True).url == "http://relay.internal/x"
    assert form("http://localhost:9/x").url == "http://localhost:9/x"


def test_a_secret_url_is_held_to_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setenv("HOOK_URL", "http://example.com/alerts?sig=S3CRET")
    error = refusal(form("env:HOOK_URL"))
    assert error.permanent
    assert "is not https" in error.reason
    assert "S3CRET" not in f"{error} {error.mend}"


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "169.254.169.254", "[fd00::1]", "[::ffff:10.0.0.1]", "0.0.0.0", "192.168.1.1"],
)
def test_a_private_address_is_refused_unless_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    error = refusal(form(f"https://{host}/latest/meta-data"))
    assert error.permanent
    assert "not a public address" in error.reason
    assert error.mend == "write allow_private: true if the receiver is in your own network"


def test_a_name_of_this_machine_does_not_pass_for_a_public_one(endpoint: Receiver) -> None:
    # localhost by another name: the addresses are looked at, not the name.
    url = endpoint.url.replace("127.0.0.1", "localhost.")
    error = refusal(form(url, allow_http=True))
    assert error.permanent is ("has no address" not in error.reason)
    assert endpoint.got == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("127.0.0.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("::", False),
    ],
)
def test_only_addresses_reachable_from_anywhere_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_retry_after_is_seconds_or_a_date_and_at_most_a_day() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    late = (now + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    cases = {"0": 0.0, "30": 30.0, late: 90.0, "999999999": 86_400.0, "9" * 99: 86_400.0}
    nonsense = ("", "-1", "1.5", "soon", "\uff11\uff12", "Sun, 99 Mar 2026", "0x10")
    expected = {**cases, **dict.fromkeys(nonsense)}
    assert {value: retry_after(value, now) for value in expected} == expected
    past = "Sat, 28 Feb 2026 00:00:00 GMT"
    assert retry_after(past, now) == 0.0


def test_a_host_that_does_not_exist_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    error = refusal(form("https://nowhere.invalid/alerts"))
    assert error.reason == "nowhere.invalid has no address"
    assert not error.permanent


def test_the_receiver_that_the_documentation_shows_verifies_what_is_sent() -> None:
    page = (ROOT / "docs" / "how-to" / "alerts.md").read_text(encoding="utf-8")
    shown: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], shown)
    header = sign(KEY, b'{"a":1}', 1000)
    assert shown["verify"](KEY, header, b'{"a":1}', 1300)
    assert not shown["verify"](KEY, header, b'{"a":2}', 1300)
    assert not shown["verify"](KEY, header, b'{"a":1}', 1301)
