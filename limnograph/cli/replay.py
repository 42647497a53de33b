"""`limnograph replay`: recompute a window of the past from the tables themselves."""

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from limnograph.cli.console import answer, note
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    Exclude,
    LogFormat,
    LogLevel,
    LogsAs,
    LogsFrom,
    NoColor,
    Output,
    OutputFormat,
)

if TYPE_CHECKING:
    from limnograph.replay.request import Request
    from limnograph.replay.results import ReplayResult
    from limnograph.replay.window import Bound
    from limnograph.settings import Settings, TableSettings
    from monitors.core import Monitor

EXAMPLES = """\b
Examples:
  limnograph replay --table main.bronze.posts --day 2026-03-02
  limnograph replay --table posts --from 2026-03-01 --to 2026-03-07
  limnograph replay --table posts --from 2026-03-02T06:00:00Z --to 2026-03-02T07:00:00Z
  limnograph replay --table posts --from v120 --to v140 --monitor ingestion
  limnograph replay --tag bronze --pattern 'main.gold.*' --from 2026-03-01
  limnograph replay --table posts --from start --dry-run

\b
A day is whole and lies in the table's time zone, as does a time without a zone; a window of times
ends before its --to. Versions are both included. A --to in the future means now.
The same command, repeated within a day after it was killed, goes on where it was.
Exit code 4: a table could not be read; the others are done. 3, only with --strict: something could
not be recomputed, and what is stored of it was left as it is.
"""


