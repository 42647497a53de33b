"""Worker processes: where blocking work runs, so that nothing else in the service waits for it.

delta-rs holds the interpreter's lock while it reads a log, and a native crash or the kernel's
out-of-memory killer takes the whole process with it. So such work runs elsewhere: one process for
each thread of a small pool, started on first need by `spawn` (a forked tokio runtime panics),
killed when its task takes too long, and gone when the parent is gone, however the parent ended.
A worker shares no lock and no queue with another: what kills one costs one task.
Workers compute from their arguments and give back a value; they never open the store.
"""

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple

from monitors.errors import LimnographError, UnavailableError, UnreadableError
from monitors.lakes.time_limit import Turn

T = TypeVar("T")
Args = TypeVarTuple("Args")

NAME = "limnograph-worker"
START_LIMIT = 60.0  # seconds; a busy machine may need many for the imports of a new interpreter
_PR_SET_PDEATHSIG = 1


class WorkerLostError(UnavailableError):
    """The work was given up because of its worker: too slow, killed or died. Another try may do."""


class Workers:
    """At most `limit` worker processes; none is started before the first call."""

    def __init__(self, limit: int = 2) -> None:
        self._threads = ThreadPoolExecutor(limit, thread_name_prefix=NAME)
        self._of_this_thread = threading.local()
        self._lock = threading.Lock()
        self._workers: set[_Worker] = set()
        self._closed = False

    async def call(self, function: Callable[[*Args], T], *args: *Args, timeout: float) -> T:
        """The result of a module-level function, run in a worker process.

        `timeout` is in seconds, from the start of the work: waiting for a free worker does not
        count, nor against a `time_limit` around the call. Raises what the function raised, and
        WorkerLostError when the work took too long or its process died. Cancelling the call kills
        the worker too.
        """
        turn = Turn()
        task = _Task(pickle.dumps((function, args)), timeout, turn.come_from_thread)
        try:
            done, value = await asyncio.wrap_future(self._threads.submit(self._run, task))
        except asyncio.CancelledError:
            task.abandon()
            raise
        finally:
            turn.come()
        if not done:
            raise value
        result: T = value
        return result

    @property
    def pids(self) -> frozenset[int]:
        """The process ids of the workers that are alive."""
        with self._lock:
            return frozenset(worker.pid for worker in self._workers)

    def close(self) -> None:
        """End every worker, busy or not; calls under way raise LimnographError."""
        with self._lock:
            self._closed = True
            workers = tuple(self._workers)
        for worker in workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, task: "_Task") -> "_Answer":
        worker = self._worker()
        try:
            answer: _Answer = pickle.loads(task.ask(worker))
        except _Lost as lost:
            self._discard(worker)
            if self._closed:
                raise _stopped() from None
            raise WorkerLostError(lost.reason, lost.mend) from None
        return answer

    def _worker(self) -> "_Worker":
        """This thread's worker; a new one at first, and after the old one died."""
        worker: _Worker | None = getattr(self._of_this_thread, "worker", None)
        if worker is not None and worker.alive:
            return worker
        if worker is not None:
            self._discard(worker)
        with self._lock:
            if self._closed:
                raise _stopped()
            worker = _Worker()
            self._workers.add(worker)
        self._of_this_thread.worker = worker
        return worker

    def _discard(self, worker: "_Worker") -> None:
        self._of_this_thread.worker = None
        worker.kill()
        with self._lock:
            self._workers.discard(worker)


def _stopped() -> LimnographError:
    # Not an UnreadableError: the table is not at fault, so nothing may be concluded about it.
    return LimnographError("the worker processes were stopped", "start the service again")


_Answer = tuple[bool, Any]
"""Whether the function returned; and what it returned, else the exception it raised."""


class _Lost(LimnographError):
    """The worker is gone, and its task with it."""


class _Worker:
    """One process and the pipe to it, used by one thread at a time."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name=NAME, daemon=True)
        # The kernel's death signal follows the thread that starts the process, not the whole
        # parent: this thread lives as long as the pool.
        self._process.start()
        theirs.close()
        self._ready = False

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def answer(self, payload: bytes, timeout: float, begins: Callable[[], None]) -> bytes:
        """The bytes that the process sends back; raises _Lost when it takes too long or dies."""
        try:
            if not self._ready:
                self._receive(START_LIMIT, "a worker process did not start")
                self._ready = True
            begins()
            self._pipe.send_bytes(payload)
            return self._receive(timeout, "reading was stopped")
        except (EOFError, OSError):
            raise _Lost(*self._why_it_died()) from None

    def kill(self) -> None:
        """End the process now, whatever it does."""
        self._process.kill()
        self._process.join()

    def _receive(self, timeout: float, what: str) -> bytes:
        if not wait([self._pipe], timeout):
            raise _Lost(
                f"{what}: it took longer than {timeout:g} s",
                "raise the time-out, or give the machine less to do at once",
            )
        return self._pipe.recv_bytes()

    def _why_it_died(self) -> tuple[str, str]:
        self._process.join(1)
        code = self._process.exitcode
        if code == -signal.SIGKILL:
            return (
                "the worker process that read it was killed",
                "the machine may be out of memory: give it more, or run fewer workers",
            )
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return (
            f"the worker process that read it died ({how})",
            "run again; if it happens again, report it with the table's writer and features",
        )


class _Task:
    """Work on its way through a worker; whoever awaited it may abandon it at any time."""

    def __init__(self, payload: bytes, timeout: float, begins: Callable[[], None]) -> None:
        self._payload = payload
        self._timeout = timeout
        self._begins = begins
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._abandoned = False

    def ask(self, worker: _Worker) -> bytes:
        """Have the worker do it; raises _Lost."""
        with self._lock:
            if self._abandoned:
                raise _Lost("reading was cancelled", "")
            self._worker = worker
        try:
            return worker.answer(self._payload, self._timeout, self._begins)
        finally:
            with self._lock:
                self._worker = None

    def abandon(self) -> None:
        """Nobody waits any more: kill the worker if it is at it."""
        with self._lock:
            self._abandoned = True
            if self._worker is not None:
                self._worker.kill()


def _serve(pipe: Connection) -> None:
    """The life of a worker process: answer until the parent is gone."""
    _die_with_the_parent()
    # Ctrl-C reaches the whole process group; the parent decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        pipe.send_bytes(b"ready")
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(payload: bytes) -> bytes:
    try:
        function, args = pickle.loads(payload)
        return pickle.dumps((True, function(*args)))
    except Exception as error:
        return pickle.dumps((False, _portable(error)))


def _portable(error: Exception) -> Exception:
    """The exception if it survives the way to the parent, else its description."""
    if isinstance(error, LimnographError):
        return error
    error.add_note(f"in a worker process:\n{''.join(traceback.format_exception(error))}")
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return UnreadableError(f"{type(error).__name__}: {error}")
    return error


def _die_with_the_parent() -> None:
    """Arrange for the end of this process when the parent ends, even by SIGKILL."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        # Works also while native code holds the interpreter's lock, when no thread can watch.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    """Exit when the parent is gone, also where the kernel has no death signal."""
    wait([sentinel])
    os._exit(1)
