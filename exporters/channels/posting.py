"""One POST over HTTP, as every channel makes it: bounded in time and size, no redirects followed.

Neither an error nor a log line holds the URL, which may be a secret.
"""

import asyncio
import functools
import ipaddress
import logging
import os
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from exporters.channels.fields import http_url
from exporters.core import DeliveryError

if TYPE_CHECKING:
    import httpx

TIMEOUT = 15.0
"""Seconds for a whole POST, the look-up of the host included."""
_LONGEST_ANSWER = 64_000
_LONGEST_WAIT = 86_400.0
_HEADER = re.compile(r"[\x20-\x7e]*")
_AGAIN = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered; `retry_after` is in seconds, `text` is cut."""

    status: int
    text: str = ""
    retry_after: float | None = None

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def permanent(self) -> bool:
        """Whether the same request would be refused again."""
        return not self.accepted and self.status < 500 and self.status not in _AGAIN


async def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float = TIMEOUT,
    public_only: bool = False,
) -> Answer:
    """POST to a URL; raises DeliveryError when there is no answer.

    With `public_only` the host must have public addresses alone, and it is one of those looked at
    that is spoken to, whatever the name means a moment later; proxies are then not used.
    """
    try:
        parts = http_url(url)
    except ValueError as error:
        raise DeliveryError(f"the receiver's address {error}", permanent=True) from None
    if not all(_HEADER.fullmatch(value) for value in headers.values()):
        # Looked at here, as those below would write the value, a token, to their logs.
        raise DeliveryError(
            "a header cannot be sent: a secret holds characters that no header has",
            "write the secret anew, in one line of ASCII",
            permanent=True,
        )
    host = parts.hostname or ""
    try:
        async with asyncio.timeout(timeout):
            address = await _public_address(host, parts.port) if public_only else None
            return await _exchange(url, content, headers, address)
    except TimeoutError:
        raise DeliveryError(f"{host} did not answer within {timeout:g} s") from None


async def _exchange(
    url: str, content: bytes, headers: Mapping[str, str], address: str | None
) -> Answer:
    import httpx

    # It logs the URL of each request, and that may be a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    target = httpx.URL(url)
    host = target.host
    sent = {"User-Agent": "limnograph", **headers}
    extensions = {}
    if address is not None:
        sent["Host"] = target.netloc.decode("ascii")
        extensions["sni_hostname"] = host
        target = target.copy_with(host=address)
    try:
        async with (
            httpx.AsyncClient(
                verify=_tls(), timeout=None, follow_redirects=False, trust_env=address is None
            ) as client,
            client.stream(
                "POST", target, content=content, headers=sent, extensions=extensions
            ) as response,
        ):
            return await _answer(response)
    except httpx.HTTPError as error:
        # Its own words may hold the URL.
        raise DeliveryError(f"{host} could not be reached: {_kind(error)}") from None


def _kind(error: Exception) -> str:
    """The deepest cause in words that hold no URL."""
    cause: BaseException = error
    while (deeper := cause.__cause__ or cause.__context__) is not None:
        cause = deeper
    if isinstance(cause, OSError) and cause.strerror:
        # That of the number, as asyncio writes the address instead.
        number = cause.errno or 0
        return os.strerror(number) if number > 0 else cause.strerror
    return type(error).__name__


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads every certificate authority."""
    import httpx

    return httpx.create_ssl_context()


async def _answer(response: "httpx.Response") -> Answer:
    content = b""
    async for part in response.aiter_bytes(8192):
        content += part
        if len(content) > _LONGEST_ANSWER:
            break
    text = content[:_LONGEST_ANSWER].decode("utf-8", errors="replace")
    wait = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
    return Answer(response.status_code, text, wait)


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a header asks to wait, a day at most; None where it says nothing usable.

    >>> retry_after("30", datetime(2026, 3, 1, tzinfo=UTC))
    30.0
    >>> retry_after("Sun, 01 Mar 2026 00:01:00 GMT", datetime(2026, 3, 1, tzinfo=UTC))
    60.0
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        return None
    return min(max(0.0, (at - now).total_seconds()), _LONGEST_WAIT)


async def _public_address(host: str, port: int | None) -> str:
    """An address of a host all of whose addresses are public; else a DeliveryError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryError(f"{host} has no address", "check the name of the host") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not is_public(address):
            raise DeliveryError(
                f"{host} is {address}, which is not a public address",
                "write allow_private: true if the receiver is in your own network",
                permanent=True,
            )
    if not addresses:
        raise DeliveryError(f"{host} has no address", "check the name of the host")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is reachable from anywhere; also one that hides in an IPv6 address.

    >>> [is_public(a) for a in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = None
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if inner is not None and not inner.is_global:
        return False
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def refused(who: str, answer: Answer, mend: str = "") -> DeliveryError:
    """The error that an answer other than 2xx stands for."""
    if 300 <= answer.status < 400:
        mend = "redirects are not followed; write the address that it names"
    return DeliveryError(
        f"{who} answered {answer.status}",
        mend,
        permanent=answer.permanent,
        retry_after=answer.retry_after,
    )
