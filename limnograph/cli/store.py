"""`limnograph store`: look at what limnograph keeps, let go of old parts, upgrade it, copy it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from limnograph.cli.console import answer, note
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    NoColor,
    Output,
    OutputFormat,
)

if TYPE_CHECKING:
    from limnograph.settings import Settings
    from limnograph.store import Policy
    from limnograph.store.describing import StoreInfo
    from limnograph.store.pruning import Removed

EXAMPLES = """\b
Examples:
  limnograph store info                       how large it is, how fast it grows
  limnograph store prune --dry-run            what `store.retention` would let go of
  limnograph store migrate --check            4 if an upgrade is due
  limnograph store backup limnograph.bak      a checked copy, while it is in use
"""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLES)


@app.callback()
def store() -> None:
    """Look at the store, prune it, upgrade it, copy it."""


@app.command(epilog="\b\nExample:\n  limnograph store info -o json\n")
def info(
    config: ConfigFile = CONFIG,
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Say what the store holds and how fast it grows.

    Nothing is changed or upgraded. Growth is that of the last seven whole days in UTC.
    """
    from limnograph.store.describing import describe

    settings = _settings(config)
    found = describe(_url(settings), _policy(settings), datetime.now(UTC))
    answer(dumped(to_json(found)) if output is Output.JSON else to_text(found))


@app.command(epilog="\b\nExample:\n  limnograph store prune --dry-run\n")
def prune(
    config: ConfigFile = CONFIG,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Let go of what `store.retention` does not keep.

    As `serve` does once a day. Safe at any time: in short steps, beside others that read and write.
    """
    from limnograph.store import open_store

    settings = _settings(config)
    with open_store(_url(settings)) as opened:
        removed = opened.prune(_policy(settings), datetime.now(UTC), dry_run=dry_run)
    if output is Output.JSON:
        answer(dumped({"schema_version": 1, "dry_run": dry_run, "removed": removed}))
    else:
        verb = "would be removed" if dry_run else "removed"
        answer(f"{verb}: {_removed(removed)}\n")


@app.command(epilog="\b\nExample:\n  limnograph store migrate --check\n")
def migrate(
    config: ConfigFile = CONFIG,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only look; exit with 4 if an upgrade is due."),
    ] = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Create the store, or bring it to this program's schema.

    Every command that writes does so by itself; this is for those who want to say when.
    """
    from limnograph.store import open_store
    from limnograph.store.describing import schema_of
    from limnograph.store.schema import HEAD

    url = _url(_settings(config))
    found = schema_of(url)
    if found == HEAD:
        answer(f"schema {HEAD}: up to date\n")
    elif check:
        answer(f"schema {found or 'none'}: {HEAD} is due\n")
        note("mend: limnograph store migrate")
        raise typer.Exit(Exit.UNREADABLE)
    else:
        open_store(url).close()
        answer(f"schema {found or 'none'} -> {HEAD}\n")


@app.command(epilog="\b\nExample:\n  limnograph store backup backups/limnograph.bak --force\n")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    config: ConfigFile = CONFIG,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if it is there.")
    ] = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Copy an SQLite store to a file, whole and checked.

    The store may be in use. To restore, stop limnograph and put the copy in the store's place.
    """
    if file.exists() and not force:
        raise typer.BadParameter(
            f"{file} exists already; name another file, or --force", param_hint="'FILE'"
        )
    from exporters.wording import size
    from limnograph.store.backup import back_up, pg_dump
    from limnograph.store.location import locate

    location = locate(_url(_settings(config)))
    if not location.is_sqlite:
        note(f"store {location}: PostgreSQL is backed up by its own tools:")
        note(f"  {pg_dump(location, file)}")
        note("with the password in PGPASSWORD or ~/.pgpass; pg_restore brings it back")
        raise typer.Exit(Exit.USAGE)
    answer(f"{file}: {size(back_up(location, file, force=force))}\n")


def to_text(found: "StoreInfo") -> str:
    """A store as people read it."""
    from exporters.wording import count, moment, plural, size

    due = "" if found.schema == found.newest_schema else f" ({found.newest_schema} is due)"
    lines = [
        f"{found.kind} store {found.location}",
        f"schema     {found.schema}{due}",
        f"size       {size(found.bytes)}, of which {size(found.free_bytes)} will be used again",
        f"watched    {plural(found.watched, 'subject')}; {count(found.left)} left",
        f"commits    {moment(found.facts[0])} to {moment(found.facts[1])}",
        f"points     {moment(found.points[0])} to {moment(found.points[1])}",
        "",
        f"{'table':12}{'rows':>14}{'size':>12}",
        *(
            f"{name:12}{count(table.rows):>14}{size(table.bytes):>12}"
            for name, table in found.tables.items()
        ),
        "",
        "new rows per day",
        *(
            f"  {day:%Y-%m-%d}  " + (", ".join(f"{n} {count(r)}" for n, r in new.items()) or "none")
            for day, new in found.growth.items()
        ),
        f"a subject and day adds {size(round(sum(found.bytes_per_subject_day.values())))} "
        "before pruning",
    ]
    if found.prunable is None:
        lines.append("pruning    after `limnograph store migrate`")
    else:
        lines.append(f"pruning would remove {_removed(found.prunable)}")
    return "".join(f"{line}\n" for line in lines)


def to_json(found: "StoreInfo") -> dict[str, Any]:
    """A store as one document; `hour` and `day` in `prunable` are rolled-up gauges."""
    return {
        "schema_version": 1,
        "kind": found.kind.lower(),
        "location": found.location,
        "schema": found.schema,
        "newest_schema": found.newest_schema,
        "bytes": found.bytes,
        "free_bytes": found.free_bytes,
        "subjects": {"watched": found.watched, "left": found.left},
        "tables": {
            name: {"rows": table.rows, "bytes": table.bytes} for name, table in found.tables.items()
        },
        "facts": _span(found.facts),
        "points": _span(found.points),
        "new_rows": {f"{day:%Y-%m-%d}": dict(new) for day, new in found.growth.items()},
        "bytes_per_subject_day": {
            name: round(number, 1) for name, number in found.bytes_per_subject_day.items()
        },
        "prunable": found.prunable,
    }


def _span(times: tuple[datetime | None, datetime | None]) -> dict[str, str | None]:
    first, last = (at.isoformat().replace("+00:00", "Z") if at else None for at in times)
    return {"oldest": first, "newest": last}


# By what `Store.prune` calls them; hours and days are those of gauges.
_WORDS = {
    "point": "points",
    "hour": "hours",
    "day": "days",
    "commit_fact": "commits",
    "bucket": "sums over commits",
    "definition": "definitions",
    "event": "events",
    "verdict_log": "changes of verdicts",
    "incident": "incidents",
    "outbox": "messages",
}


def _removed(removed: "Removed") -> str:
    told = [f"{removed[what]:,} {words}" for what, words in _WORDS.items() if what in removed]
    return ", ".join(told) or "nothing"


def _settings(config: Path) -> "Settings":
    from limnograph import settings

    return settings.load(config)


def _url(settings: "Settings") -> str:
    from monitors.secrets import Secret

    url = settings.store_url
    return url.reveal() if isinstance(url, Secret) else url


def _policy(settings: "Settings") -> "Policy":
    from limnograph.pruning import policy

    return policy(settings)
