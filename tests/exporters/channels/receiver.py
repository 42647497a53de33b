"""A receiver of POSTs on 127.0.0.1 that keeps what came, and answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came; `status` and `headers` are answered, `during` is called before that."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    during: Callable[[], object] = bool


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        it = self.receiver
        it.got.append(Got(self.path, dict(self.headers.items()), content))
        it.during()
        self.send_response(it.status)
        for name, value in it.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(it.body)
        except (BrokenPipeError, ConnectionResetError):
            it.headers["gone"] = "early"


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server that runs until the end of the block."""
    state = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        state.url = f"http://127.0.0.1:{server.server_address[1]}/alerts"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
