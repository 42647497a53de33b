"""50 expectations over new rows, by the adapter and by Great Expectations on pandas.

Each runs in a process of its own over the same Parquet file: the adapter over batches of it, with
its aggregates in one statement of the embedded lake's DuckDB; Great Expectations over one frame of
it, with counts only. Then the row-wise ones alone over ten times the rows. Memory is the greatest
resident set of the process; the import of the library (about 250 MiB) is in it and not in the time.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from checks.core import Check, Verdict
from checks.expectations import evaluate, library
from checks.expectations.form import ExpectationForm
from checks.rows.core import Aggregate, RowCheck
from monitors.core import Subject
from monitors.lakes.rows.engine import Engine
from monitors.lakes.rows.sql import translated

_BATCH = 65_536
_V, _C = "expect_column_values_to_", "expect_column_"
Stanza = tuple[str, dict[str, Any]]


def stanzas() -> list[Stanza]:
    """50 of them: 36 row-wise, 8 aggregable, 4 of the schema and 2 that need all rows at once."""
    columns = ["id", "author", "kind", "score", "likes", "text", "at"]
    kinds = [f"kind{number}" for number in range(8)]
    row_wise: list[Stanza] = [(f"{_V}not_be_null", {"column": name}) for name in columns]
    row_wise += [(f"{_V}not_be_null", {"column": name, "mostly": 0.9}) for name in columns[:5]]
    row_wise += [
        (f"{_V}be_between", {"column": "score", "min_value": low, "max_value": 1, "mostly": 0.5})
        for low in (0, 0.1, 0.2, 0.3)
    ]
    row_wise += [
        (f"{_V}be_between", {"column": "likes", "min_value": 0, "max_value": most})
        for most in (1_000, 10_000, 100_000)
    ]
    row_wise += [(f"{_V}be_between", {"column": "at", "min_value": "2025-01-01"})]
    row_wise += [(f"{_V}be_in_set", {"column": "kind", "value_set": kinds})]
    row_wise += [(f"{_V}not_be_in_set", {"column": "kind", "value_set": ["", "none"]})]
    row_wise += [
        (f"{_C}value_lengths_to_be_between", {"column": name, "min_value": 1, "max_value": 99})
        for name in ("author", "kind", "text")
    ]
    row_wise += [
        (f"{_V}match_regex", {"column": name, "regex": regex})
        for name, regex in (("author", "^user[0-9]+$"), ("kind", "^kind"), ("text", "^a "))
    ]
    row_wise += [
        (f"{_V}not_match_regex", {"column": name, "regex": "<[a-z]+>"})
        for name in ("author", "text")
    ]
    row_wise += [
        (f"{_C}pair_values_a_to_be_greater_than_b", {"column_A": "likes", "column_B": "score"}),
        (f"{_C}pair_values_to_be_equal", {"column_A": "author", "column_B": "author"}),
        (f"{_C}distinct_values_to_be_in_set", {"column": "kind", "value_set": kinds}),
        (f"{_C}distinct_values_to_equal_set", {"column": "kind", "value_set": kinds}),
        (f"{_V}be_null", {"column": "score", "mostly": 0.0}),
        ("expect_multicolumn_values_to_be_equal", {"column_list": ["likes", "likes"]}),
    ]
    aggregable: list[Stanza] = [
        (f"{_C}mean_to_be_between", {"column": "score", "min_value": 0.4, "max_value": 0.6}),
        (f"{_C}median_to_be_between", {"column": "score", "min_value": 0.4, "max_value": 0.6}),
        (f"{_C}stdev_to_be_between", {"column": "likes", "min_value": 1}),
        (f"{_C}max_to_be_between", {"column": "likes", "max_value": 100_000}),
        (f"{_C}min_to_be_between", {"column": "at", "min_value": "2025-01-01"}),
        (f"{_C}sum_to_be_between", {"column": "likes", "min_value": 1}),
        (f"{_C}unique_value_count_to_be_between", {"column": "author", "min_value": 10}),
        ("expect_table_row_count_to_be_between", {"min_value": 1}),
    ]
    shape: list[Stanza] = [
        (f"{_C}to_exist", {"column": "id"}),
        (f"{_V}be_of_type", {"column": "score", "type_": "float64"}),
        ("expect_table_column_count_to_equal", {"value": 7}),
        ("expect_table_columns_to_match_set", {"column_set": columns}),
    ]
    whole: list[Stanza] = [
        (f"{_V}be_unique", {"column": "id"}),
        (f"{_V}be_increasing", {"column": "id"}),
    ]
    return [*row_wise, *aggregable, *shape, *whole]


def write(file: Path, rows: int) -> None:
    """Rows as a table of posts has them, in pieces."""
    import numpy as np

    random = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, 500_000):
        count = min(500_000, rows - start)
        score = random.random(count)
        times = np.int64(1.75e15) + random.integers(0, 10**13, count)
        piece = pa.table(
            {
                "id": np.arange(start, start + count),
                "author": [f"user{number}" for number in random.integers(0, 50_000, count)],
                "kind": [f"kind{number}" for number in random.integers(0, 8, count)],
                "score": pa.array(score, mask=score < 0.02),
                "likes": random.integers(1, 900, count),
                "text": [f"a post of {number} words" for number in random.integers(0, 999, count)],
                "at": pa.array(times, pa.int64()).cast(pa.timestamp("us", "UTC")),
            }
        )
        writer = writer or pq.ParquetWriter(file, piece.schema)
        writer.write_table(piece)
    if writer:
        writer.close()


def _checks(chosen: Sequence[Stanza]) -> list[RowCheck]:
    return [
        RowCheck(
            Check(
                f"{number}",
                kind,
                "expectation",
                ExpectationForm(type=kind, arguments=arguments, max_rows=2_000_000),
                Subject("table", "main.bronze.posts"),
            )
        )
        for number, (kind, arguments) in enumerate(chosen)
    ]


def _batches(file: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as source:
        yield from source.iter_batches(_BATCH, columns=list(columns) if columns else None)


def adapter(file: Path) -> list[Verdict]:
    """All of them by the adapter."""
    schema = pq.read_schema(file)
    row_wise, aggregable, whole = evaluate.classified(_checks(stanzas()))
    found = _row_wise(file, row_wise, schema)
    aggregates = evaluate.aggregates(aggregable, schema)
    found += [one.judge(values) for one, values in _computed(file, schema, aggregates)]
    for check in whole:
        columns = list(evaluate.columns(check, schema))
        found.append(evaluate.whole_set(check, pq.read_table(file, columns=columns)))
    return found


def _row_wise(file: Path, checks: Sequence[RowCheck], schema: pa.Schema) -> list[Verdict]:
    examiner = evaluate.RowWise(checks, schema)
    for batch in _batches(file, examiner.columns):
        examiner.feed(batch)
    return [finding.verdict for finding in examiner.findings()]


def _computed(
    file: Path, schema: pa.Schema, aggregates: Sequence[Aggregate]
) -> Iterator[tuple[Aggregate, Mapping[str, Any]]]:
    """The aggregates with their values, all of one statement."""
    texts = [
        f"{text} AS a{number}_{name}"
        for number, one in enumerate(aggregates)
        for name, text in one.expressions.items()
    ]
    with closing(Engine()) as engine:
        engine.create("new_rows", schema)
        for batch in _batches(file):
            engine.insert("new_rows", batch)
        row = engine.query(translated(f"SELECT {', '.join(texts)} FROM new_rows")).to_pylist()[0]
    for number, one in enumerate(aggregates):
        yield one, {name: row[f"a{number}_{name}"] for name in one.expressions}


def row_wise_only(file: Path) -> list[Verdict]:
    """The row-wise ones by the adapter."""
    row_wise, _, _ = evaluate.classified(_checks(stanzas()))
    return _row_wise(file, row_wise, pq.read_schema(file))


def plain(file: Path) -> list[bool]:
    """All of them by Great Expectations over one frame."""
    gx = library.loaded()
    frame = pq.read_table(file).to_pandas()
    frame["at"] = frame["at"].astype("datetime64[ns, UTC]")
    with library.quiet():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("p")
        definition = source.add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
        suite = gx.ExpectationSuite(
            name="all", expectations=[library.implementation(k)(**_aware(a)) for k, a in stanzas()]
        )
        found = definition.get_batch(batch_parameters={"dataframe": frame}).validate(
            suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0}
        )
    return [bool(result.success) for result in found.results]


def _aware(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Times with a zone, without which they cannot be compared."""
    from datetime import UTC, datetime

    return {
        key: datetime.fromisoformat(value).replace(tzinfo=UTC)
        if key == "min_value" and isinstance(value, str)
        else value
        for key, value in arguments.items()
    }


