"""A small S3 on loopback over a folder: LIST with start-after, GET with ranges, and latency.

Reads only, needs no signature, and sleeps before each answer, as a distant store would. A few
template folders can be presented as any number of tables. Format:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
"""

import argparse
import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "lake"
_KEYS = {"AWS_ACCESS_KEY_ID": "loopback", "AWS_SECRET_ACCESS_KEY": "loopback"}
_PLACE = {"AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}
OPTIONS = ("AWS_ENDPOINT_URL", *_PLACE, *_KEYS)
"""The names of the storage options that `running` gives."""
_PAGE = 1000
_TABLE = re.compile(r"table_(\d+)")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class LoopbackS3:
    """Serves the files under `root` as one bucket; `requests` counts what was answered.

    With `templates`, `table_N/…` is what lies in `template_(N modulo templates)/…`. A GET of
    `/requests` tells the count, and is not in it.
    """

    root: Path
    latency: float
    templates: int = 0
    requests: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(self.latency)
                lines = head.decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ", 2)
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                answer = self.answer(target, headers.get("range"))
                writer.write(_wire(answer, with_body=method == "GET"))
                await writer.drain()
        writer.close()

    def answer(self, target: str, range_: str | None) -> Answer:
        """What a GET (or HEAD) of a target gets."""
        if target == "/requests":
            return Answer("200 OK", {}, str(self.requests).encode())
        self.requests += 1
        url = urlsplit(target)
        path = unquote(url.path).removeprefix(f"/{BUCKET}").lstrip("/")
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if path == "" and "list-type" in query:
            return self._list(query)
        file = self._file(path)
        if not file.is_file():
            return Answer("404 Not Found", {}, b"<Error><Code>NoSuchKey</Code></Error>")
        return _object(file, range_)

    def _list(self, query: dict[str, str]) -> Answer:
        prefix = query.get("prefix", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        keys = [key for key in self._keys(prefix) if key > after]
        page, more = keys[:_PAGE], len(keys) > _PAGE
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        entries = "".join(_entry(key, self._file(key)) for key in page)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
            f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{len(page)}</KeyCount><MaxKeys>{_PAGE}</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>"
        )
        return Answer("200 OK", {"Content-Type": "application/xml"}, body.encode())

    def _keys(self, prefix: str) -> list[str]:
        folder = self._file(prefix)
        below = (os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
        start = len(str(folder)) + 1
        return sorted(f"{prefix.rstrip('/')}/{name[start:]}".lstrip("/") for name in below)

    def _file(self, key: str) -> Path:
        match = _TABLE.match(key) if self.templates else None
        if match is None:
            return self.root / key
        template = f"template_{int(match[1]) % self.templates:04}"
        return self.root / f"{template}{key[match.end() :]}"


def _object(file: Path, range_: str | None) -> Answer:
    body = file.read_bytes()
    headers = {
        "ETag": f'"{file.stat().st_mtime_ns:x}"',
        "Last-Modified": format_datetime(_modified(file), usegmt=True),
        "Content-Type": "application/octet-stream",
    }
    match = _RANGE.fullmatch(range_ or "")
    if not match:
        return Answer("200 OK", headers, body)
    if match[1]:
        start, end = int(match[1]), min(int(match[2] or len(body) - 1), len(body) - 1)
    else:
        start, end = max(len(body) - int(match[2]), 0), len(body) - 1
    headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
    return Answer("206 Partial Content", headers, body[start : end + 1])


def _entry(key: str, file: Path) -> str:
    stat = file.stat()
    return (
        f"<Contents><Key>{escape(key)}</Key><Size>{stat.st_size}</Size>"
        f"<LastModified>{_modified(file):%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
        f"<ETag>&quot;{stat.st_mtime_ns:x}&quot;</ETag></Contents>"
    )


def _modified(file: Path) -> datetime:
    return datetime.fromtimestamp(int(file.stat().st_mtime), UTC)


def _wire(answer: Answer, *, with_body: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status}", f"Content-Length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head + (answer.body if with_body else b"")


@contextlib.contextmanager
def running(root: Path, latency: float, templates: int = 0) -> Iterator[dict[str, str]]:
    """The storage options of a server over `root`, in a process of its own."""
    command = [sys.executable, __file__, str(root), "--latency", str(latency)]
    command += ["--templates", str(templates)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", **_PLACE, **_KEYS}
        finally:
            process.terminate()


def uri(table: str) -> str:
    """The URI of a table that lies in the folder served."""
    return f"s3://{BUCKET}/{quote(table)}"


async def _main(root: Path, latency: float, templates: int) -> None:
    s3 = LoopbackS3(root, latency, templates)
    server = await asyncio.start_server(s3.serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--templates", type=int, default=0, help="folders that table_N stand for")
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.root, arguments.latency, arguments.templates))
