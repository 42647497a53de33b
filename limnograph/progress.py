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
