"""`limnograph check`: judge now, list what is declared, explain it, say what was expected."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limnograph.cli.console import answer, note, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import (
    CONFIG,
    CheckFormat,
    CheckOutput,
    ConfigFile,
    Debug,
    Exclude,
    FailOn,
    FailOnOption,
    LogFormat,
    LogLevel,
    LogsAs,
    LogsFrom,
    NoColor,
    Only,
    Output,
    OutputFiles,
    OutputFormat,
    Strict,
    Wide,
)
from limnograph.cli.written import annotations, parsed_file, write_file

if TYPE_CHECKING:
    from exporters.verdicts import Verdicts
    from limnograph.settings import CheckSettings, TableSettings

EXAMPLES = """\b
Examples:
  limnograph check run                                    every check of ./limnograph.yaml, now
  limnograph check run --table main.bronze.posts          the checks of one table
  limnograph check run --table main.bronze.posts --check posts-a-day --again
  limnograph check run --fail-on critical --output-file junit=checks.xml     gate a pipeline
  limnograph check list                                   what is declared
  limnograph check explain main.bronze.posts/posts-a-day  what it would read, and at what cost
  limnograph check expect main.bronze.posts/posts-a-day --from 2026-11-27 --to 2026-11-28

\b
Exit codes: 1 a check failed (--fail-on), 4 one could not be evaluated, 3 with --strict: one warns
or is not assessed, 5 with --strict-delivery: somebody was not told. 1 beats 4 beats 3.
"""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLES)


@app.callback()
def check() -> None:
    """Judge what was read: run, list and explain checks, and say what was expected."""


TableNames = Annotated[
    list[str] | None,
    typer.Option("--table", "-t", metavar="TABLE", help="Only this table. Repeatable."),
]
CheckNames = Annotated[
    list[str] | None,
    typer.Option(
        "--check", metavar="ID", help="Only this check, by its id with wildcards. Repeatable."
    ),
]
CheckName = Annotated[str, typer.Argument(metavar="TABLE/ID", help="The table and the check's id.")]


@app.command("run", epilog=EXAMPLES)
def run(
    config: ConfigFile = CONFIG,
    table: TableNames = None,
    check: CheckNames = None,
    only: Only = None,
    exclude: Exclude = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Judge every live row, also those that were judged before."),
    ] = False,
    silent: Annotated[
        bool, typer.Option("--silent", help="Tell no channel; incidents are kept all the same.")
    ] = False,
    fail_on: FailOnOption = FailOn.WARNING,
    strict: Strict = False,
    strict_delivery: Annotated[
        bool, typer.Option("--strict-delivery", help="Exit with 5 when a channel took no message.")
    ] = False,
    output: CheckFormat = CheckOutput.TABLE,
    output_file: OutputFiles = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only what is wrong.")] = False,
    wide: Wide = False,
    log_format: LogsAs = LogFormat.TEXT,
    log_level: LogsFrom = LogLevel.WARNING,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Read the tables, judge their checks now, and say what does not hold."""
    import asyncio

    from limnograph import logs, settings
    from limnograph.cli.selection import selection
    from limnograph.expectations import demand_sound
    from limnograph.judged import of_cycle
    from limnograph.progress import progress_bar
    from limnograph.service import opened, secrets_of

    files = [parsed_file(text) for text in output_file or ()]
    loaded, chosen = settings.load(config), _chosen(check)
    demand_sound(loaded, chosen)
    logs.configure(
        as_json=log_format is LogFormat.JSON, level=log_level.value, secrets=secrets_of(loaded)
    )
    wanted = selection([*(only or ()), *(table or ())], exclude)
    with opened(loaded) as service:
        roster = service.refresh()
        for problem in (*roster.problems, *roster.warnings):
            note(str(problem))
        due = service.due(wanted, chosen)
        due = [one for one in due if one.checks]
        if not roster.problems:  # else what is not found may be where nobody could look
            _refuse_nothing(bool(due), narrowed=bool(only or table or exclude or check))
        with progress_bar(len(due)) as advance:
            result = asyncio.run(service.cycle(due, advance, again=again, silent=silent))
        undelivered = 0 if silent else asyncio.run(service.deliver())
        made = of_cycle(service.store, result, service.clock())
    _write_all(made, files, output, quiet=quiet, wide=wide)
    code = exit_code(made, fail_on, strict=strict)
    if roster.problems and code is not Exit.FAILED:
        code = Exit.UNREADABLE
    if code is Exit.OK and strict_delivery and undelivered:
        code = Exit.UNDELIVERED
    if code is not Exit.OK:
        raise typer.Exit(code)