def replay(
    config: ConfigFile = CONFIG,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help="This table. Repeatable."),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="PATTERN", help="Also tables with this tag. Repeatable."),
    ] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option(
            "--pattern",
            metavar="PATTERN",
            help="Also tables whose name matches; * and ? are wildcards. Repeatable.",
        ),
    ] = None,
    exclude: Exclude = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            envvar="LIMNOGRAPH_REPLAY_FROM",
            metavar="WHEN",
            help="First day, time or version; start is all that the log still holds.",
        ),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--to",
            envvar="LIMNOGRAPH_REPLAY_TO",
            metavar="WHEN",
            help="Last day or version, or the time to end at.",
        ),
    ] = "now",
    day: Annotated[
        str | None,
        typer.Option("--day", metavar="DAY", help="One day, in place of --from and --to."),
    ] = None,
    monitor: Annotated[
        list[str] | None,
        typer.Option(
            "--monitor",
            metavar="NAME",
            help="Only what this monitor keeps. Repeatable; by default all that can be replayed.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read; write nothing.")
    ] = False,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Do again what a killed call of this command has done."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 when something could not be recomputed.")
    ] = False,
    output: OutputFormat = Output.TABLE,
    log_format: LogsAs = LogFormat.TEXT,
    log_level: LogsFrom = LogLevel.INFO,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Recompute the past from the tables themselves, and correct what is stored of it.

    Cursors and counters stay as they are. What changes is listed; what can no longer be read, or
    is known better from before, stays as it is stored and is listed too.
    """
    import asyncio

    from limnograph import logs, settings
    from limnograph.progress import commits_bar
    from limnograph.replay.request import check, forget, run_replay
    from limnograph.service import open_settings_store, secrets_of, utc_now
    from monitors.lakes.embedded import Access
    from monitors.lakes.workers import Workers

    start, end = _bounds(since, until, day)
    loaded = settings.load(config)
    logs.configure(
        as_json=log_format is LogFormat.JSON, level=log_level.value, secrets=secrets_of(loaded)
    )
    request = _request(loaded, start, end, monitor or (), dry_run=dry_run, restart=restart)
    tables, complete = _tables(loaded, table or (), tag or (), pattern or (), exclude or ())
    try:
        check(request, tables, utc_now())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--from' / '--to'") from None
    run = loaded.run
    with Workers(run.workers) as workers, open_settings_store(loaded) as store:
        access = Access(workers, run.log_only, float(run.timeout))
        with commits_bar() as progress:
            result = asyncio.run(
                run_replay(request, tables, store, access, clock=utc_now, progress=progress)
            )
        answer(_written(result, output))
        if not dry_run:
            forget(store, result)
    code = exit_code(result, complete=complete, strict=strict)
    if code is not Exit.OK:
        raise typer.Exit(code)


def exit_code(result: "ReplayResult", *, complete: bool, strict: bool) -> Exit:
    """What could not be read beats what could not be recomputed."""
    if not complete or any(table.ending == "error" for table in result.tables):
        return Exit.UNREADABLE
    whole = all(table.whole for table in result.tables)
    return Exit.STRICT if strict and not whole else Exit.OK


def _written(result: "ReplayResult", output: Output) -> str:
    from limnograph.replay.text import to_json, to_text

    return dumped(to_json(result)) if output is Output.JSON else to_text(result)


def _bounds(since: str | None, until: str, day: str | None) -> "tuple[Bound, Bound]":
    from limnograph.replay.window import bound

    if day is not None:
        if since is not None or until != "now":
            raise typer.BadParameter("goes without --from and --to", param_hint="'--day'")
        found = _parsed(day, "'--day'")
        if found.day is None:
            raise typer.BadParameter("write a day, such as 2026-03-02", param_hint="'--day'")
        return found, found
    if since is None:
        raise typer.BadParameter(
            "say from when on; --from start is all that the log still holds",
            param_hint="'--from' / '--day'",
        )
    if since == "now" or until == "start":
        raise typer.BadParameter("the window is empty", param_hint="'--from' / '--to'")
    return _parsed(since, "'--from'"), _parsed(until, "'--to'") if until != "now" else bound("now")


def _parsed(text: str, hint: str) -> "Bound":
    from limnograph.replay.window import bound

    try:
        return bound(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from None


def _request(
    loaded: "Settings",
    start: "Bound",
    end: "Bound",
    names: Sequence[str],
    *,
    dry_run: bool,
    restart: bool,
) -> "Request":
    from limnograph.replay.request import Request, refused

    if problem := refused(loaded.monitors, names):
        raise typer.BadParameter(problem, param_hint="'--monitor'")
    monitors: tuple[Monitor, ...] = tuple(
        one for one in loaded.monitors.values() if one.replay and (not names or one.name in names)
    )
    return Request(start, end, monitors, dry_run, restart)


def _tables(
    loaded: "Settings",
    names: Sequence[str],
    tags: Sequence[str],
    patterns: Sequence[str],
    exclude: Sequence[str],
) -> "tuple[list[TableSettings], bool]":
    """The tables that are meant, and whether every glob of the configuration could be listed."""
    from limnograph.cli.selection import matches
    from limnograph.settings import roster

    hint = "'--table' / '--tag' / '--pattern'"
    if not (names or tags or patterns):
        raise typer.BadParameter("say which tables; --pattern '*' is all of them", param_hint=hint)
    found = roster(loaded)
    for problem in (*found.problems, *found.warnings):
        note(str(problem))
    known = [table.name for table in found.tables]
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(_unknown(unknown, known), param_hint="'--table'")
    tables = [
        table
        for table in found.tables
        if table.name in names
        or any(fnmatchcase(table.name, pattern) for pattern in patterns)
        or any(matches(f"tag:{tag}", table) for tag in tags)
    ]
    tables = [one for one in tables if not any(matches(pattern, one) for pattern in exclude)]
    if not tables:
        raise typer.BadParameter("no table matches", param_hint=hint)
    return tables, not found.problems


def _unknown(names: Sequence[str], known: Sequence[str]) -> str:
    parts = []
    for name in names:
        close = get_close_matches(name, known, n=1)
        parts.append(f"{name!r} is no table of the configuration")
        parts[-1] += f"; did you mean {close[0]!r}?" if close else ""
    return "; ".join(parts)
