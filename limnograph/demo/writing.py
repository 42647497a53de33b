"""The demo's commits: written by deltalake, then set back in time before any reader sees them.

A commit's time is `commitInfo.timestamp`; that, the times inside its file actions and the files'
own times are rewritten. deltalake goes on from its state in memory and does not mind.
"""

import json
import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, PostCommitHookProperties, write_deltalake

from limnograph.demo.flaws import spoiled
from limnograph.demo.lakehouse import Act, Step, Table
from limnograph.demo.rows import day_before, fresh_ids, schema, table_rows

# Without checkpoints an append gets slower with every commit before it.
CHECKPOINT_EVERY = 48
HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
KEEP_LOG = "delta.enableExpiredLogCleanup"
FEED = "delta.enableChangeDataFeed"


def write(lake: Path, table: Table, steps: Sequence[Step], seed: int) -> int:
    """Write a table's commits, in order, and return how many there were.

    Continues the table if it is there. Runs in a worker process, so it takes plain values only.
    """
    return _Writer(lake / table.folder, table, seed).run(steps)


class _Writer:
    def __init__(self, folder: Path, table: Table, seed: int) -> None:
        self._folder = folder
        self._table = table
        self._seed = seed
        self._delta = DeltaTable(folder) if folder.exists() else None
        self._checkpoint = self._version

    @property
    def _version(self) -> int:
        return -1 if self._delta is None else self._delta.version()

    @property
    def _open(self) -> DeltaTable:
        if self._delta is None:
            raise ValueError(f"{self._table.name}: the first step must create it")
        return self._delta

    def run(self, steps: Sequence[Step]) -> int:
        commits = 0
        for step in steps:
            before = -1 if step.act is Act.RECREATE else self._version
            self._perform(step)
            last = before + 1 if step.act is Act.BREAK else self._version
            for version in range(before + 1, last + 1):
                set_back(self._folder, version, step.at)
                commits += 1
            if self._version - self._checkpoint >= CHECKPOINT_EVERY:
                self._write_checkpoint(step.at)
        return commits

    def _perform(self, step: Step) -> None:
        match step.act:
            case Act.CREATE:
                self._delta = self._create("error")
            case Act.APPEND:
                write_deltalake(
                    self._open, self._batch(step), mode="append", post_commithook_properties=HOOKS
                )
            case Act.OVERWRITE:
                self._overwrite(step)
            case Act.MERGE:
                self._merge(step)
            case Act.UPDATE:
                self._open.update(
                    updates={"speakers": "speakers + 1"},
                    predicate="id % 5 = 0",
                    post_commithook_properties=HOOKS,
                )
            case Act.DELETE:
                self._open.delete(self._table.purge, post_commithook_properties=HOOKS)
            case Act.COMPACT:
                self._compact(step)
            case Act.RECREATE:
                shutil.rmtree(self._folder)
                self._delta, self._checkpoint = self._create("error"), -1
                self._overwrite(step)
            case Act.REPLACE:
                self._delta = self._create("overwrite")
                self._overwrite(step)
            case Act.FEED_OFF:
                self._open.alter.set_table_properties({FEED: "false"})
            case Act.BREAK:
                self._break()

    def _create(self, mode: str) -> DeltaTable:
        # Writing a checkpoint would clean away commits that are old by the clock on the wall.
        properties = {KEEP_LOG: "false"}
        if self._table.feed:
            properties[FEED] = "true"
        return DeltaTable.create(
            self._folder,
            schema=schema(self._table.name),
            mode="overwrite" if mode == "overwrite" else "error",
            partition_by=["day"] if self._table.by_day else None,
            configuration=properties,
            post_commithook_properties=HOOKS,
        )

    def _batch(self, step: Step) -> pa.Table:
        if self._table.load is Act.APPEND:
            rows = table_rows(self._table.name, fresh_ids(step.batch, step.rows), step.batch)
            return spoiled(self._table.name, rows, step.flaws)
        # The other tables count their rows from zero.
        return table_rows(self._table.name, np.arange(step.rows, dtype=np.int64), step.batch)

    def _overwrite(self, step: Step) -> None:
        write_deltalake(
            self._open, self._batch(step), mode="overwrite", post_commithook_properties=HOOKS
        )

    def _merge(self, step: Step) -> None:
        chance = Random(f"{self._seed} {self._table.name} {step.batch:%Y-%m-%d %H}")
        known = chance.sample(range(step.size), min(step.changed, step.size))
        new = range(step.size, step.size + step.rows)
        ids = np.array([*known, *new], dtype=np.int64)
        (
            self._open.merge(
                table_rows(self._table.name, ids, step.batch),
                predicate="old.id = new.id",
                source_alias="new",
                target_alias="old",
                post_commithook_properties=HOOKS,
            )
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .execute()
        )

    def _compact(self, step: Step) -> None:
        only = [("day", "=", day_before(step.at).isoformat())] if self._table.by_day else None
        self._open.optimize.compact(partition_filters=only, post_commithook_properties=HOOKS)

    def _break(self) -> None:
        """A newest commit of which only the first half arrived."""
        whole = _log_file(self._folder, self._version).read_bytes()
        _log_file(self._folder, self._version + 1).write_bytes(whole[: len(whole) // 2])

    def _write_checkpoint(self, at: datetime) -> None:
        # From a new look at the log, for the state in memory has the times before set_back.
        self._delta = DeltaTable(self._folder)
        self._delta.create_checkpoint()
        self._checkpoint = self._version
        log = self._folder / "_delta_log"
        for path in (*log.glob(f"{self._version:020d}.checkpoint*"), log / "_last_checkpoint"):
            _touch(path, at)


def set_back(folder: Path, version: int, at: datetime) -> None:
    """Move a commit to that time: its log file, the times in it, and the files that it added."""
    path = _log_file(folder, version)
    milliseconds = round(at.timestamp() * 1000)
    try:
        actions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except json.JSONDecodeError:  # the one that was broken on purpose
        _touch(path, at)
        return
    created = any("CREATE" in a.get("commitInfo", {}).get("operation", "") for a in actions)
    for action in actions:
        _retime(action, milliseconds, created)
        for kind in ("add", "cdc"):
            if kind in action:
                _touch(folder / unquote(action[kind]["path"]), at)
    lines = (json.dumps(action, separators=(",", ":")) for action in actions)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _touch(path, at)


def _retime(action: dict[str, Any], milliseconds: int, created: bool) -> None:
    for kind, names in (
        ("commitInfo", ("timestamp", "inCommitTimestamp")),
        ("add", ("modificationTime",)),
        ("remove", ("deletionTimestamp",)),
        # A later metaData repeats the time at which the table was created.
        ("metaData", ("createdTime",) if created else ()),
    ):
        content = action.get(kind, {})
        content.update({name: milliseconds for name in names if name in content})


def _log_file(folder: Path, version: int) -> Path:
    return folder / "_delta_log" / f"{version:020d}.json"


def _touch(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))
