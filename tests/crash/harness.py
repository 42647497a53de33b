"""Lives of runner processes, and their ends by SIGKILL at moments that chance picks."""

import os
import random
import selectors
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

import psutil

HERE = Path(__file__).parent
PATIENCE = 120.0  # seconds for what takes one or two on an idle machine

Phase = Literal["reading", "in a transaction", "after a commit"]
PHASES: tuple[Phase, ...] = ("reading", "in a transaction", "after a commit")
_BEGINS = {"reading": b"r", "in a transaction": b"w", "after a commit": b"C"}
_SKIPPED = {"reading": 10, "in a transaction": 3, "after a commit": 3}
"""How many such moments pass before the kill, on average: reads are much more frequent."""

_ENOUGH = 8
"""Chance may spare a kind of death for a while; at so many times the kills it is a finding."""

_WATCH_PAUSE = 0.05  # seconds


@contextmanager
def script(name: str, *args: object, log: Path) -> Iterator[subprocess.Popen[str]]:
    """A script of this folder as a process of its own, which SIGTERM ends with the block."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    with (
        log.open("a") as errors,
        subprocess.Popen(
            [sys.executable, str(HERE / name), *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


@dataclass
class Life:
    """One runner process from its birth to its end, and what it told of itself."""

    pid: int
    pipe: int
    told: bytearray = field(default_factory=bytearray)

    def listen(self) -> bool:
        """Take in what it told since, waiting for something; False when it has ended."""
        told = os.read(self.pipe, 65536)
        self.told += told
        return bool(told)

    def to_the_end(self) -> None:
        """Listen until it has ended."""
        while self.listen():
            pass
        os.close(self.pipe)

    @property
    def phases(self) -> frozenset[Phase]:
        """What it is doing, or was doing when it ended."""
        found: set[Phase] = set()
        if self.told.count(b"r") > self.told.count(b"R"):
            found.add("reading")
        last = max(self.told.rfind(mark) for mark in (b"w", b"C", b"x"))
        if self.told[last : last + 1] == b"w":
            found.add("in a transaction")
        if self.told[last : last + 1] == b"C":
            found.add("after a commit")
        return frozenset(found)

    @property
    def read_once(self) -> bool:
        """Whether it has read a table to the end."""
        return b"R" in self.told

    def kill(self) -> list[psutil.Process]:
        """End it at once; the processes that it had started."""
        children = psutil.Process(self.pid).children(recursive=True)
        os.kill(self.pid, signal.SIGKILL)
        self.to_the_end()
        return children


@dataclass
class Nursery:
    """Where runner processes are born; `log` is where they complain."""

    process: subprocess.Popen[str]
    folder: Path
    log: Path
    number: Iterator[int] = field(default_factory=count)

    @property
    def complaints(self) -> str:
        """The last lines that the runners wrote to stderr."""
        return self.log.read_text()[-4000:]

    def born(self, mode: Literal["forever", "once"] = "forever") -> Life:
        """A new runner, at work at once."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        fifo = self.folder / f"marks-{next(self.number)}"
        os.mkfifo(fifo)
        self.process.stdin.write(f"{mode} {fifo}\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline() or 0)
        assert pid, self.complaints
        return Life(pid, os.open(fifo, os.O_RDONLY))


@contextmanager
def nursery(store_url: str, lake: Path, folder: Path) -> Iterator[Nursery]:
    """Bears runners of one store and one lake until the end of the block."""
    log = folder / "life.log"
    with script("life.py", store_url, lake, log=log) as process:
        yield Nursery(process, folder, log)


@dataclass
class Killer:
    """Keeps some runners alive, and kills one after the other.

    `watch` is called now and then meanwhile, and raises when it sees what must not be.
    """

    nursery: Nursery
    chance: random.Random
    runners: int
    watch: Callable[[], None]
    deaths: Counter[Phase] = field(default_factory=Counter)
    orphans: list[psutil.Process] = field(default_factory=list)
    _watched: float = 0.0

    def run(self, kills: int) -> None:
        """Kill so many times, and on until every kind of death was seen; no runner is left."""
        lives = [self.nursery.born() for _ in range(self.runners)]
        try:
            for number in count():
                if number >= kills and (self._seen_all or number >= _ENOUGH * kills):
                    break
                place = self.chance.randrange(self.runners)
                self._await(lives, lives[place], PHASES[number % len(PHASES)])
                assert lives[place].read_once
                self.orphans += lives[place].kill()
                self.deaths.update(lives[place].phases)
                lives[place] = self.nursery.born()
        finally:
            for life in lives:
                self.orphans += life.kill()

    @property
    def _seen_all(self) -> bool:
        """Whether one died in every phase, and one left a worker process behind."""
        return self.deaths.keys() == set(PHASES) and bool(self.orphans)

    def _await(self, lives: Sequence[Life], life: Life, phase: Phase) -> None:
        """Return at some moment of that phase, after the first read of that life."""
        wanted = 1 + int(self.chance.expovariate(1 / _SKIPPED[phase]))
        deadline = time.monotonic() + PATIENCE
        since: int | None = None
        with selectors.DefaultSelector() as selector:
            for one in lives:
                selector.register(one.pipe, selectors.EVENT_READ, one)
            while since is None or not self._now(life, phase, since, wanted):
                for key, _ in selector.select(1.0):
                    assert key.data.listen(), self.nursery.complaints
                if time.monotonic() > self._watched + _WATCH_PAUSE:
                    self.watch()
                    self._watched = time.monotonic()
                assert time.monotonic() < deadline, self.nursery.complaints
                if since is None and life.read_once:
                    since = len(life.told)
        time.sleep(self.chance.choice((0, 0, 0, 0.001, 0.003)))

    def _now(self, life: Life, phase: Phase, since: int, wanted: int) -> bool:
        return phase in life.phases and life.told.count(_BEGINS[phase], since) >= wanted


def ended(processes: Sequence[psutil.Process]) -> bool:
    """Whether none of the processes runs any more, after a short while at most."""
    _, alive = psutil.wait_procs(list(processes), timeout=20)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)
