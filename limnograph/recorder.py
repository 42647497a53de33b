"""The one way from a cycle to the store: a thread of its own, so the event loop never waits."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple

import stamina

from limnograph.cycle import Known
from limnograph.store import Judgement, OutcomeRow, Record, Seen, Store, TransientStoreError
from monitors.core import Kept, Outcome, State, Totals

T = TypeVar("T")
Args = TypeVarTuple("Args")

IDLE_BATCH = 500  # readings that changed nothing, written in one transaction
ATTEMPTS = 5
FIRST_PAUSE = 0.1  # seconds


class Recorder:
    """Reads and writes the store for one cycle.

    Every method raises StoreError when the store cannot be used, after some tries if the failure
    was transient. A write that is tried again after its commit got lost on the way back finds its
    cursor moved, so nothing is counted twice.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="limnograph-store")
        self._idle: list[OutcomeRow] = []

    async def known(self, subjects: Sequence[str], head: str) -> dict[tuple[str, str], Known]:
        """What the store holds of some subjects, by subject id and monitor; in few statements.

        Of what a lake kept there is only the state of the key `head`; the others may be large.
        """
        return await self._do(self._known, subjects, head)

    async def states(self, subject: str, monitor: str) -> Mapping[str, State]:
        """All states that a monitor, or the lake, left on a subject."""
        return await self._do(self._store.states, subject, monitor)

    async def write(self, record: Record) -> bool:
        """Write a reading in one transaction; False when another runner was first."""
        return await self._do(self._store.write, record)

    async def judge(self, judgements: Sequence[Judgement]) -> Sequence[bool]:
        """Write the verdicts of some checks in one transaction; False where another was first."""
        return await self._do(self._store.judge, judgements) if judgements else ()

    async def ask(self, question: Callable[[Store], T]) -> T:
        """What a function finds in the store, asked in the thread that the store has."""
        return await self._do(question, self._store)

    async def keep(self, subject: str, seen: Seen, kept: Kept) -> bool:
        """Write what a lake keeps of a table; False when another runner was first."""
        before = seen.cursor.position if seen.cursor else None
        return await self._do(
            self._store.write_log, subject, before, kept.position, kept.put, kept.drop
        )

    async def touch(self, row: OutcomeRow) -> None:
        """Note a reading that changed nothing; written with others, by `flush` at the latest."""
        self._idle.append(row)
        if len(self._idle) >= IDLE_BATCH:
            await self.flush()

    async def flush(self) -> None:
        """Write what `touch` has noted."""
        if self._idle:
            rows, self._idle = self._idle, []
            await self._do(self._store.touch, rows)

    async def add_totals(self, scope: str, monitor: str, increments: Totals) -> None:
        """Add to counters that belong to no table."""
        await self._do(self._store.add_totals, scope, monitor, increments)

    async def outcomes(self, kind: str) -> Mapping[str, Mapping[Outcome, int]]:
        """By monitor, how the last readings of the subjects of a kind ended; none that left."""
        return await self._do(self._outcomes, kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Waits for a transaction under way; those that have not begun are dropped.
        self._thread.shutdown(cancel_futures=True)

    async def _do(self, function: Callable[[*Args], T], *args: *Args) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, function, *args)
        except TransientStoreError:
            # What it takes to try again costs more than most calls: only now.
            await asyncio.sleep(FIRST_PAUSE)
        async for attempt in stamina.retry_context(
            on=TransientStoreError,
            attempts=ATTEMPTS - 1,
            timeout=60.0,
            wait_initial=2 * FIRST_PAUSE,
            wait_max=5.0,
        ):
            with attempt:
                result = await loop.run_in_executor(self._thread, function, *args)
        return result

    def _known(self, subjects: Sequence[str], head: str) -> dict[tuple[str, str], Known]:
        latest: dict[tuple[str, str], dict[Any, float]] = {}
        for row in self._store.latest(subjects):
            values = latest.setdefault((row.subject, row.monitor), {})
            values[row.metric, row.labels] = row.value
        seen = self._store.seen(subjects)
        states = self._store.small_states(subjects, head)
        return {
            key: Known(seen.get(key, Seen()), latest.get(key, {}), states.get(key, {}))
            for key in seen.keys() | latest.keys() | states.keys()
        }

    def _outcomes(self, kind: str) -> Mapping[str, Mapping[Outcome, int]]:
        here = {row.id for row in self._store.subjects(kind) if row.left_at is None}
        counts: dict[str, dict[Outcome, int]] = {}
        for row in self._store.outcomes():
            if row.subject in here:
                of_monitor = counts.setdefault(row.monitor, dict.fromkeys(Outcome, 0))
                of_monitor[row.outcome] += 1
        return counts
