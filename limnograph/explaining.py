"""Errors in words: the reason and the mend of whatever went wrong."""

from monitors.errors import LimnographError


def explained(error: Exception) -> tuple[str, str]:
    """Reason and mend of an error; generic ones where nothing better is known."""
    if isinstance(error, LimnographError):
        return error.reason, error.mend
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return reason, "this may be a defect of limnograph: --debug shows where it happened"
