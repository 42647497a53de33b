"""`limnograph report`: what is wrong, from the stored readings."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from limnograph.cli.check import exit_code as code_of_verdicts
from limnograph.cli.check import shown_verdicts
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
    NoColor,
    Only,
    OutputFiles,
    Strict,
    Wide,
)
from limnograph.cli.written import annotations, parsed_file, write_file

if TYPE_CHECKING:
    from exporters.report import Report
    from exporters.rules import Window

EXAMPLES = """\b
Examples:
  limnograph report                                  trouble on top, then one line per table
  limnograph report --quiet                          only trouble, nothing when all is well
  limnograph report -o json | jq '.troubles[]'
  limnograph report --output-file markdown=$GITHUB_STEP_SUMMARY --output-file json=report.json
  limnograph report --only 'tag:gold' --since 30d

\b
Exit codes: 1 a check failed (--fail-on); 4 a table could not be read or a check not be evaluated;
3, only with --strict: something warns or is not assessed. 1 beats 4 beats 3.
"""


def report(
    config: ConfigFile = CONFIG,
    output: CheckFormat = CheckOutput.TABLE,
    output_file: OutputFiles = None,
    only: Only = None,
    exclude: Exclude = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="AGE",
            help="How far back to look for trouble, such as 36h or 30d; else 2 complete days for "
            "drops, 48 hours for duplicates, 7 days for events.",
        ),
    ] = None,
    fail_on: FailOnOption = FailOn.WARNING,
    strict: Strict = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only what is wrong.")] = False,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Say what is wrong, late or unknown. Answers from the store; reads no table."""
    from limnograph import logs, settings
    from limnograph.cli.selection import selection
    from limnograph.reporting import make_report, watched
    from limnograph.service import open_settings_store, secrets_of, utc_now

    files = [parsed_file(text) for text in output_file or ()]
    window = _window(since)
    loaded = settings.load(config)
    logs.configure(level="warning", secrets=secrets_of(loaded))
    wanted = selection(only, exclude)
    with open_settings_store(loaded) as store:
        tables = [table for table in watched(loaded, store) if wanted(table)]
        made = make_report(store, tables, utc_now(), window)
    for form, path in files:
        write_file(path, written(made, form, quiet=quiet, wide=wide, plain=True))
    answer(written(made, output, quiet=quiet, wide=wide))
    if os.environ.get("GITHUB_ACTIONS"):
        for line in annotations(shown_in_a_job(made)):
            note(line)
    code = exit_code(made, fail_on, strict=strict)
    if code is not Exit.OK:
        raise typer.Exit(code)


def written(
    made: "Report", form: CheckOutput, *, quiet: bool, wide: bool, plain: bool = False
) -> str:
    """The report in one of its forms; `plain` is for a file, which has neither colour nor width."""
    if form is CheckOutput.JSON:
        from exporters.report import to_json

        return dumped(to_json(made))
    if form is CheckOutput.MARKDOWN:
        from exporters.report_markdown import to_markdown

        return to_markdown(made)
    if form is CheckOutput.JUNIT:
        from exporters.verdicts_junit import to_junit

        return to_junit(made.checks)
    from exporters.report_text import to_text

    return rendered(lambda console: to_text(made, console, quiet=quiet), wide=wide, plain=plain)


def exit_code(made: "Report", fail_on: FailOn, *, strict: bool) -> Exit:
    """The exit code of a report: a failed check beats what could not be read or evaluated, which
    beats what is unsure."""
    code = code_of_verdicts(made.checks, fail_on, strict=strict)
    if code is Exit.FAILED:
        return code
    if made.unreadable:
        return Exit.UNREADABLE
    return Exit.STRICT if code is Exit.OK and strict and made.not_assessed else code


def shown_in_a_job(made: "Report") -> "Iterator[tuple[str, str, str]]":
    """Level, title and message of what a GitHub job shows on its page."""
    for trouble in made.troubles:
        level = "error" if trouble.kind in ("unreadable", "late", "stale") else "warning"
        yield level, f"{trouble.table}: {trouble.kind}", trouble.message
    yield from shown_verdicts(made.checks)


def _window(since: str | None) -> "Window | None":
    from datetime import timedelta

    from exporters.rules import Window
    from limnograph.settings import durations

    if since is None:
        return None
    try:
        return Window.back(timedelta(seconds=durations.seconds(since)))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--since'") from None
