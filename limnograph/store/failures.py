"""What the database refuses, as StoreError: what, where, the mend, and never the password."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from limnograph.store.location import Location
from monitors.errors import StoreError

# Connection lost or refused, deadlock or serialization, lock not had; the server's disk, memory or
# connections are used up; it is shutting down or starting; its disk fails.
_TRANSIENT_CODES = re.compile(r"08...|40001|40P01|55P03|53[0-4]00|57P0[1-5]|58030")
# The same of a file: its disk is full, fails, or is not mounted just now.
_TRANSIENT_FILE = re.compile(r"SQLITE_(FULL|IOERR|CANTOPEN)(_.*)?")
_LOCKED = re.compile(r"database (table |schema )?is (locked|busy)")


class TransientStoreError(StoreError):
    """The store could not be used just now; the same call may succeed when tried again."""

    transient = True


class IncidentError(StoreError):
    """There is no such incident, or it cannot take what was asked of it."""


@contextmanager
def explained(location: Location) -> Iterator[None]:
    """Turn the errors of the database into StoreError.

    The driver's exception is not chained: its text may quote the connection's parameters.
    """
    try:
        yield
    except PoolTimeoutError:
        raise TransientStoreError(
            f"store {location}: no connection became free in time", "run with fewer workers"
        ) from None
    except OverflowError:
        raise StoreError(
            f"store {location}: a number of the reading does not fit into 64 bits",
            "see whether the table's log is damaged",
        ) from None
    except DBAPIError as error:
        raise _translated(error, location) from None
    except StatementError as error:
        # A value was refused before it reached the database: the mistake of whoever gave it.
        raise (error.orig or error) from None


def _translated(error: DBAPIError, location: Location) -> StoreError:
    told = getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)
    text = location.without_secrets(" ".join(told.split()))
    kind = TransientStoreError if _transient(error) else StoreError
    return kind(f"store {location}: {text}", _mend(text.lower(), location))


def _transient(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return _TRANSIENT_CODES.fullmatch(code) is not None
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None and _TRANSIENT_FILE.fullmatch(name):
        return True
    # Without a code, psycopg's OperationalError means that there is no server at the other end.
    lost = type(error.orig).__module__.startswith("psycopg") and _operational(error)
    return error.connection_invalidated or lost or bool(_LOCKED.search(str(error.orig).lower()))


def _operational(error: DBAPIError) -> bool:
    return any(kind.__name__ == "OperationalError" for kind in type(error.orig).__mro__)


def _mend(text: str, location: Location) -> str:
    for pattern, mend in _MENDS:
        if re.search(pattern, text):
            return mend
    if location.is_sqlite:
        return "see that the file is a limnograph store on a local disk"
    return "see that the server runs and takes connections from here"


_MENDS = (
    ("file is not a database|malformed", "name another file, or restore this one from a backup"),
    (_LOCKED.pattern, "another process holds the store; try again"),
    ("deadlock|lock timeout|could not serialize", "another process was writing; try again"),
    (
        "disk is full|no space left",
        "the disk is full: free some space on it; what could not be written is read again",
    ),
    ("disk i/o error", "see that the store's disk is mounted and well, and try again"),
    ("readonly|read-only", "make the file and its folder writable for this user"),
    ("unable to open", "see that the folder exists and is writable for this user"),
    ("authentication failed|no password supplied", "correct the user or the password in the URL"),
    ("database .* does not exist", "create the database, or name another one in the URL"),
    ("role .* does not exist", "correct the user in the URL"),
    ("permission denied", "grant this user CREATE and USAGE on the schema of the store"),
)
