"""Questions on a terminal, and the answers that flags give in their place.

Questions go to stderr, as stdout is the answer; ctrl-c or the end of input leave everything as it
was.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from limnograph.cli.exit import Exit
from limnograph.cli.options import key_values

Yes = Annotated[
    bool,
    typer.Option("-y", "--yes", help="Ask nothing; as when stdin is no terminal."),
]
StorageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--storage-option",
        metavar="KEY=VALUE",
        help="Option of the object store, written into the file; a secret only as KEY=env:NAME or "
        "KEY=file:PATH (from the folder of the file). Repeatable.",
    ),
]


def interactive(yes: bool) -> bool:
    """Whether a person can be asked."""
    return not yes and sys.stdin.isatty()


def ask(question: str, default: str, check: Callable[[str], str] = str) -> str:
    """An answer; asked again while `check` raises ValueError, whose message is shown."""

    def checked(text: str) -> str:
        try:
            return check(text.strip())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    with _on_stderr():
        answer: str = typer.prompt(question, default=default, value_proc=checked, err=True)
    return answer


def agreed(question: str) -> bool:
    """Whether the answer is yes, which it is by default."""
    with _on_stderr():
        return typer.confirm(question, default=True, err=True)


@contextlib.contextmanager
def _on_stderr() -> Iterator[None]:
    try:
        # What reads the answer writes a blank to stdout, for the sake of readline.
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except typer.Abort:
        typer.echo(err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None


def references(pairs: Sequence[str] | None, folder: Path) -> dict[str, str]:
    """Storage options as the file may have them; BadParameter for a secret in clear text."""
    from limnograph.settings.options import options
    from limnograph.settings.problems import Report

    found = key_values(pairs or ())
    report = Report(_Nowhere())
    options(dict(found), (), folder, report)
    if report.problems:
        told = "; ".join(f"{problem.field}: {problem.message}" for problem in report.problems)
        raise typer.BadParameter(told, param_hint="'--storage-option'")
    return found


def revealed(options: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The same options with the values of their secrets; SecretError when one is missing."""
    from limnograph.settings.options import options as read
    from limnograph.settings.problems import Report
    from limnograph.settings.resolved import reveal

    return reveal(read(dict(options), (), folder, Report(_Nowhere())))


class _Nowhere:
    """Positions for what stands on the command line."""

    file = "--storage-option"

    def position(self, path: object) -> tuple[int, int]:
        return 0, 0


def place(text: str, hint: str) -> str:
    """An absolute path or a URI from what was typed, relative to the working directory."""
    from limnograph.settings.locations import table_uri

    try:
        return table_uri(text, Path.cwd())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from None
