"""Asking the change data of the commits that the log could not count, in blocking workers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar, TypeVarTuple

from monitors.core import CommitFact, Cost, Event, EventKind
from monitors.delta import reasons
from monitors.delta.counts import Touched
from monitors.delta.feed.commits import DELETE, INSERT, POSTIMAGE, ChangedCommit, ChangedFile, Table
from monitors.delta.feed.counts import count_changes
from monitors.delta.feed.deletion_vectors import parse as parse_vector
from monitors.delta.feed.event_times import Newest, newest
from monitors.delta.log.actions import FileAction
from monitors.delta.schema import Schema
from monitors.delta.walk import ToRead, Walk
from monitors.errors import UnavailableError, UnreadableError
from monitors.storage.stores import VacuumedError

T = TypeVar("T")
Args = TypeVarTuple("Args")
_BATCH = 32


class Caller(Protocol):
    """Where blocking work runs: worker processes, or a thread of a short command."""

    async def call(self, function: Callable[[*Args], T], *args: *Args, timeout: float) -> T: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of a commit's change data; or why there are none.

    They may have been `vacuumed`, or the storage was `unavailable`, which may pass.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    trouble: str = ""
    mend: str = ""
    vacuumed: bool = False
    unavailable: bool = False
    cost: Cost = field(default_factory=Cost)


def count_many(table: Table, commits: Sequence[ChangedCommit]) -> list[Answer]:
    """The change data of some commits, counted; trouble with one does not touch the others."""
    return [_count_one(table, commit) for commit in commits]


def _count_one(table: Table, commit: ChangedCommit) -> Answer:
    try:
        counted = count_changes(table, commit)
    except UnreadableError as error:
        return Answer(
            trouble=error.reason,
            mend=error.mend,
            vacuumed=isinstance(error, VacuumedError),
            unavailable=isinstance(error, UnavailableError),
        )
    rows = counted.rows
    return Answer(rows[INSERT], rows[POSTIMAGE], rows[DELETE], cost=counted.cost)


@dataclass(slots=True)
class FeedReader:
    """Reads change data of one table; with `caller` None (log only) it reads nothing.

    `timeout` bounds one piece of work, in seconds. Unless it is asked only `once`, a storage that
    fails makes the whole read fail, so that the next one asks it again.
    """

    uri: str
    options: Mapping[str, str]
    caller: Caller | None
    timeout: float
    once: bool = False
    cost: Cost = field(default_factory=Cost)

    async def answer(self, walk: Walk) -> None:
        """Replace the facts of a walk that its change data counts better."""
        if self.caller is None or not walk.to_read:
            return
        batches = [walk.to_read[i : i + _BATCH] for i in range(0, len(walk.to_read), _BATCH)]
        answers = await asyncio.gather(*map(self._batch, batches))
        for batch, found in zip(batches, answers, strict=True):
            for asked, answer in zip(batch, found, strict=True):
                self.cost += answer.cost
                if answer.unavailable and not self.once:
                    raise UnavailableError(answer.trouble, answer.mend)
                fact = walk.facts[asked.index]
                walk.facts[asked.index] = _answered(fact, answer)
                if answer.vacuumed and asked.commit.cdc:
                    walk.events.append(_vacuumed(fact))

    async def newest(
        self,
        schema: Schema,
        partition_columns: tuple[str, ...],
        files: Sequence[ChangedFile],
        column: str,
    ) -> Newest:
        """The greatest value of a time column over the live rows of some files."""
        assert self.caller is not None
        table = Table(self.uri, schema, partition_columns, self.options)
        found = await self.caller.call(newest, table, files, column, timeout=self.timeout)
        self.cost += found.cost
        return found

    async def _batch(self, batch: Sequence[ToRead]) -> list[Answer]:
        assert self.caller is not None
        # Counting needs no column, so it needs no schema.
        table = Table(self.uri, Schema(()), (), self.options)
        asked = [_asked(to_read) for to_read in batch]
        sound = [commit for commit in asked if isinstance(commit, ChangedCommit)]
        try:
            answers = iter(await self.caller.call(count_many, table, sound, timeout=self.timeout))
        except UnreadableError as error:
            if len(batch) > 1:
                # One commit may be too much for a worker; the others need not share its fate.
                return [answer for one in batch for answer in await self._batch([one])]
            answers = iter([Answer(trouble=error.reason) for _ in sound])
        return [a if isinstance(a, Answer) else next(answers) for a in asked]


def _answered(fact: CommitFact, answer: Answer) -> CommitFact:
    if answer.trouble:
        code = reasons.VACUUMED if answer.vacuumed else reasons.UNREADABLE_FEED
        return replace(fact, exact=False, reason=code)
    return replace(
        fact,
        inserted=answer.inserted,
        updated=answer.updated,
        deleted=answer.deleted,
        net=answer.inserted - answer.deleted,
        source="feed",
        exact=True,
        reason="",
    )


def _vacuumed(fact: CommitFact) -> Event:
    return Event(
        EventKind.FEED_VACUUMED,
        f"{fact.version}@{int(fact.at.timestamp() * 1000)}",
        fact.at,
        f"the change data of version {fact.version} was vacuumed before it was read",
        {"version": fact.version},
    )


def _asked(to_read: ToRead) -> ChangedCommit | Answer:
    """The commit as its reader wants it; the answer where its actions are broken already."""
    commit = to_read.commit
    try:
        return ChangedCommit(
            version=commit.version,
            at=commit.at,
            adds=tuple(_touched(t) for t in to_read.added if t.action.data_change),
            removes=tuple(_touched(t) for t in to_read.removed if t.action.data_change),
            cdc=tuple(changed_file(action, None) for action in commit.cdc),
        )
    except UnreadableError as error:
        return Answer(trouble=error.reason)


def _touched(touched: Touched) -> ChangedFile:
    return changed_file(touched.action, touched.file.rows if touched.file else None)


def changed_file(action: FileAction, rows: int | None) -> ChangedFile:
    """A file action as the reader of change data wants it."""
    vector = parse_vector(action.vector)
    return ChangedFile(action.path, action.partition, action.size, rows, vector)