_RUNS: dict[str, Callable[[Path], Sequence[Any]]] = {
    "adapter": adapter,
    "plain": plain,
    "row_wise": row_wise_only,
}


def run(name: str, file: Path) -> None:
    """One of them in this process; its numbers go to stdout as JSON."""
    library.loaded()
    wall, cpu = time.perf_counter(), time.process_time()
    found = _RUNS[name](file)
    good = sum(one.status == "pass" if isinstance(one, Verdict) else one for one in found)
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "passed": good,
                "of": len(found),
            }
        )
    )


def show(title: str, name: str, file: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.expectations", "--one", name, str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{title:42} wall {told['wall']:6.2f} s   CPU {told['cpu']:6.2f} s   "
        f"peak {told['peak'] / 2**20:5.0f} MiB   {told['passed']} of {told['of']} passed"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--one", nargs=2, metavar=("RUN", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        run(arguments.one[0], Path(arguments.one[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        some, many = Path(name) / "some.parquet", Path(name) / "many.parquet"
        write(some, arguments.rows)
        write(many, 10 * arguments.rows)
        show(f"50 expectations, {arguments.rows:,} rows", "adapter", some)
        show("the same, Great Expectations on pandas", "plain", some)
        show(f"the row-wise ones, {10 * arguments.rows:,} rows", "row_wise", many)


if __name__ == "__main__":
    main()
