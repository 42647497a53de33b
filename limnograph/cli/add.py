"""`limnograph add`: look at one table, and put a stanza for it into the configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from limnograph.cli.asking import (
    StorageOption,
    Yes,
    agreed,
    ask,
    interactive,
    place,
    references,
)
from limnograph.cli.console import answer, note
from limnograph.cli.documents import dumped
from limnograph.cli.options import CONFIG, ConfigFile, Debug, NoColor, Output, OutputFormat

if TYPE_CHECKING:
    from limnograph.proposals.adding import Configuration, Standing
    from limnograph.proposals.stanza import Proposal

EXAMPLES = """\b
Examples:
  limnograph add ./lake/bronze/posts --dry-run        what would be written, as a diff
  limnograph add ./lake/bronze/posts                  the same, and asks before it writes
  limnograph add s3://lake/marts/orders --name main.marts.orders --yes -c prod.yaml \\
      --storage-option AWS_SECRET_ACCESS_KEY=env:AWS_SECRET_ACCESS_KEY
  limnograph add ./lake/bronze/posts --scan           also reads the likely key, to verify it

\b
A line is proposed only where the table's log bears it out; the comment above it is the evidence.
All else in the file stays as it is, byte for byte. A table that is already there gets only what it
lacks. Exit code 2: the file is wrong, or would be; 4: the table cannot be read. Nothing is written
in either case.
"""


def add(
    uri: Annotated[
        str,
        typer.Argument(
            metavar="TABLE_URI",
            help="Folder of the table: a path, s3://..., az://... or gs://....",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name of the table, catalog.schema.table; else made of its last folders.",
        ),
    ] = None,
    config: ConfigFile = CONFIG,
    storage_option: StorageOption = None,
    scan: Annotated[
        bool,
        typer.Option("--scan", help="Read the likely key of the whole table, to verify it."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; show the change as a diff.")
    ] = False,
    yes: Yes = False,
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Look at one table and add it to the configuration.

    Proposes how often to read it, its event-time column and more, each with its evidence, and
    edits the file in place. Only the table's log is read.
    """
    from limnograph.proposals.adding import Configuration, edited, standing, written_uri
    from limnograph.proposals.files import write

    asking = interactive(yes) and not dry_run
    absolute = place(uri, "'TABLE_URI'")
    options = references(storage_option, config.parent.absolute())
    configuration = Configuration.read(config)
    written = written_uri(absolute, config.parent)
    where = standing(configuration, name, written, absolute, options)
    if options and (where.declared or where.glob):
        note(f"{where.place}: says how the table is read; --storage-option is not needed")
    proposal = _proposed(where, absolute, scan=scan)
    if asking and name is None and not (where.declared or where.glob):
        wanted = ask("Name of the table", where.name)
        where = standing(configuration, wanted, written, absolute, options)
    _refuse_taken(where)
    content = edited(configuration, where, written, proposal)
    result = _Result(configuration, where, absolute, proposal, content)
    if content is not None and not dry_run:
        if asking:
            note(result.diff.rstrip("\n"))
            if not agreed(f"Write this into {config}?"):
                note("nothing was written")
                return
        write(config, content, configuration.content)
        result.written = True
    answer(dumped(result.document()) if output is Output.JSON else result.text(dry_run=dry_run))


def _refuse_taken(where: "Standing") -> None:
    if where.taken is not None:
        at = where.taken.place
        raise typer.BadParameter(
            f"{where.name} is the name of {where.taken.uri} ({at.file}:{at.line}:{at.column}); "
            "choose another",
            param_hint="'--name'",
        )


def _proposed(where: "Standing", uri: str, *, scan: bool) -> "Proposal":
    import asyncio
    from datetime import UTC, datetime

    from limnograph.proposals import looking, stanza
    from limnograph.settings.resolved import reveal

    table = looking.Table(uri, reveal(where.table.storage_options))
    now = datetime.now(UTC)

    async def proposed() -> "Proposal":
        seen = await looking.look(table, now)
        column = stanza.event_column(seen, where.own, where.table)
        newest = await looking.newest_event(table, column, now) if column else None
        key = stanza.guess_key(seen, where.name)
        scanned = await looking.verdict(table, key.columns) if scan and key else ""
        return stanza.propose(
            seen, where.own, where.table, now, where.name, newest=newest, scanned=scanned
        )

    return asyncio.run(proposed())


@dataclass
class _Result:
    configuration: "Configuration"
    where: "Standing"
    uri: str
    proposal: "Proposal"
    content: bytes | None
    written: bool = False

    @property
    def file(self) -> Path:
        return self.configuration.path

    @property
    def status(self) -> str:
        """What became of the table: it is new, or was there and lacked something, or nothing."""
        if self.where.declared:
            return "declared"
        return "found_by_glob" if self.where.glob is not None else "new"

    @property
    def diff(self) -> str:
        """The change as a unified diff; line ends are left out of sight."""
        import difflib

        if self.content is None:
            return ""
        before, after = (
            content.decode("utf-8-sig").splitlines()
            for content in (self.configuration.content, self.content)
        )
        name = str(self.file)
        lines = difflib.unified_diff(before, after, name, name, lineterm="")
        return "".join(f"{line}\n" for line in lines)

    @property
    def line(self) -> int | None:
        """The first line that is new, from 1."""
        if self.content is None:
            return None
        before, after = self.configuration.content.splitlines(), self.content.splitlines()
        pairs = enumerate(zip(before, after, strict=False), 1)
        return next((number for number, (b, a) in pairs if a != b), len(before) + 1)

    def text(self, *, dry_run: bool) -> str:
        """What was seen and done, for a person; of a dry run, the diff alone where there is one."""
        if dry_run and self.content is not None:
            self._note_standing()
            return self.diff
        self._note_standing()
        if self.content is None:
            lines = [f"{self.where.place}: {self.where.name}: nothing is missing"]
            return "".join(f"{line}\n" for line in (*lines, *_indented(self.proposal.notes)))
        lines = [f"{self.file}:{self.line}: {self.where.name}"]
        for setting in self.proposal.settings:
            lines.append(f"  {'.'.join(setting.path)}: {setting.value}")
            lines += [f"    {why}" for why in setting.why]
        return "".join(f"{line}\n" for line in (*lines, *_indented(self.proposal.notes)))

    def _note_standing(self) -> None:
        if self.where.declared:
            note(f"{self.where.place}: {self.where.name} is already there")
        elif self.where.glob is not None:
            note(f"{self.where.place}: {self.where.glob.text} already finds {self.where.name}")

    def document(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "schema_version": 1,
            "file": str(self.file),
            "line": self.line,
            "name": self.where.name,
            "uri": self.uri,
            "status": self.status,
            "place": None if self.status == "new" else self.where.place,
            "written": self.written,
            "settings": [
                {"path": ".".join(s.path), "value": s.value, "why": list(s.why)}
                for s in self.proposal.settings
            ],
            "notes": list(self.proposal.notes),
            "diff": self.diff,
        }


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
