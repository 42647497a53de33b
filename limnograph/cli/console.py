"""Where output goes: the answer to stdout, everything else to stderr, colour as the user wants.

NO_COLOR beats FORCE_COLOR, TERM=dumb switches colour off, otherwise a terminal has it. Without
colour there are no escapes at all, not even bold.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 120  # of what is no terminal: a pipe, a file, a log of CI
WIDE = 10_000


@dataclass
class Preferences:
    """What the options of this call ask for; they may stand before or after the command."""

    no_color: bool = False
    debug: bool = False

    def reset(self) -> None:
        """Forget what an earlier call in this process asked for."""
        self.no_color = self.debug = False


preferences = Preferences()


def colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether escapes may be written to a stream."""
    if preferences.no_color or environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


def console(*, wide: bool = False, plain: bool = False) -> "Console":
    """A rich console on stdout; `wide` never folds a line, `plain` is for a file instead."""
    from rich.console import Console

    coloured, terminal = colour(sys.stdout) and not plain, sys.stdout.isatty() and not plain
    measured = terminal or "COLUMNS" in os.environ
    return Console(
        file=sys.stdout,
        width=WIDE if wide else None if measured else WIDTH,
        force_terminal=terminal or coloured,
        color_system=("auto" if terminal else "standard") if coloured else None,
        no_color=not coloured,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )


def rendered(
    render: Callable[["Console"], None], *, wide: bool = False, plain: bool = False
) -> str:
    """What `render(console)` prints, as text, so that it is written in one piece."""
    target = console(wide=wide, plain=plain)
    with target.capture() as capture:
        render(target)
    lines = capture.get().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def answer(text: str) -> None:
    """Write the answer to stdout; a reader that went away, such as `head`, is no failure."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more on the way out, which must not fail a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str) -> None:
    """Write a line to stderr."""
    typer.echo(text, err=True)
