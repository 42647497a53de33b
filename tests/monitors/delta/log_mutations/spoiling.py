"""How a mutation changes a log: small verbs, to be combined in the tables of mutations."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.monitors.delta.log_builder import Action, Log
from tests.monitors.delta.log_mutations.healthy import COUNTS, FILES, HEAD, ROWS, SIZE

How = Callable[[Log], object]
Counts = tuple[int | None, int | None, int | None]
DROP = object()


@dataclass(frozen=True)
class Gives:
    """Numbers: those of the healthy table, but for what is said here.

    `but` are versions with other counts (None: no fact), `doubts` the reasons of those that are
    not exact, `problems` a fragment of each problem's reason, `events` their kinds.
    """

    but: dict[int, Counts | None] = field(default_factory=dict)
    doubts: dict[int, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    rows: int | None = ROWS
    files: int = FILES
    size: int | None = SIZE
    newest: bool | None = True
    head: int = HEAD
    """`newest`: the healthy table's event time; False another, None unknown."""

    def counts(self, after: int = -1) -> dict[int, Counts]:
        """The counts of the versions above one."""
        wanted: dict[int, Counts | None] = {**COUNTS, **self.but}
        return {v: c for v, c in wanted.items() if c is not None and after < v <= self.head}

    def told(self, *, first: bool) -> tuple[str, ...]:
        """The problems; the checksum of the newest version is a second opinion on a first read."""
        if not first or self.head != HEAD:
            return self.problems
        files = () if self.files == FILES else (f"states {FILES} files, the log",)
        size = () if self.size in (None, SIZE) else (f"states {SIZE} bytes, the log",)
        return (*self.problems, *files, *size)


@dataclass(frozen=True)
class Fails:
    """An error for this table: a fragment of its reason, and one of its mend."""

    reason: str
    mend: str = "restore the file from a backup"


Outcome = Gives | Fails


def broken(version: int, what: str) -> Fails:
    """The error of a commit: `what` is the line and what is wrong with it."""
    return Fails(f"broken log: _delta_log/{version:020d}.json{what}")


SAME = Gives()


@dataclass(frozen=True)
class Mutation:
    """What is done, what a first read gives, and what one gives that had read READ_BEFORE.

    By default the second gives the same, its counts being those after that; unless it begins
    `anew`, since what it had read is another commit now.
    """

    how: How
    first: Outcome = SAME
    later: Outcome | None = None
    anew: bool = False


def name_of(version: int) -> str:
    return f"{version:020d}.json"


def both(*hows: How) -> How:
    def spoil(log: Log) -> None:
        for how in hows:
            how(log)

    return spoil


def body(name: str | int, change: Callable[[bytes], bytes]) -> How:
    """Other bytes for a file of the log, or for the commit of a version."""

    def spoil(log: Log) -> None:
        file = log.path(name if isinstance(name, str) else name_of(name))
        file.write_bytes(change(file.read_bytes()))

    return spoil


def put(name: str | int, content: bytes | str) -> How:
    """A file of the log with this content."""
    content = content.encode() if isinstance(content, str) else content

    def spoil(log: Log) -> None:
        log.path(name if isinstance(name, str) else name_of(name)).write_bytes(content)

    return spoil


def cut(name: str | int, end: int) -> How:
    return body(name, lambda content: content[:end])


def more(version: int, *actions: Action | str | bytes) -> How:
    """Further lines of a commit."""
    texts = [a if isinstance(a, str | bytes) else json.dumps(a) for a in actions]
    lines = [text.encode() if isinstance(text, str) else text for text in texts]
    return body(version, lambda content: b"\n".join([content, *lines]))


def action(version: int, kind: str, *, index: int = 0, **changes: Any) -> How:
    """Other values in an action of a commit, DROP for none; the first of its kind, or another."""

    def change(content: bytes) -> bytes:
        actions = [json.loads(line) for line in content.splitlines()]
        inner = [a for a in actions if kind in a][index][kind]
        inner.update(changes)
        for key in [key for key, value in changes.items() if value is DROP]:
            del inner[key]
        return "\n".join(map(json.dumps, actions)).encode()

    return body(version, change)


def info_of(version: int, **changes: Any) -> How:
    return action(version, "commitInfo", **changes)


def raw(version: int, old: str, new: str | bytes) -> How:
    """Other characters in a commit, of which JSON would not tell."""
    fresh = new.encode() if isinstance(new, str) else new

    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), fresh, 1)

    return body(version, change)


def lost(*names: str | int) -> How:
    def spoil(log: Log) -> None:
        for name in names:
            log.path(name if isinstance(name, str) else name_of(name)).unlink()

    return spoil


def copied(source: str | int, target: str | int) -> How:
    def spoil(log: Log) -> None:
        paths = [log.path(n if isinstance(n, str) else name_of(n)) for n in (source, target)]
        paths[1].write_bytes(paths[0].read_bytes())

    return spoil


def linked(name: str | int, target: str) -> How:
    """A symlink in place of a file of the log."""

    def spoil(log: Log) -> None:
        file = log.path(name if isinstance(name, str) else name_of(name))
        file.unlink(missing_ok=True)
        file.symlink_to(target)

    return spoil


def folder(name: str | int) -> How:
    def spoil(log: Log) -> None:
        file = log.path(name if isinstance(name, str) else name_of(name))
        file.unlink(missing_ok=True)
        file.mkdir()

    return spoil


def pipe(name: str | int) -> How:
    """A named pipe: who opens it to read waits for ever."""

    def spoil(log: Log) -> None:
        file = log.path(name if isinstance(name, str) else name_of(name))
        file.unlink(missing_ok=True)
        os.mkfifo(file)

    return spoil


def sparse(name: str | int, size: int) -> How:
    """A file of zeros that takes no room."""

    def spoil(log: Log) -> None:
        with log.path(name if isinstance(name, str) else name_of(name)).open("wb") as file:
            file.truncate(size)

    return spoil
