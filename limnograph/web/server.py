"""uvicorn in a thread of its own, so that nothing else in the process delays an answer."""

import gc
import socket
import sys
import threading
from types import TracebackType
from typing import Self

import structlog
import uvicorn
from starlette.types import ASGIApp

from monitors.errors import LimnographError

SWITCH_INTERVAL = 0.0005
KEEP_ALIVE = 130
STOP_WITHIN = 5

log = structlog.get_logger(__name__)


class Server:
    """Serves an application from `start` to `stop`, or as a context.

    Port 0 takes a free one; `url` says which.
    """

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self._port = host, port
        self._uvicorn = _Uvicorn(app)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Bind and serve; returns when requests are answered.

        Raises LimnographError when the address cannot be had.
        """
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        _favour_answers()
        self._thread = threading.Thread(
            target=self._uvicorn.run, args=([listener],), name="web", daemon=True
        )
        self._thread.start()
        self._uvicorn.answering.wait()
        log.info("serving", url=self.url)

    def stop(self) -> None:
        """Answer what was asked, then close; does nothing unless it was started."""
        if self._thread is not None:
            self._uvicorn.should_exit = True
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Uvicorn(uvicorn.Server):
    """uvicorn, telling when it answers."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            access_log=False,
            lifespan="off",
            log_config=None,
            log_level="warning",
            server_header=False,
            # Prometheus scrapes every minute at the slowest and should find its connection open.
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=STOP_WITHIN,
            ws="none",
        )
        super().__init__(config)
        self.answering = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answering.set()


def _favour_answers() -> None:
    """Make the rest of the process let go of the interpreter sooner; holds from now on.

    The thread that answers needs it several times per request: not after the default of 5 ms each
    time while a cycle computes, nor after the garbage collector has been through everything that
    was loaded at the start and will be there at the end.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.collect()
    gc.freeze()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise LimnographError(
            f"cannot listen on {host} port {port}: {error}", "choose another --host or --port"
        ) from error
    # Connections inherit it. asyncio sets it only for sockets that name TCP as their protocol,
    # which this one does not; without it the end of an answer may wait 40 ms for the scraper's ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
