"""What the exit codes mean, and which one an error gets."""

from enum import IntEnum


class Exit(IntEnum):
    """The codes of every command; of several that apply, FAILED beats UNREADABLE beats STRICT."""

    OK = 0
    FAILED = 1
    USAGE = 2
    STRICT = 3
    UNREADABLE = 4
    UNDELIVERED = 5
    INTERNAL = 70
    INTERRUPTED = 130


def code_of(error: Exception) -> Exit:
    """The exit code of an error that reached the command line."""
    from monitors.errors import ConfigError, LimnographError, SecretError

    if isinstance(error, ConfigError | SecretError):
        return Exit.USAGE
    return Exit.UNREADABLE if isinstance(error, LimnographError) else Exit.INTERNAL
