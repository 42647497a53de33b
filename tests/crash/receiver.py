"""A webhook's receiver on 127.0.0.1: takes every message, and remembers it before it answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What was taken, in order."""

    url: str
    took: list[dict[str, Any]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def has_taken(self, number: int, timeout: float) -> bool:
        """Wait until it has taken so many."""
        with self.news:
            return self.news.wait_for(lambda: len(self.took) >= number, timeout)

    @property
    def events(self) -> list[str]:
        return [body["event_id"] for body in self.took]

    def first(self) -> list[dict[str, Any]]:
        """What was taken, without repetitions."""
        return list({body["event_id"]: body for body in self.took}.values())


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with receiver.news:
                receiver.took.append(body)
                receiver.news.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            # Whoever asked was killed.
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
