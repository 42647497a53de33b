"""The command line: `main` turns every ending into an exit code and an explanation."""

import sys
from collections.abc import Sequence

from limnograph.cli.app import app
from limnograph.cli.console import note, preferences
from limnograph.cli.exit import Exit, code_of


def main() -> None:
    """The console script `limnograph`."""
    sys.exit(invoke(sys.argv[1:]))


def invoke(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are explained on stderr."""
    preferences.reset()
    try:
        app(list(arguments), prog_name="limnograph")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else Exit.OK
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:
        explain(error)
        return code_of(error)
    return Exit.OK


def explain(error: Exception) -> None:
    """Say what went wrong and the mend; the traceback only where it was asked for."""
    if preferences.debug:
        import traceback

        note("".join(traceback.format_exception(error)).rstrip())
    code = code_of(error)
    if code is Exit.INTERNAL:
        note(f"limnograph: internal error: {type(error).__name__}: {error}")
        note("this is a bug in limnograph; --debug or LIMNOGRAPH_DEBUG=1 shows the traceback")
    else:
        # The problems of a configuration begin with their place, which editors can follow.
        note(str(error) if code is Exit.USAGE else f"limnograph: {error}")
