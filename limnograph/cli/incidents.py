"""`limnograph incidents`: what does not pass, and who knows of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limnograph.cli.console import answer, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    NoColor,
    Output,
    OutputFormat,
    Wide,
)

if TYPE_CHECKING:
    from checks.incidents import Incident
    from limnograph.store import Store

EXAMPLES = """\b
Examples:
  limnograph incidents list                   what does not pass, the worst first
  limnograph incidents list --all --since 7d --only owner:search
  limnograph incidents show 8f3a              why, since when, and who was told
  limnograph incidents ack 8f3a --note "the loader is being repaired"
  limnograph incidents snooze 8f3a --for 4h --note "maintenance"

\b
An incident is named by the first characters of its id, as many as tell it from the others.
It ends by itself when its check passes. Acknowledged, it is told again only when it gets worse or
ends. Snoozed, nothing is told for a time; what is still open then is told once.
"""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLES)


class Severities(StrEnum):
    """From which severity on an incident is shown."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class _Named:
    """What patterns ask of an incident."""

    name: str
    owner: str
    tags: tuple[str, ...]


Id = Annotated[str, typer.Argument(metavar="ID", help="How the incident's id begins.")]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who says so; else who is logged in.")
]
Note = Annotated[
    str,
    typer.Option("--note", envvar="LIMNOGRAPH_NOTE", metavar="TEXT", help="Why, for the others."),
]
_PATTERN = (
    "incidents: a table's name with wildcards, tag:PATTERN, owner:PATTERN or "
    "severity:PATTERN. Repeatable."
)


@app.callback()
def incidents() -> None:
    """See what does not pass, say that you know, and keep it quiet for a while."""


@app.command("list", epilog="\b\nExample:\n  limnograph incidents list --only 'tag:gold'\n")
def list_(
    config: ConfigFile = CONFIG,
    every: Annotated[
        bool,
        typer.Option(
            "--all", envvar="LIMNOGRAPH_INCIDENTS_LIST_ALL", help="Also those that are resolved."
        ),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DURATION", help="Open at some time since then: 24h, 7d."),
    ] = None,
    severity: Annotated[
        Severities, typer.Option("--severity", help="This severity or a worse one.")
    ] = Severities.INFO,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="PATTERN", help=f"Only these {_PATTERN}")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="PATTERN", help=f"Not these {_PATTERN}")
    ] = None,
    output: OutputFormat = Output.TABLE,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """List the incidents that are open, the worst first. Reads no table.

    With --since, also those that were resolved since then.
    """
    from exporters.incidents_text import listed_json, listed_text

    back = _duration(since, "'--since'") if since is not None else None
    with _opened(config) as (store, now):
        bound = now - back if back else None
        found = store.incidents(open_only=not (every or back), since=bound)
    wanted = _wanted(only, exclude, severity)
    shown = [one for one in found if wanted(one)]
    if output is Output.JSON:
        answer(dumped(listed_json(shown, now)))
    else:
        answer(rendered(lambda console: listed_text(shown, now, console), wide=wide))


