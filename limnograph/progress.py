"""A progress bar on a terminal, for people who watch a cycle; nothing anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[], None]
"""Called once for each table that is done."""


@contextmanager
def progress_bar(tables: int) -> Iterator[Advance]:
    """A bar on stderr while the block runs, if stderr is a terminal; log lines pass above it."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("reading tables"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # stdout is the answer, so it is left alone.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    ) as bar:
        task = bar.add_task("", total=tables)
        yield lambda: bar.advance(task)


class CommitsBar:
    """How many commits were planned and done; `moved(planned, done)` hears of every change."""

    def __init__(self, moved: Callable[[int, int], None]) -> None:
        self._moved, self._planned, self._done = moved, 0, 0

    def planned(self, commits: int) -> None:
        """So many more are to be read."""
        self._planned += commits
        self._moved(self._planned, self._done)

    def done(self, commits: int) -> None:
        """So many more have been read."""
        self._done += commits
        self._moved(self._planned, self._done)


@contextmanager
def commits_bar() -> Iterator[CommitsBar]:
    """As `progress_bar`, for commits whose number comes up on the way."""
    if not sys.stderr.isatty():
        yield CommitsBar(lambda planned, done: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("reading commits"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    ) as bar:
        task = bar.add_task("", total=None)
        yield CommitsBar(lambda planned, done: bar.update(task, total=planned, completed=done))
