"""DuckDB over staged rows: bounded memory, a private folder, and no way to the outside.

Relations lie in a database file of a folder of its own, which goes with the engine; what a killed
process left behind goes with the next one. User statements meet an engine without access to
files, network or extensions.
"""

import fcntl
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from monitors.errors import UnreadableError
from monitors.lakes.rows.macros import MACROS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MEMORY_LIMIT = "256MiB"
THREADS = 2
PREFIX = "limnograph-rows-"
_LOCK = "in-use"
_RESULT_ROWS = 64 * 1024
_QUOTED = re.compile(r"['\"(\d]")


def named(identifier: str) -> str:
    """An identifier for DuckDB, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


class Engine:
    """One DuckDB with its folder, for one thread; close it. Raises UnreadableError.

    `memory_limit` bounds what DuckDB holds; more goes to its folder.
    """

    def __init__(
        self, memory_limit: str = MEMORY_LIMIT, threads: int = THREADS, parent: Path | None = None
    ) -> None:
        import duckdb

        parent = parent or Path(tempfile.gettempdir())
        _sweep(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self._lock = _locked(self.folder)
        self._error = duckdb.Error
        try:
            self._duckdb = self._connected(memory_limit, threads)
        except BaseException:
            self._remove()
            raise

    def _connected(self, memory_limit: str, threads: int) -> "duckdb.DuckDBPyConnection":
        import duckdb

        connection = duckdb.connect(
            self.folder / "rows.duckdb",
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": str(self.folder / "spilled"),
                "preserve_insertion_order": False,
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
                "python_enable_replacements": False,
                # Division by zero is an error on Databricks, of floating-point numbers as well.
                "ieee_floating_point_ops": False,
            },
        )
        for macro in MACROS:
            connection.execute(macro)
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        return connection

    def close(self) -> None:
        """End DuckDB and remove the folder."""
        self._duckdb.close()
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def create(self, relation: str, schema: "pa.Schema") -> None:
        """Make an empty relation, in the place of one of that name."""
        self._insert(f"create or replace table {named(relation)} as", schema.empty_table(), schema)

    def insert(self, relation: str, batch: "pa.RecordBatch") -> None:
        """Add rows to a relation, by position."""
        import pyarrow as pa

        rows = pa.Table.from_batches([batch])
        self._insert(f"insert into {named(relation)}", rows, batch.schema)

    def view(self, relation: str, columns: Sequence[str], source: str) -> None:
        """Make a relation that shows some columns of another one."""
        shown = ", ".join(map(named, columns))
        self._run(
            f"create or replace view {named(relation)} as select {shown} from {named(source)}"
        )

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> "pa.Table":
        """The result of a DuckDB statement; it is held in memory."""
        try:
            found: pa.Table = self._asked(sql, parameters).to_arrow_table()
        except self._error as error:
            raise _explained(error) from None
        return found

    def stream(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> Iterator["pa.RecordBatch"]:
        """The result of a DuckDB statement in batches; ask nothing else before its end."""
        try:
            yield from self._asked(sql, parameters).to_arrow_reader(_RESULT_ROWS)
        except self._error as error:
            raise _explained(error) from None

    def _asked(self, sql: str, parameters: Mapping[str, Any] | None) -> Any:
        try:
            return self._duckdb.sql(sql, params=dict(parameters) if parameters else None)
        except self._error as error:
            raise _explained(error) from None

    def _insert(self, into: str, rows: "pa.Table", schema: "pa.Schema") -> None:
        self._duckdb.register("_arriving", rows)
        try:
            self._duckdb.execute(f"{into} select * from _arriving")
        except self._error as error:
            raise _unsupported(schema, error) from None
        finally:
            self._duckdb.unregister("_arriving")

    def _run(self, sql: str) -> None:
        try:
            self._duckdb.execute(sql)
        except self._error as error:
            raise _explained(error) from None


def _explained(error: Exception) -> UnreadableError:
    """What DuckDB says of a statement, without the statement and without values of rows."""
    text = _text(error)
    if "Out of Memory" in text:
        return UnreadableError(
            f"the statement needs more memory or disk than it may have: {text}",
            "group by fewer values, or give the folder of temporary files more room",
        )
    return UnreadableError(
        f"the statement failed on the embedded lake: {text}",
        "correct it; check the names and the types of what it compares and converts",
    )


def _unsupported(schema: "pa.Schema", error: Exception) -> UnreadableError:
    types = ", ".join(f"{field.name} {field.type}" for field in schema)
    return UnreadableError(
        f"rows could not be staged for SQL: {_text(error)} (columns: {types[:300]})",
        "name the columns that the checks need, without those of unusual types",
    )


def _text(error: Exception) -> str:
    """One line of an error of DuckDB; where it may quote a value of a row, up to there."""
    import duckdb

    text = " ".join(str(error).split("\n\n", 1)[0].split())
    of_names = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
    if not isinstance(error, (*of_names, duckdb.OutOfMemoryException)):
        text = _QUOTED.split(text, maxsplit=1)[0].strip()
    return text[:500]


def _locked(folder: Path) -> IO[bytes]:
    """A lock in a folder that says its process lives; it goes with the process, however it ends."""
    lock = (folder / f"{_LOCK}-soon").open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    # Under its name it is locked from the start, so that nobody sweeps a folder that is being made.
    (folder / f"{_LOCK}-soon").rename(folder / _LOCK)
    return lock


def _sweep(parent: Path) -> None:
    """Remove the folders of processes that were killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