@app.command("show", epilog="\b\nExample:\n  limnograph incidents show 8f3a -o json\n")
def show(
    id: Id,
    config: ConfigFile = CONFIG,
    output: OutputFormat = Output.TABLE,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Show one incident: why, since when, how its verdicts changed, and who was told."""
    from exporters.incidents_text import Past, shown_json, shown_text
    from limnograph.cli.outbox import told

    with _opened(config) as (store, now):
        one = store.incident(id)
        history = store.verdict_history(one.subject, one.check_id, one.since)
        messages = [told(row) for row in store.outbox(incident=one.id)]
    until = one.resolved_at or now
    changes = [
        (change.at, change.verdict)
        for change in history
        if change.slice == one.slice and change.at <= until
    ]
    past = Past(changes, messages)
    if output is Output.JSON:
        answer(dumped(shown_json(one, past, now)))
    else:
        answer(rendered(lambda console: shown_text(one, past, now, console), wide=wide))


@app.command("ack", epilog='\b\nExample:\n  limnograph incidents ack 8f3a --note "on it"\n')
def ack(
    id: Id,
    by: By = None,
    reason: Note = "",
    config: ConfigFile = CONFIG,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Say that you know of an incident: it is told again only when it gets worse, or ends."""
    with _opened(config) as (store, now):
        name = by or _login()
        one = store.acknowledge(id, name, reason, now)
    answer(f"{one.id} {one.check}: acknowledged by {name}\n")


@app.command("unack", epilog="\b\nExample:\n  limnograph incidents unack 8f3a\n")
def unack(
    id: Id, config: ConfigFile = CONFIG, no_color: NoColor = False, debug: Debug = False
) -> None:
    """Take an acknowledgement back."""
    with _opened(config) as (store, now):
        one = store.unacknowledge(id, now)
    answer(f"{one.id} {one.check}: not acknowledged\n")


@app.command("snooze", epilog="\b\nExample:\n  limnograph incidents snooze 8f3a --for 4h\n")
def snooze(
    id: Id,
    length: Annotated[
        str,
        typer.Option(
            "--for",
            envvar="LIMNOGRAPH_INCIDENTS_SNOOZE_FOR",
            metavar="DURATION",
            help="How long: 30m, 4h, 7d.",
        ),
    ],
    by: By = None,
    reason: Note = "",
    config: ConfigFile = CONFIG,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Tell nobody of an incident for a time, also if it ends and opens again meanwhile.

    What is still open then is told once. That it ends is told all the same, if it was told.
    """
    from exporters.wording import moment

    back = _duration(length, "'--for'")
    with _opened(config) as (store, now):
        name = by or _login()
        one = store.snooze(id, now + back, name, reason, now)
    answer(f"{one.id} {one.check}: snoozed until {moment(one.snoozed_until)} UTC by {name}\n")


@app.command("unsnooze", epilog="\b\nExample:\n  limnograph incidents unsnooze 8f3a\n")
def unsnooze(
    id: Id, config: ConfigFile = CONFIG, no_color: NoColor = False, debug: Debug = False
) -> None:
    """End a snooze: if it is still open when it is judged next, that is told."""
    with _opened(config) as (store, now):
        one = store.unsnooze(id, now)
    answer(f"{one.id} {one.check}: not snoozed\n")


@contextmanager
def _opened(config: Path) -> "Iterator[tuple[Store, datetime]]":
    """The store of a configuration, and the time; a name that is no incident's is a usage error."""
    from limnograph import settings
    from limnograph.service import open_settings_store, utc_now
    from limnograph.store import IncidentError

    try:
        with open_settings_store(settings.load(config)) as store:
            yield store, utc_now()
    except IncidentError as error:
        raise typer.BadParameter(str(error), param_hint="'ID'") from None


def _wanted(
    only: list[str] | None, exclude: list[str] | None, severity: Severities
) -> "Callable[[Incident], bool]":
    from fnmatch import fnmatchcase

    from checks.core import Severity
    from limnograph.cli.selection import matches

    least = Severity(severity.value).rank

    def fits(pattern: str, one: "Incident") -> bool:
        kind, colon, rest = pattern.partition(":")
        if colon and kind == "severity":
            return fnmatchcase(str(one.severity), rest)
        return matches(pattern, _Named(one.table, one.owner, one.tags))

    def wanted(one: "Incident") -> bool:
        included = not only or any(fits(pattern, one) for pattern in only)
        excluded = any(fits(pattern, one) for pattern in exclude or ())
        return included and not excluded and one.severity.rank >= least

    return wanted


def _duration(text: str, option: str) -> timedelta:
    from limnograph.settings import durations

    try:
        return timedelta(seconds=durations.seconds(text))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run as a user that has no name.
        return "unknown"
