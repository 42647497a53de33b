"""The store as a replay uses it: in the thread of a recorder, tried again where that may help."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from limnograph.recorder import Recorder
from limnograph.replay.window import Span
from limnograph.store import Seen
from limnograph.store.replaying import REPLAY, Past, Remember, Replayed
from monitors.core import CommitFact, State


class Ledger(Recorder):
    """A recorder for the past. Every method raises StoreError when the store cannot be used."""

    async def seen(self, subject: str, monitors: tuple[str, ...]) -> Mapping[str, Seen]:
        """How far these monitors have read a subject, by monitor."""
        found = await self._do(self._store.seen, (subject,), monitors)
        return {monitor: found[subject, monitor] for monitor in monitors}

    async def stored(self, subject: str, span: Span, incarnation: int) -> Mapping[int, datetime]:
        """The times of the stored facts of an incarnation in a window, by version."""
        read = partial(
            self._store.facts,
            subject,
            since=span.since,
            until=span.until,
            incarnation=incarnation,
        )
        facts: list[CommitFact] = await self._do(read)
        return {fact.version: fact.at for fact in facts if span.holds(fact.version, fact.at)}

    async def progress(self, subject: str) -> Mapping[str, State]:
        """What replays of a subject have kept of their progress."""
        return await self._do(self._store.states, subject, REPLAY)

    async def write_past(self, past: Past, key: str, remember: Remember) -> Replayed | None:
        """Write recomputed commits; None when the table is in another incarnation by now."""
        return await self._do(self._store.replay, past, key, remember)
