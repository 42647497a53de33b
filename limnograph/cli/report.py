"""`limnograph report`: what is wrong, from the stored readings."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limnograph.cli.console import answer, note, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    Exclude,
    NoColor,
    Only,
    ReportFormat,
    ReportOutput,
    Wide,
)

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
Exit code 4: a table could not be read; 3, only with --strict: something is not assessed.
"""


class FailOn(StrEnum):
    """From which severity on a failed check makes the exit code 1."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


def report(
    config: ConfigFile = CONFIG,
    output: ReportFormat = ReportOutput.TABLE,
    output_file: Annotated[
        list[str] | None,
        typer.Option(
            "--output-file",
            metavar="FORMAT=PATH",
            help="Also write table, json or markdown to a file. Repeatable.",
        ),
    ] = None,
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
    fail_on: Annotated[
        FailOn,
        typer.Option("--fail-on", help="Exit with 1 when a check of this severity or above fails."),
    ] = FailOn.WARNING,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 when something is not assessed.")
    ] = False,
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

    files = [_output_file(text) for text in output_file or ()]
    window = _window(since)
    loaded = settings.load(config)
    logs.configure(level="warning", secrets=secrets_of(loaded))
    wanted = selection(only, exclude)
    with open_settings_store(loaded) as store:
        tables = [table for table in watched(loaded, store) if wanted(table)]
        made = make_report(store, tables, utc_now(), window)
    for form, path in files:
        _write(path, written(made, form, quiet=quiet, wide=wide, plain=True))
    answer(written(made, output, quiet=quiet, wide=wide))
    if os.environ.get("GITHUB_ACTIONS"):
        for line in annotations(made):
            note(line)
    code = exit_code(made, strict=strict)
    if code is not Exit.OK:
        raise typer.Exit(code)


def written(
    made: "Report", form: ReportOutput, *, quiet: bool, wide: bool, plain: bool = False
) -> str:
    """The report in one of its forms; `plain` is for a file, which has neither colour nor width."""
    if form is ReportOutput.JSON:
        from exporters.report import to_json

        return dumped(to_json(made))
    if form is ReportOutput.MARKDOWN:
        from exporters.report_markdown import to_markdown

        return to_markdown(made)
    from exporters.report_text import to_text

    return rendered(lambda console: to_text(made, console, quiet=quiet), wide=wide, plain=plain)


def exit_code(made: "Report", *, strict: bool) -> Exit:
    """The exit code of a report: what could not be read beats what was not assessed."""
    if made.unreadable:
        return Exit.UNREADABLE
    return Exit.STRICT if strict and made.not_assessed else Exit.OK


def annotations(made: "Report") -> list[str]:
    """Workflow commands that show the troubles on the page of a GitHub job."""
    lines = []
    for trouble in made.troubles:
        level = "error" if trouble.kind in ("unreadable", "late", "stale") else "warning"
        title = _escaped(f"{trouble.table}: {trouble.kind}").replace(":", "%3A").replace(",", "%2C")
        lines.append(f"::{level} title={title}::{_escaped(trouble.message)}")
    return lines


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _output_file(text: str) -> tuple[ReportOutput, Path]:
    form, equals, path = text.partition("=")
    if not equals or not path or form not in list(ReportOutput):
        forms = ", ".join(ReportOutput)
        raise typer.BadParameter(
            f"{text!r} is not FORMAT=PATH; write one of {forms}, an equals sign and a path",
            param_hint="'--output-file'",
        )
    return ReportOutput(form), Path(path)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(
            f"cannot write {path}: {error.strerror}", param_hint="'--output-file'"
        ) from None


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
