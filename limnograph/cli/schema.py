"""`limnograph schema`: how a table is defined, and what changed that, by which commit."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limnograph.cli.console import answer, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.inspect import options
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    NoColor,
    ReportFormat,
    ReportOutput,
    Wide,
)

if TYPE_CHECKING:
    from limnograph.definitions import Past

EXAMPLES = """\b
Examples:
  limnograph schema main.bronze.posts                  columns, types, layout, properties
  limnograph schema main.bronze.posts --history        and who changed what, commit by commit
  limnograph schema main.bronze.posts --at 2026-03-01  as it was; also --at 42, a version
  limnograph schema ./lake/bronze/posts --history      straight from the log, no configuration
  limnograph schema s3://lake/posts -o json | jq '.columns[].path | join(".")'

\b
A name means a table of the configuration, and is answered from the store, which still holds what
the log has forgotten. What contains a slash is a path or a URI, and is answered from the log, as
is anything where there is no configuration. Values of properties that look like secrets by their
names (password, secret, token, key, credential) are asterisks.
Exit code 2: no such table, version or time; 4: the table could not be read, or never was.
"""


def schema(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="Name of a configured table, or folder of one: a path, s3://…, az://… or gs://….",
            show_default=False,
        ),
    ],
    config: ConfigFile = CONFIG,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="VERSION|TIME",
            help="As it was at a version, or at a time such as 2026-03-01 or "
            "2026-03-01T06:30+01:00 (UTC where it names no zone).",
        ),
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="Also list every known change, by commit, oldest first."),
    ] = False,
    storage_option: Annotated[
        list[str] | None,
        typer.Option(
            "--storage-option",
            metavar="KEY=VALUE",
            help="Option of the object store, for a URI; a secret as KEY=env:NAME or "
            "KEY=file:PATH. Repeatable.",
        ),
    ] = None,
    output: ReportFormat = ReportOutput.TABLE,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Show how a table is defined, and how that changed.

    Columns with their types, partitioning, clustering, properties, protocol and features; with
    --history every change of them, with its commit, its operation and its user.
    """
    from datetime import UTC

    from limnograph.definitions import document

    moment, now = _moment(at), datetime.now(UTC)
    past = _past(table, config, storage_option or (), now)
    try:
        told = document(past, moment, history=history)
    except LookupError as error:
        raise typer.BadParameter(str(error.args[0]), param_hint="'--at'") from None
    if output is ReportOutput.JSON:
        answer(dumped(told))
    elif output is ReportOutput.MARKDOWN:
        from exporters.schema_markdown import to_markdown

        answer(to_markdown(told, now))
    else:
        from exporters.schema_text import to_text

        answer(rendered(lambda console: to_text(told, console, now), wide=wide))
    if told["version"] is None:
        raise typer.Exit(Exit.UNREADABLE)


def _past(table: str, config: Path, pairs: Sequence[str], now: datetime) -> "Past":
    if is_place(table, config):
        import asyncio

        from limnograph.definitions import from_log

        return asyncio.run(from_log(table, options(pairs), now))
    if pairs:
        raise typer.BadParameter(
            "is for a URI; the options of a configured table stand in the configuration",
            param_hint="'--storage-option'",
        )
    return _stored(table, config)


def is_place(table: str, config: Path) -> bool:
    """Whether a table is given by its place: a path or a URI rather than a configured name."""
    return "/" in table or "\\" in table or (config == CONFIG and not config.exists())


def _stored(name: str, config: Path) -> "Past":
    from limnograph import settings
    from limnograph.definitions import from_store
    from limnograph.reporting import watched
    from limnograph.service import open_settings_store

    loaded = settings.load(config)
    with open_settings_store(loaded) as store:
        tables = {table.name: table for table in watched(loaded, store)}
        if name not in tables:
            raise typer.BadParameter(_unknown(name, list(tables), config), param_hint="'TABLE'")
        return from_store(store, tables[name])


def _unknown(name: str, names: Sequence[str], config: Path) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"{config} has no table {name!r}{meant} A folder is given with a slash: ./{name}"


def _moment(text: str | None) -> int | datetime | None:
    """A version or a time; without a zone it is UTC."""
    from datetime import UTC

    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither a version nor a time; write 42, 2026-03-01 or "
            "2026-03-01T06:30+01:00",
            param_hint="'--at'",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
