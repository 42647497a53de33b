"""The health of one table for a person: a few lines of an inspect document."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from exporters.wording import UNKNOWN, ago, count, moment, percent, plural, size, span

Line = tuple[str, str]
Document = Mapping[str, Any]


def health_lines(health: Document, now: datetime) -> Iterator[Line]:
    """Names and values of the lines."""
    yield from _layout(health["layout"])
    yield from _maintenance(health["maintenance"], now)
    yield from _retention(health["retention"])
    if health["batch_plan"] is not None:
        yield from _plan(health["batch_plan"])


def _layout(layout: Document) -> Iterator[Line]:
    ratio, limit = layout["small_files_ratio"], layout["small_file_bytes"] / 1024**2
    small = f"{count(layout['small_files'])} ({percent(ratio)}) under {limit:g} MiB"
    average = layout["average_file_bytes"]
    if ratio is not None:
        average = UNKNOWN if average is None else size(round(average))
        yield "small files", f"{small}; {average} on average"
    classes = [c for c in layout["size_classes"] or () if c["files"]]
    if classes:
        counts = (f"{c['size_class']}: {count(c['files'])}" for c in classes)
        yield "file sizes", ", ".join(counts)
    if layout["partitions"] is not None:
        yield "partitions", _partitions(layout["partitions"])
    if layout["deletion_vector_files"]:
        files = plural(layout["deletion_vector_files"], "file")
        share = _share(layout["deleted_rows_ratio"])
        yield "deleted rows", f"{count(layout['deleted_rows'])} ({share}) marked in {files}"


def _partitions(partitions: Document) -> str:
    text = count(partitions["number"])
    if partitions["largest_ratio"] is None:
        return text
    share = percent(partitions["largest_ratio"])
    text += f"; {partitions['largest']} holds {share} of the bytes"
    times = partitions["times_median"]
    return text if times is None else f"{text}, {times:.3g} times the median"


def _maintenance(done: Document, now: datetime) -> Iterator[Line]:
    whole = done["commits_from"] is None or done["commits_from"] == done["log_from"]
    never = "never seen in the log" if whole else "not among the commits that were read"
    for name, key in (("OPTIMIZE", "last_optimize"), ("VACUUM", "last_vacuum")):
        yield name, _when(done[key], now) if done[key] else never
    if done["checkpoint_version"] is None:
        yield "checkpoint", "none"
    else:
        since = plural(done["commits_since_checkpoint"], "commit")
        yield "checkpoint", f"{_when(done['last_checkpoint'], now)}, {since} since"
    start = "" if done["log_from"] is None else f", from version {count(done['log_from'])} on"
    files = plural(done["log_files"], "file")
    yield "log", f"{files}, {size(done['log_size_bytes'])}{start}"


def _retention(kept: Document) -> Iterator[Line]:
    log = _length(kept["log_seconds"]) if kept["log_cleanup"] else "for ever"
    yield "kept", f"log {log}, removed files {_length(kept['deleted_files_seconds'])}"
    yield "monitor may pause", _length(kept["gap_margin_seconds"])


def _plan(plan: Document) -> Iterator[Line]:
    for form, name in (("pandas", "pandas"), ("arrow", "Arrow")):
        found = plan[form]
        if found is not None:
            rows = plural(found["rows_per_batch"], "row")
            number = "1 batch" if found["batches"] == 1 else f"{count(found['batches'])} batches"
            of = f"{number} of at most {plan['batch_gib']:g} GiB ({rows})"
            yield f"in {name}", f"about {_gib(found['bytes'])}: {of}"


def _share(ratio: float | None) -> str:
    """A ratio as percent; a little is not nothing.

    >>> _share(0.25), _share(0.001), _share(0.0)
    ('25 %', 'under 1 %', '0 %')
    """
    return "under 1 %" if ratio and ratio < 0.01 else percent(ratio)


def _gib(number: int) -> str:
    """Memory is counted in binary units; less than a hundredth of a GiB in MiB.

    >>> _gib(3 * 1024**3 // 2), _gib(5 * 1024**2)
    ('1.50 GiB', '5.00 MiB')
    """
    if number < 0.01 * 1024**3:
        return f"{number / 1024**2:.2f} MiB"
    return f"{number / 1024**3:.2f} GiB"


def _when(text: str, now: datetime) -> str:
    at = datetime.fromisoformat(text)
    return f"{moment(at)} UTC ({ago(at, now)})"


def _length(seconds: float | None) -> str:
    """A length of time; one that no clock reaches is for ever."""
    if seconds is None:
        return UNKNOWN
    try:
        return span(timedelta(seconds=seconds))
    except OverflowError:
        return "for ever"
