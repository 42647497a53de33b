"""`limnograph demo`: a small lakehouse with planted trouble, and whether it was seen."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from limnograph.cli.options import Debug, NoColor, Wide

EXAMPLES = """\b
Examples:
  limnograph demo --dir demo-lakehouse
  limnograph demo --dir demo-lakehouse --seed 7 --now 2026-11-20T12:00:00Z
  limnograph report -c demo-lakehouse/limnograph.yaml

\b
Exit code 1: a planted trouble was not seen.
"""


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; write for example 2026-11-20T12:00:00Z"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def demo(
    directory: Annotated[
        Path,
        typer.Option(
            "--dir",
            envvar="LIMNOGRAPH_DEMO_DIR",
            metavar="DIR",
            help="Folder to create; one of an earlier demo is replaced.",
            show_default=False,
        ),
    ],
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, other rows.")] = 1,
    now: Annotated[
        datetime | None,
        typer.Option(
            "--now",
            parser=_moment,
            metavar="TIME",
            help="When the last hour of the demo ends (ISO 8601, UTC unless it says otherwise); "
            "else now.",
        ),
    ] = None,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Build a small lakehouse and watch it.

    Writes five weeks of real Delta tables with planted trouble, reads them as if time had passed,
    prints the report, and says for each planted trouble whether it was seen.
    """
    from limnograph import logs
    from limnograph.cli.console import console
    from limnograph.demo.command import run

    # That the broken table could not be read is what the report is to say.
    logs.configure(level="error")
    code = run(directory, seed=seed, now=now, console=console(wide=wide))
    if code:
        raise typer.Exit(code)