@app.command("list", epilog=EXAMPLES)
def list_(
    config: ConfigFile = CONFIG,
    only: Only = None,
    exclude: Exclude = None,
    output: OutputFormat = Output.TABLE,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """List the declared checks with their newest verdicts. Reads no table."""
    from exporters.checks_text import listed_json, listed_text
    from limnograph import settings
    from limnograph.cli.selection import selection
    from limnograph.judged import newest
    from limnograph.reporting import watched
    from limnograph.service import open_settings_store, utc_now

    loaded = settings.load(config)
    wanted = selection(only, exclude)
    with open_settings_store(loaded) as store:
        tables = [one for one in watched(loaded, store) if wanted(one)]
        made = newest(store, tables, utc_now())
    declared = [one.check(check) for one in tables for check in one.checks]
    if output is Output.JSON:
        answer(dumped(listed_json(declared, made)))
    else:
        answer(rendered(lambda console: listed_text(declared, made, console), wide=wide))


@app.command("explain", epilog=EXAMPLES)
def explain(
    check: CheckName,
    config: ConfigFile = CONFIG,
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Say what a check would read, by which lake and at what cost, and what it said last."""
    import asyncio

    from exporters.checks_text import explanation_text
    from limnograph import settings
    from limnograph.explanation import explanation
    from limnograph.service import opened

    loaded = settings.load(config)
    with opened(loaded) as service:
        table, declared = _found(check, list(service.tables))
        made = asyncio.run(explanation(service, table, declared))
    if output is Output.JSON:
        answer(dumped(made))
    else:
        answer(rendered(lambda console: explanation_text(made, console)))


@app.command("expect", epilog=EXAMPLES)
def expect(
    check: CheckName,
    since: Annotated[
        str,
        typer.Option(
            "--from",
            envvar="LIMNOGRAPH_CHECK_EXPECT_FROM",
            metavar="TIME",
            help="From then: 2026-11-27 or 2026-11-27T06.",
        ),
    ],
    until: Annotated[
        str | None,
        typer.Option(
            "--to",
            envvar="LIMNOGRAPH_CHECK_EXPECT_TO",
            metavar="TIME",
            help="Until then; else for a day.",
        ),
    ] = None,
    reason: Annotated[
        str,
        typer.Option("--note", envvar="LIMNOGRAPH_CHECK_EXPECT_NOTE", help="Why it was expected."),
    ] = "",
    config: ConfigFile = CONFIG,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Say that what a check saw in a span of time was expected: it learns from it.

    Times without a zone are those of the table.
    """
    import getpass

    from limnograph import settings
    from limnograph.cli.times import span_of
    from limnograph.reporting import watched
    from limnograph.service import open_settings_store, utc_now

    loaded = settings.load(config)
    with open_settings_store(loaded) as store:
        table, declared = _found(check, watched(loaded, store))
        first, last = span_of(since, until, table.time_zone)
        store.expect(
            table.subject.id, declared.id, first, last, getpass.getuser(), reason, utc_now()
        )
    answer(f"{table.name}/{declared.id}: expected from {first:%Y-%m-%d %H:%M} UTC ")
    answer(f"to {last:%Y-%m-%d %H:%M} UTC\n")


def exit_code(made: "Verdicts", fail_on: FailOn, *, strict: bool) -> Exit:
    """The exit code of some verdicts: a failure beats an error, which beats what is unsure."""
    from checks.core import Severity, Status

    if made.failed(None if fail_on is FailOn.NEVER else Severity(fail_on.value)):
        return Exit.FAILED
    if made.count(Status.ERROR):
        return Exit.UNREADABLE
    return Exit.STRICT if strict and made.unsure else Exit.OK


def written(
    made: "Verdicts", form: CheckOutput, *, quiet: bool, wide: bool, plain: bool = False
) -> str:
    """The verdicts in one of their forms; `plain` is for a file."""
    if form is CheckOutput.JSON:
        from exporters.verdicts import to_json

        return dumped(to_json(made))
    if form is CheckOutput.MARKDOWN:
        from exporters.verdicts_markdown import to_markdown

        return to_markdown(made)
    if form is CheckOutput.JUNIT:
        from exporters.verdicts_junit import to_junit

        return to_junit(made)
    from exporters.verdicts_text import to_text

    return rendered(lambda console: to_text(made, console, quiet=quiet), wide=wide, plain=plain)


def _write_all(
    made: "Verdicts",
    files: list[tuple[CheckOutput, Path]],
    output: CheckOutput,
    *,
    quiet: bool,
    wide: bool,
) -> None:
    for form, path in files:
        write_file(path, written(made, form, quiet=quiet, wide=wide, plain=True))
    answer(written(made, output, quiet=quiet, wide=wide))
    if os.environ.get("GITHUB_ACTIONS"):
        for line in annotations(shown_verdicts(made)):
            note(line)


def shown_verdicts(made: "Verdicts") -> "Iterator[tuple[str, str, str]]":
    """Level, title and message of the verdicts that a GitHub job shows on its page."""
    from checks.core import Status
    from exporters.verdicts_text import why

    levels = {Status.FAIL: "error", Status.ERROR: "error", Status.WARN: "warning"}
    for one in made.judged:
        if level := levels.get(one.status):
            yield level, f"{one.name}: {one.status}", why(one)


def _chosen(patterns: list[str] | None) -> "Callable[[CheckSettings], bool]":
    from fnmatch import fnmatchcase

    if not patterns:
        return lambda check: True
    return lambda check: any(fnmatchcase(check.id, pattern) for pattern in patterns)


def _refuse_nothing(found: bool, *, narrowed: bool) -> None:
    if found:
        return
    if narrowed:
        raise typer.BadParameter(
            "no check matches; `limnograph check list` shows what there is",
            param_hint="'--table' / '--check' / '--only'",
        )
    from monitors.errors import ConfigError

    raise ConfigError(
        "no checks are declared",
        "add `checks` to a table; `limnograph suggest TABLE` proposes some",
    )


def _found(name: str, tables: "list[TableSettings]") -> "tuple[TableSettings, CheckSettings]":
    from limnograph.settings.problems import did_you_mean

    every = {f"{t.name}/{check.id}": (t, check) for t in tables for check in t.checks}
    if name in every:
        return every[name]
    short = [pair for full, pair in every.items() if full.rpartition("/")[2] == name]
    if len(short) == 1:
        return short[0]
    advice = did_you_mean(name, every, "`limnograph check list` shows what there is")
    what = "more than one table has a check" if short else "there is no check"
    raise typer.BadParameter(f"{what} {name!r}; {advice}", param_hint="'TABLE/ID'")
