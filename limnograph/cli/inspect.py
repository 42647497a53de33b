"""`limnograph inspect`: everything about one Delta table, without any configuration."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from limnograph.cli.console import answer, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import Debug, NoColor, Output, OutputFormat, Wide, key_values

EXAMPLES = """\b
Examples:
  limnograph inspect ./lake/bronze/posts                  rows, files, size, last commit
  limnograph inspect ./lake/bronze/posts --by commit --last 20
  limnograph inspect ./lake/bronze/posts --batch-gib 2    batches to load it into memory
  limnograph inspect s3://lake/posts --by day -o json \\
      --storage-option AWS_REGION=eu-central-1 \\
      --storage-option AWS_SECRET_ACCESS_KEY=env:MY_SECRET

\b
A URI without a scheme is a local path and is taken literally, percent signs and colons included.
Exit code 4: the table cannot be read; --output json still prints the document with its problems.
"""


class By(StrEnum):
    """What a line of the table of changes stands for."""

    COMMIT = "commit"
    HOUR = "hour"
    DAY = "day"


def inspect(
    uri: Annotated[
        str,
        typer.Argument(
            metavar="URI",
            help="Folder of the table: a path, s3://…, az://… or gs://….",
            show_default=False,
        ),
    ],
    by: Annotated[
        By | None,
        typer.Option("--by", help="List the changes by commit, hour or day (UTC)."),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option("--last", min=1, metavar="N", help="Only the last N commits (hours, days)."),
    ] = None,
    log_only: Annotated[
        bool,
        typer.Option("--log-only", help="Never read data, not even footers; more is unknown."),
    ] = False,
    batch_gib: Annotated[
        float | None,
        typer.Option(
            "--batch-gib",
            min=0.001,
            metavar="GIB",
            help="Plan to load the table in batches of so many GiB; reads a sample of its rows.",
        ),
    ] = None,
    storage_option: Annotated[
        list[str] | None,
        typer.Option(
            "--storage-option",
            metavar="KEY=VALUE",
            help="Option of the object store; a secret as KEY=env:NAME or KEY=file:PATH. "
            "Repeatable.",
        ),
    ] = None,
    output: OutputFormat = Output.TABLE,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Show what one Delta table is, and what its commits did.

    Counts are exact unless marked; what is not known is a question mark with its reason.
    """
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    if by is None and last is not None:
        by = By.COMMIT
    document = _document(
        uri,
        storage_options=options(storage_option or ()),
        log_only=log_only,
        by=by.value if by else None,
        last=last,
        batch_gib=batch_gib,
        now=now,
    )
    if output is Output.JSON:
        answer(dumped(document))
    else:
        from exporters.inspection_text import to_text

        answer(rendered(lambda console: to_text(document, console, now), wide=wide))
    if unreadable(document):
        raise typer.Exit(Exit.UNREADABLE)


def unreadable(document: Mapping[str, Any]) -> bool:
    """Whether an inspect document says that the table as a whole could not be read."""
    problems = document["problems"]
    return any(p["what"] == "table" and p["state"] == "error" for p in problems)


def _document(uri: str, **how: Any) -> dict[str, Any]:
    import asyncio

    from limnograph.inspection import inspect_table

    return asyncio.run(inspect_table(uri, **how))


def options(pairs: Sequence[str]) -> dict[str, str]:
    """Storage options from KEY=VALUE pairs, secrets revealed; SecretError when one is missing."""
    from monitors.secrets import SCHEMES, Secret

    found = key_values(pairs)
    for key, value in found.items():
        if value.partition(":")[0] in SCHEMES and ":" in value:
            found[key] = Secret(value).reveal()
    return found
