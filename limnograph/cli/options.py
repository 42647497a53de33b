"""Options that several commands share. Every option can also be set by an environment variable."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from limnograph.cli.console import preferences

CONFIG = Path("limnograph.yaml")


class Output(StrEnum):
    """A table for people, JSON for programs."""

    TABLE = "table"
    JSON = "json"


class ReportOutput(StrEnum):
    """As `Output`, and markdown for chats, tickets and job summaries."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class CheckOutput(StrEnum):
    """As `ReportOutput`, and JUnit XML for systems that run tests."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"


class FailOn(StrEnum):
    """From which severity on a failed check makes the exit code 1."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class LogFormat(StrEnum):
    """How log lines look on stderr."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """Which log lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _no_color(wanted: bool) -> None:
    preferences.no_color = preferences.no_color or wanted


def _debug(wanted: bool) -> None:
    preferences.debug = preferences.debug or wanted


ConfigFile = Annotated[
    Path,
    typer.Option(
        "-c",
        "--config",
        envvar="LIMNOGRAPH_CONFIG",
        metavar="FILE",
        help="The configuration file.",
    ),
]


def key_values(pairs: Sequence[str]) -> dict[str, str]:
    """The KEY=VALUE pairs of --storage-option; BadParameter for one that is none."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            # The text may hold a secret, so it must not be repeated.
            raise typer.BadParameter("write KEY=VALUE", param_hint="'--storage-option'")
        found[key] = value
    return found


OutputFormat = Annotated[
    Output,
    typer.Option("-o", "--output", help="What is written to stdout."),
]
ReportFormat = Annotated[
    ReportOutput,
    typer.Option("-o", "--output", help="What is written to stdout."),
]
CheckFormat = Annotated[
    CheckOutput,
    typer.Option("-o", "--output", help="What is written to stdout."),
]
OutputFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--output-file",
        metavar="FORMAT=PATH",
        help="Also write table, json, markdown or junit to a file. Repeatable.",
    ),
]
FailOnOption = Annotated[
    FailOn,
    typer.Option("--fail-on", help="Exit with 1 when a check of this severity or above fails."),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Exit with 3 when something warns or is not assessed."),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="PATTERN",
        help="Only these tables: a name with wildcards, tag:PATTERN or owner:PATTERN. Repeatable.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="PATTERN",
        help="Not these tables: a name with wildcards, tag:PATTERN or owner:PATTERN. Repeatable.",
    ),
]
Wide = Annotated[
    bool,
    typer.Option("--wide", help="Never fold lines to the width of the terminal."),
]
LogsAs = Annotated[
    LogFormat,
    typer.Option("--log-format", envvar="LIMNOGRAPH_LOG_FORMAT", help="How stderr is written."),
]
LogsFrom = Annotated[
    LogLevel,
    typer.Option("--log-level", envvar="LIMNOGRAPH_LOG_LEVEL", help="What stderr holds."),
]
NoColor = Annotated[
    bool,
    typer.Option(
        "--no-color",
        envvar="LIMNOGRAPH_NO_COLOR",
        callback=_no_color,
        expose_value=False,
        is_eager=True,
        help="No colour, as NO_COLOR=1; FORCE_COLOR=1 keeps it where there is no terminal.",
    ),
]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        envvar="LIMNOGRAPH_DEBUG",
        callback=_debug,
        expose_value=False,
        is_eager=True,
        help="Show the traceback of an error.",
    ),
]
