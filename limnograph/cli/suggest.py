"""`limnograph suggest`: which checks a table could have, with the evidence for each."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from limnograph.cli.asking import Yes, agreed, interactive
from limnograph.cli.console import answer, note
from limnograph.cli.documents import dumped
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    NoColor,
    Output,
    OutputFormat,
    key_values,
)

if TYPE_CHECKING:
    from limnograph.suggesting.finding import Meant
    from limnograph.suggesting.suggest import Suggestions

EXAMPLES = """\b
Examples:
  limnograph suggest main.bronze.posts                   checks as YAML, to paste
  limnograph suggest ./lake/bronze/posts                 the same, without a configuration
  limnograph suggest main.bronze.posts --write           put them into the file, after a question
  limnograph suggest main.bronze.posts --write --dry-run what would be written, as a diff
  limnograph suggest main.bronze.posts --since 2026-09-01 --rows 20000 -o json

\b
What is suggested passes on what it was learned from. The newest 20 % of the commits are held out:
checks of the older ones are tried on them, which gives the false alarms to expect; those with more
than one in 30 days are widened once, or dropped. Checks that the table has are not suggested again.
Exit code 2: no such table, or the file is wrong; 4: it cannot be read, or holds no rows.
"""


def suggest(
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help="Name of a table of the configuration, or the folder or URI of any table.",
            show_default=False,
        ),
    ],
    config: ConfigFile = CONFIG,
    rows: Annotated[
        int,
        typer.Option(
            "--rows", min=1, metavar="N", help="Most rows to look at, of all parts of its history."
        ),
    ] = 100_000,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Learn only from what came since then: 2026-11-27 or 2026-11-27T06.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the checks into the configuration.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; show the change as a diff.")
    ] = False,
    yes: Yes = False,
    storage_option: Annotated[
        list[str] | None,
        typer.Option(
            "--storage-option",
            metavar="KEY=VALUE",
            help="Option of the object store, for a table that the configuration does not have; a "
            "secret as KEY=env:NAME or KEY=file:PATH. Repeatable.",
        ),
    ] = None,
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Look at rows and history of a table, and suggest checks with the evidence for each.

    Reads a bounded sample of the rows and counts a likely key; nothing is stored.
    """
    from limnograph.suggesting.finding import meant

    given = _given(context, "config")
    found = meant(table, config, given, _options(storage_option))
    if (write or dry_run) and not found.listed:
        where = config if found.settings is not None else "no configuration"
        raise typer.BadParameter(
            f"{where} does not have {found.table.name}; `limnograph add {table}` puts it into one",
            param_hint="'--write'",
        )
    made = _made(found, rows, since)
    for line in _dropped(made):
        note(line)
    result = _Result(config, found, made)
    if (write or dry_run) and made.proposals:
        result.prepare()
        if not dry_run and not result.write(asking=interactive(yes)):
            note("nothing was written")
            return
    answer(dumped(result.document()) if output is Output.JSON else result.text(dry_run=dry_run))


def _given(context: typer.Context, name: str) -> bool:
    """Whether an option was written, on the command line or in the environment."""
    source = context.get_parameter_source(name)
    return source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")


def _options(pairs: list[str] | None) -> dict[str, Any]:
    from monitors.secrets import SCHEMES, Secret

    found: dict[str, Any] = dict(key_values(pairs or ()))
    for key, value in found.items():
        if value.partition(":")[0] in SCHEMES and ":" in value:
            found[key] = Secret(value)
    return found


def _made(found: "Meant", rows: int, since: str | None) -> "Suggestions":
    import asyncio
    from datetime import UTC, datetime
    from importlib.util import find_spec
    from zoneinfo import ZoneInfo

    from limnograph.replay.window import bound
    from limnograph.settings import known_kinds
    from limnograph.suggesting.finding import history
    from limnograph.suggesting.suggest import Request, suggest
    from monitors.lakes.workers import Workers

    start = None
    if since is not None:
        try:
            start = bound(since).begins(ZoneInfo(found.table.time_zone))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--since'") from None
        if start is None:
            raise typer.BadParameter(
                "write a day (2026-11-27) or a time (2026-11-27T06:00)", param_hint="'--since'"
            )
    request = Request(
        table=found.table,
        now=datetime.now(UTC),
        kinds=known_kinds() if found.settings is None else found.settings.kinds,
        others=found.others,
        rows=rows,
        since=start,
        expectations=find_spec("great_expectations") is not None,
        history=history(found),
    )
    with Workers(1) as workers:
        return asyncio.run(suggest(request, note, workers))


def _dropped(made: "Suggestions") -> list[str]:
    name, number = made.table.name, len(made.dropped)
    lines = [f"{name}: {one}" for one in made.notes]
    if number:
        were = "suggestion was" if number == 1 else "suggestions were"
        lines.append(f"{name}: {number} {were} dropped:")
        lines += [f"  {one.id}: {one.why}" for one in made.dropped]
    return lines


@dataclass
class _Result:
    file: Path
    found: "Meant"
    made: "Suggestions"
    before: bytes = b""
    after: bytes | None = None
    written: bool = False

    def prepare(self) -> None:
        """Make the new content of the file; ConfigError when it cannot be."""
        from limnograph.proposals.adding import Configuration, standing, written_uri
        from limnograph.suggesting.placing import with_checks

        table = self.found.table
        configuration = Configuration.read(self.file)
        uri = written_uri(table.uri, self.file.parent)
        where = standing(configuration, table.name, uri, table.uri, {})
        self.before = configuration.content
        self.after = with_checks(configuration, where, uri, self.made.proposals)

    def write(self, *, asking: bool) -> bool:
        """Write it, after a question to who can be asked; whether it was written."""
        from limnograph.proposals.files import write

        assert self.after is not None
        if asking:
            note(self.diff.rstrip("\n"))
            if not agreed(f"Write this into {self.file}?"):
                return False
        write(self.file, self.after, self.before)
        self.written = True
        return True

    @property
    def diff(self) -> str:
        """The change as a unified diff; line ends are left out of sight."""
        import difflib

        if self.after is None:
            return ""
        before, after = (
            content.decode("utf-8-sig").splitlines() for content in (self.before, self.after)
        )
        name = str(self.file)
        return "".join(
            f"{line}\n" for line in difflib.unified_diff(before, after, name, name, lineterm="")
        )

    def text(self, *, dry_run: bool) -> str:
        """The YAML; of a dry run the diff, and of what was written what it is."""
        if not self.made.proposals:
            note(f"{self.made.header[0]}")
            return ""
        if dry_run:
            return self.diff
        if not self.written:
            return self.made.yaml
        count = len(self.made.proposals)
        head = f"{self.file}: {self.made.table.name}: {count} check{'s' if count != 1 else ''}"
        ids = "".join(f"  {one.id}\n" for one in self.made.proposals)
        return f"{head}\n{ids}"

    def document(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "schema_version": 1,
            **self.made.plain(),
            "file": str(self.file) if self.found.listed else None,
            "written": self.written,
            "diff": self.diff,
        }
