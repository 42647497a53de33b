"""`limnograph config`: check a configuration file, show it resolved, describe its form."""

from pathlib import Path
from typing import Annotated

import typer

from limnograph.cli.console import answer, note
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import CONFIG, ConfigFile, Debug, NoColor

EXAMPLES = """\b
Examples:
  limnograph config check limnograph.yaml     0 if it is right, 2 with every problem on stderr
  limnograph config show                      as it was understood, secrets masked
  limnograph config schema > schema.json      for completion and checks in an editor
"""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLES)


@app.callback()
def config() -> None:
    """Check, show or describe the configuration."""


@app.command(epilog="\b\nExample:\n  limnograph config check limnograph.yaml\n")
def check(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The file; else that of --config."),
    ] = None,
    config: ConfigFile = CONFIG,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Name every problem of a file.

    Each with its line, the field, what was expected and the mend, on stderr.
    """
    from limnograph import settings
    from limnograph.expectations import expectation_problems

    path = file or config
    problems = settings.check(path)
    if not problems:
        loaded = settings.load(path)
        problems = expectation_problems(loaded)
        for warning in loaded.alerts.warnings:
            note(f"warning: {warning}")
    for problem in problems:
        note(str(problem))
    if problems:
        raise typer.Exit(Exit.USAGE)
    answer(f"{path}: no problems\n")


@app.command(epilog="\b\nExample:\n  limnograph config show -c limnograph.yaml\n")
def show(config: ConfigFile = CONFIG, no_color: NoColor = False, debug: Debug = False) -> None:
    """Show a file as it was understood.

    Defaults filled in, places absolute, secrets as references.
    """
    from limnograph import settings

    answer(settings.show(settings.load(config)))


@app.command(epilog="\b\nExample:\n  limnograph config schema > limnograph.schema.json\n")
def schema(no_color: NoColor = False, debug: Debug = False) -> None:
    """Write the JSON Schema of the file.

    For completion and checks in an editor; with the stanzas of all installed monitors.
    """
    from limnograph import settings

    answer(dumped(settings.json_schema()))
