"""Object stores on loopback that can be told to fail: the S3 of the benchmarks, with faults.

The server runs in a thread of the test, sees every request, and answers what the test decides.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.loopback_s3 import BUCKET, Answer, LoopbackS3

KEYS = {"aws_access_key_id": "AKIALOOPBACK", "aws_secret_access_key": "not-for-logs"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked; `number` counts from 1, `peer` is the client's port."""

    number: int
    peer: int
    method: str
    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        found = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        return {key: values[0] for key, values in found.items()}

    @property
    def lists(self) -> bool:
        """Whether it is a LIST."""
        return "list-type" in self.query


class Cut(Enum):
    """Faults below HTTP."""

    RESET = auto()  # the connection ends without an answer
    STALL = auto()  # no answer comes, and the connection stays
    HALF = auto()  # the body ends in its middle


Fault = Answer | Cut | None
"""What to answer in place of the object or the listing; None answers as a store does."""


@dataclass(slots=True)
class LoopbackStore:
    """A running server; `fault` is asked about each request, `seen` are all of them."""

    root: Path
    port: int = 0
    scheme: str = "http"
    fault: Callable[[Request], Fault] = lambda _: None
    seen: list[Request] = field(default_factory=list)
    closing: bool = False

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def options(self) -> dict[str, str]:
        """The storage options to reach it, with next to no waiting between tries."""
        return {
            **KEYS,
            **IMPATIENT,
            "aws_endpoint_url": self.url,
            "aws_region": "us-east-1",
            "allow_http": "true",
        }

    def uri(self, table: str) -> str:
        return f"s3://{BUCKET}/{table}"

    def answer(self, request: Request) -> Answer:
        """The answer of a sound store."""
        return LoopbackS3(self.root, 0).answer(request.target, request.headers.get("range"))


IMPATIENT = {
    "max_retries": "2",
    "backoff_config.init_backoff": "1ms",
    "backoff_config.max_backoff": "2ms",
}


def refusal(status: HTTPStatus, code: str, message: str = "", **headers: str) -> Answer:
    """An error as S3 answers it."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
        f"<Message>{message}</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>"
    )
    return Answer(f"{status.value} {status.phrase}", headers, body.encode())


@contextmanager
def loopback(store: LoopbackStore, tls: ssl.SSLContext | None = None) -> Iterator[LoopbackStore]:
    """Run a store's server on a free port until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loopback store")
    thread.start()
    try:
        started = asyncio.run_coroutine_threadsafe(_start(store, tls), loop)
        server = started.result(30)
        try:
            yield store
        finally:
            asyncio.run_coroutine_threadsafe(_stop(store, server), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _start(store: LoopbackStore, tls: ssl.SSLContext | None) -> asyncio.Server:
    serving: set[asyncio.Task[object] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())  # the loop itself would let go of it
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _serve(store, reader, writer)
        with suppress(ConnectionError):
            close = writer.transport.abort if store.closing else writer.close
            close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", store.port, ssl=tls)
    store.port = server.sockets[0].getsockname()[1]
    store.scheme = "https" if tls else "http"
    return server


async def _stop(store: LoopbackStore, server: asyncio.Server) -> None:
    store.closing = True
    server.close()
    # A connection that was just made is closed by its task, once that has begun.
    await asyncio.sleep(0)
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _serve(
    store: LoopbackStore, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while head := await reader.readuntil(b"\r\n\r\n"):
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        pairs = (line.partition(": ") for line in lines[1:] if line)
        headers = {name.lower(): value for name, _, value in pairs}
        await reader.readexactly(int(headers.get("content-length", "0")))
        port = writer.get_extra_info("peername")[1]
        request = Request(len(store.seen) + 1, port, method, target, headers)
        store.seen.append(request)
        found = store.fault(request)
        if found is Cut.RESET:
            return
        if found is Cut.STALL:
            await reader.read()  # until the client has had enough
            return
        answer = found if isinstance(found, Answer) else store.answer(request)
        body = b"" if method == "HEAD" else answer.body
        writer.write(_head(answer) + (body[: len(body) // 2] if found is Cut.HALF else body))
        await writer.drain()
        if found is Cut.HALF:
            return


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status}", f"Content-Length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
