"""`limnograph init`: list a lake, and write a configuration that can be read as a form."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from limnograph.cli.asking import (
    StorageOption,
    Yes,
    ask,
    interactive,
    place,
    references,
    revealed,
)
from limnograph.cli.console import answer, note
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import CONFIG, Debug, NoColor, Output, OutputFormat

if TYPE_CHECKING:
    from limnograph.proposals.form import Answers
    from limnograph.proposals.lake import Lake
    from limnograph.proposals.layout import Entry, Root

EXAMPLES = """\b
Examples:
  limnograph init                             asks which folder, which tables, whose
  limnograph init ./lake --yes                every table below ./lake, nothing asked
  limnograph init ./lake --only 'bronze.*' --owner ingest --time-zone Europe/Berlin -c bronze.yaml
  limnograph init s3://lake/raw s3://lake/marts --storage-option AWS_REGION=eu-central-1 \\
      --storage-option AWS_SECRET_ACCESS_KEY=env:AWS_SECRET_ACCESS_KEY

\b
Tables at one depth become one glob, which finds new ones by itself; others are written one by one.
Then: limnograph config check, limnograph run, limnograph serve; limnograph add URI for one table.
Exit code 4: a place could not be listed; what was found elsewhere is written.
"""

_STEP = 1000  # folders between two lines of progress
_SHOWN = 10


def init(
    location: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URI_OR_FOLDER]...",
            help="Where tables lie: a folder, or the prefix of a bucket such as s3://lake/raw; "
            "else this folder.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path,
        typer.Option(
            "-c",
            "--out",
            "--config",
            envvar="LIMNOGRAPH_CONFIG",
            metavar="FILE",
            help="The file to write.",
        ),
    ] = CONFIG,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="PATTERN", help="Only tables of these names, * and ?. Repeatable."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="PATTERN", help="Not the tables of these names. Repeatable."
        ),
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="One stanza per table, no globs.")] = False,
    depth: Annotated[
        int,
        typer.Option("--depth", min=0, max=32, metavar="N", help="How many folders to go down."),
    ] = 5,
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="NAME", help="Who answers for the tables."),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--time-zone", metavar="ZONE", help="Of the tables' days: UTC, Europe/Berlin, ..."
        ),
    ] = None,
    storage_option: StorageOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    yes: Yes = False,
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """List a lake and write its configuration.

    Finds the Delta tables below folders and bucket prefixes and writes a commented file that
    `limnograph run` takes at once. A file that is there is never touched without --force.
    """
    from limnograph.proposals.files import write
    from limnograph.proposals.layout import layout, selected

    before = _before(config, force=force)
    asking = interactive(yes)
    options = references(storage_option, config.parent.absolute())
    if not location:
        location = [ask("Folder or bucket prefix of the tables", ".") if asking else "."]
    zone = _zone(time_zone)
    places = dict.fromkeys(place(text, "'URI_OR_FOLDER'") for text in location)
    lakes, failures = _listed(list(places), revealed(options, config.parent.absolute()), depth)
    roots = _roots(lakes, config)
    _tell_found(lakes, roots, depth)
    patterns, chosen = list(only or ()), selected(roots, only or (), exclude or ())
    if asking and chosen and not patterns:
        patterns = _patterns(lambda wanted: bool(selected(roots, wanted, exclude or ())))
        chosen = selected(roots, patterns, exclude or ())
    if not chosen:
        _nothing(lakes, failures)
    answers = _answers(owner, zone, options, asking=asking)
    entries = layout(roots, chosen, each=each)
    content = _checked(config, entries, answers)
    write(config, content, before)
    found = {name: uri for entry in entries for name, uri in entry.tables.items()}
    if output is Output.JSON:
        answer(dumped(_document(config, entries, lakes, failures)))
    else:
        answer(_told(config, entries, len(found)))
    if failures:
        raise typer.Exit(Exit.UNREADABLE)


def _before(config: Path, *, force: bool) -> bytes | None:
    from monitors.errors import ConfigError

    try:
        content = config.read_bytes()
    except FileNotFoundError:
        if config.absolute().parent.is_dir():
            return None
        raise ConfigError(f"{config}: its folder does not exist; create it first") from None
    except OSError as error:
        raise ConfigError(f"{config}: {error.strerror}; name another file with --out") from None
    if not force:
        raise ConfigError(
            f"{config}: is already there; name another file with --out, replace it with --force, "
            "or put a table into it with `limnograph add`"
        )
    return content


def _zone(given: str | None) -> str | None:
    try:
        return None if given is None else _known_zone(given)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--time-zone'") from None


def _known_zone(name: str) -> str:
    from limnograph.settings.time_zones import known_time_zone

    return known_time_zone(name)


def _listed(
    places: Sequence[str], options: Mapping[str, str], depth: int
) -> "tuple[list[Lake], list[Exception]]":
    """What each place holds, and what could not be listed."""
    from limnograph.proposals.lake import find
    from monitors.errors import LimnographError

    def listed(folders: int, tables: int) -> None:
        if folders % _STEP == 0:
            note(f"listing: {folders} folders, {tables} tables so far")

    lakes: list[Lake] = []
    failures: list[Exception] = []
    for uri in places:
        try:
            lakes.append(find(uri, options, depth, listed))
        except LimnographError as error:
            failures.append(error)
        else:
            failures += lakes[-1].failures
    for failure in failures:
        note(f"limnograph: {failure}")
    return lakes, failures


def _roots(lakes: "Sequence[Lake]", config: Path) -> "list[Root]":
    """The places as the file will have them; a table is in the first of them only."""
    from limnograph.proposals.adding import written_uri
    from limnograph.proposals.layout import Root
    from limnograph.settings.locations import identity

    seen: set[str] = set()
    roots = []
    for lake in lakes:
        places = {folder: identity(lake.uri(folder)) for folder in lake.tables}
        elsewhere = frozenset(folder for folder, place in places.items() if place in seen)
        seen.update(places.values())
        roots.append(Root(written_uri(lake.root, config.parent), lake.tables, elsewhere))
    return roots


def _tell_found(lakes: "Sequence[Lake]", roots: "Sequence[Root]", depth: int) -> None:
    for lake, root in zip(lakes, roots, strict=True):
        tables = len(root.tables) - len(root.elsewhere)
        note(f"{lake.root}: {tables} {'table' if tables == 1 else 'tables'}")
        if lake.deeper:
            note(f"  folders below depth {depth} were not looked at; --depth N goes further")


def _patterns(matches: Callable[[Sequence[str]], bool]) -> list[str]:
    def check(text: str) -> str:
        wanted = [part.strip() for part in text.split(",") if part.strip()]
        if text not in ("", "all") and not matches(wanted):
            raise ValueError("no table has such a name; write names with * and ?, or all")
        return text

    given = ask("Tables to monitor (all, or names such as bronze.*, marts.orders)", "all", check)
    return [] if given == "all" else [part.strip() for part in given.split(",") if part.strip()]


def _nothing(lakes: "Sequence[Lake]", failures: Sequence[Exception]) -> None:
    if not failures:
        folders = sum(lake.folders for lake in lakes)
        note(
            f"limnograph: no table to monitor in {folders} folders; a table is a folder with "
            "_delta_log: check the place, --only and --exclude, or go further with --depth"
        )
    raise typer.Exit(Exit.UNREADABLE)


def _answers(
    owner: str | None, zone: str | None, options: Mapping[str, str], *, asking: bool
) -> "Answers":
    from limnograph.proposals.form import Answers

    if asking and zone is None:
        zone = ask("Time zone of their days", _local_zone(), _known_zone)
    if asking and owner is None:
        owner = ask("Owner (team or person, may be left empty)", "")
    return Answers(owner or "", zone or "UTC", options)


def _local_zone() -> str:
    """The time zone of this machine, where it can be told, else UTC."""
    name = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    try:
        return _known_zone(name) if name else "UTC"
    except ValueError:
        return "UTC"


def _checked(config: Path, entries: "Sequence[Entry]", answers: "Answers") -> bytes:
    """The content of the file, which is right; ConfigError when an answer makes it wrong."""
    from limnograph.proposals.adding import Configuration
    from limnograph.proposals.form import text_of

    content = text_of(str(config), entries, answers).encode()
    Configuration.of(config, content).settings()
    return content


def _told(config: Path, entries: "Sequence[Entry]", tables: int) -> str:
    lines = [f"{config}: {tables} {'table' if tables == 1 else 'tables'}"]
    for entry in entries[:_SHOWN]:
        if entry.glob:
            lines.append(f"  {entry.glob}  finds {len(entry.tables)}: {_some(entry.tables)}")
        else:
            lines += [f"  {name}  {uri}" for name, uri in entry.tables.items()]
    if len(entries) > _SHOWN:
        lines.append(f"  and {len(entries) - _SHOWN} more")
    flag = "" if config == CONFIG else f" -c {config}"
    lines += [
        "next:",
        f"  limnograph run{flag}      reads every table now",
        f"  limnograph add{flag} URI  looks at one and proposes its schedule and event time",
        f"  limnograph serve{flag}    reads on schedule and answers Prometheus",
    ]
    return "".join(f"{line}\n" for line in lines)


def _some(names: Mapping[str, str]) -> str:
    shown = list(names)[:3]
    return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")


def _document(
    config: Path,
    entries: "Sequence[Entry]",
    lakes: "Sequence[Lake]",
    failures: Sequence[Exception],
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "file": str(config),
        "folders": sum(lake.folders for lake in lakes),
        "entries": [
            {
                "glob": entry.glob or None,
                "tables": [{"name": name, "uri": uri} for name, uri in entry.tables.items()],
            }
            for entry in entries
        ],
        "problems": [
            {"reason": getattr(f, "reason", str(f)), "mend": getattr(f, "mend", "")}
            for f in failures
        ],
    }
