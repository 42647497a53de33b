import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from monitors.errors import LimnographError, UnreadableError
from monitors.lakes.time_limit import time_limit
from monitors.lakes.workers import WorkerLostError, Workers

pytestmark = pytest.mark.slow  # every test starts real interpreters

PATIENCE = 60.0  # seconds for what must happen at once on an idle machine


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(limit=2) as workers:
        yield workers


def own_pid() -> int:
    return os.getpid()


def doubled(number: int) -> int:
    return 2 * number


def hang(mark: str) -> None:
    Path(mark).write_text(str(os.getpid()))
    time.sleep(600)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(code: int) -> None:
    os._exit(code)


def refuse() -> None:
    raise UnreadableError("no permission to read s3://lake/posts", "grant s3:GetObject")


class Awkward(Exception):
    """An exception that cannot be built again from its arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def raise_awkward() -> None:
    raise Awkward("this", "that")


def unportable() -> object:
    return lambda: None


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_no_process_is_started_before_the_first_call(workers: Workers) -> None:
    assert workers.pids == frozenset()
    assert asyncio.run(workers.call(doubled, 21, timeout=PATIENCE)) == 42
    assert len(workers.pids) == 1


def test_calls_one_after_the_other_share_a_process(workers: Workers) -> None:
    async def twice() -> set[int]:
        return {await workers.call(own_pid, timeout=PATIENCE) for _ in range(2)}

    assert asyncio.run(twice()) == workers.pids
    assert os.getpid() not in workers.pids


def test_many_calls_at_once_use_no_more_processes_than_allowed(workers: Workers) -> None:
    async def many() -> list[int]:
        calls = (workers.call(doubled, number, timeout=PATIENCE) for number in range(8))
        return await asyncio.gather(*calls)

    assert asyncio.run(many()) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert 1 <= len(workers.pids) <= 2


def test_what_takes_too_long_is_killed_and_the_next_call_works(
    workers: Workers, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    asyncio.run(workers.call(doubled, 1, timeout=PATIENCE))  # a first call imports this file
    with pytest.raises(WorkerLostError) as caught:
        asyncio.run(workers.call(hang, str(mark), timeout=1))
    assert caught.value.reason == "reading was stopped: it took longer than 1 s"
    assert caught.value.mend == "raise the time-out, or give the machine less to do at once"
    assert gone(int(mark.read_text()))
    assert asyncio.run(workers.call(doubled, 1, timeout=PATIENCE)) == 2


def test_a_cancelled_call_kills_its_worker(workers: Workers, tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    async def cancelled() -> None:
        call = asyncio.create_task(workers.call(hang, str(mark), timeout=600))
        while not mark.exists():
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(cancelled())
    assert eventually(lambda: gone(int(mark.read_text())))
    assert asyncio.run(workers.call(doubled, 1, timeout=PATIENCE)) == 2


def test_waiting_for_a_free_worker_does_not_count_against_a_limit(tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    async def queued(workers: Workers) -> int:
        async with time_limit(0.3):  # less than the work in front of it takes
            return await workers.call(abs, -8, timeout=PATIENCE)

    async def behind_each_other(workers: Workers) -> list[object]:
        slow = asyncio.create_task(workers.call(hang, str(mark), timeout=2))
        while not mark.exists():
            await asyncio.sleep(0.01)
        return list(await asyncio.gather(slow, queued(workers), return_exceptions=True))

    with Workers(limit=1) as workers:
        late, eight = asyncio.run(behind_each_other(workers))
    assert isinstance(late, WorkerLostError)
    assert eight == 8


def test_a_killed_worker_costs_its_own_task_only(workers: Workers) -> None:
    async def beside_each_other() -> list[object]:
        calls = (workers.call(kill_self, timeout=PATIENCE), workers.call(doubled, 4, timeout=60))
        return list(await asyncio.gather(*calls, return_exceptions=True))

    lost, eight = asyncio.run(beside_each_other())
    assert eight == 8
    assert isinstance(lost, WorkerLostError)
    assert lost.reason == "the worker process that read it was killed"
    assert lost.mend == "the machine may be out of memory: give it more, or run fewer workers"


def test_a_worker_that_exits_says_how(workers: Workers) -> None:
    with pytest.raises(WorkerLostError, match=r"read it died \(exit code 3\)"):
        asyncio.run(workers.call(leave, 3, timeout=PATIENCE))


def test_a_worker_killed_while_idle_is_replaced(workers: Workers) -> None:
    first = asyncio.run(workers.call(own_pid, timeout=PATIENCE))
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    second = asyncio.run(workers.call(own_pid, timeout=PATIENCE))
    assert workers.pids == {second}
    assert second != first


def test_explained_errors_cross_with_reason_and_mend(workers: Workers) -> None:
    with pytest.raises(UnreadableError) as caught:
        asyncio.run(workers.call(refuse, timeout=PATIENCE))
    assert caught.value.reason == "no permission to read s3://lake/posts"
    assert caught.value.mend == "grant s3:GetObject"


def test_other_exceptions_cross_with_the_place_they_came_from(workers: Workers) -> None:
    with pytest.raises(TypeError, match="unsupported operand") as caught:
        asyncio.run(workers.call(doubled, None, timeout=PATIENCE))  # type: ignore[arg-type]
    assert "in doubled" in caught.value.__notes__[0]


def test_an_exception_that_cannot_cross_is_described(workers: Workers) -> None:
    with pytest.raises(UnreadableError, match="Awkward: this and that"):
        asyncio.run(workers.call(raise_awkward, timeout=PATIENCE))


def test_a_result_that_cannot_cross_is_an_error(workers: Workers) -> None:
    with pytest.raises((AttributeError, pickle.PicklingError)):
        asyncio.run(workers.call(unportable, timeout=PATIENCE))


def test_closing_under_way_says_nothing_about_the_table(tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    async def closed_under_way() -> None:
        workers = Workers(limit=1)
        call = asyncio.create_task(workers.call(hang, str(mark), timeout=600))
        while not mark.exists():
            await asyncio.sleep(0.01)
        workers.close()
        with pytest.raises(LimnographError, match="were stopped") as caught:
            await call
        assert not isinstance(caught.value, UnreadableError)

    asyncio.run(closed_under_way())


def test_closing_ends_the_processes_and_refuses_calls() -> None:
    with Workers(limit=1) as workers:
        pid = asyncio.run(workers.call(own_pid, timeout=PATIENCE))
    assert gone(pid)
    with pytest.raises(RuntimeError, match="after shutdown"):
        asyncio.run(workers.call(own_pid, timeout=PATIENCE))


PARENT = """
import asyncio, sys, time
from pathlib import Path
from monitors.lakes.time_limit import time_limit
from monitors.lakes.workers import WorkerLostError, Workers

def hold_the_lock(mark):
    import os, re
    Path(mark).write_text(str(os.getpid()))
    re.match("(a?){40}a{40}", "a" * 40)  # minutes in native code that never lets go of the GIL

if __name__ == "__main__":
    async def main():
        workers = Workers(limit=2)
        await workers.call(time.sleep, 0, timeout=60)
        await workers.call(hold_the_lock, sys.argv[1], timeout=600)
    asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(tmp_path: Path, end: signal.Signals) -> None:
    script, mark = tmp_path / "parent.py", tmp_path / "pid"
    script.write_text(PARENT)
    root = Path(__file__).parents[3]
    parent = subprocess.Popen(
        [sys.executable, script, mark], env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert eventually(lambda: mark.exists() and mark.read_text() != "")
    children = psutil.Process(parent.pid).children(recursive=True)
    assert int(mark.read_text()) in {child.pid for child in children}
    parent.send_signal(end)
    parent.wait(PATIENCE)
    assert eventually(lambda: all(gone(child.pid) for child in children))
