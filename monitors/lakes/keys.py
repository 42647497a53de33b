"""Whether columns identify the rows of a table, by reading these columns of all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitors.errors import UnreadableError


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """Live rows; those of them without a value in one of the columns; distinct values of the
    others."""

    rows: int
    nulls: int
    distinct: int


def count_key(uri: str, options: Mapping[str, str], columns: Sequence[str]) -> KeyCounts:
    """Read some columns of a whole table and count; blocks. UnreadableError when it cannot."""
    from deltalake import DeltaTable, QueryBuilder
    from deltalake.exceptions import DeltaError

    quoted = ['"' + name.replace('"', '""') + '"' for name in columns]
    null = " or ".join(f"{name} is null" for name in quoted)
    statement = (
        f"select count(*) as r, sum(case when {null} then 1 else 0 end) as n, (select count(*) "
        f"from (select distinct {', '.join(quoted)} from t where not ({null}))) as d from t"
    )
    try:
        table = DeltaTable(uri, storage_options=dict(options))
        counts = QueryBuilder().register("t", table).execute(statement).read_all()
    except (DeltaError, OSError, ValueError) as error:
        first_line = str(error).partition("\n")[0][:300]
        raise UnreadableError(
            f"{uri} cannot be scanned: {first_line}", "leave the scan out, or check its files"
        ) from None
    return KeyCounts(*(int(column[0].as_py() or 0) for column in counts.columns))
