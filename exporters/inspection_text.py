"""What `inspect` found out about one table, for a person at a terminal.

Takes the same JSON document that `--output json` prints, so both say the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from exporters.columns import Column, fitted
from exporters.document_text import facts_grid, problem_text
from exporters.health_text import health_lines
from exporters.wording import ago, count, moment, signed, size

_COUNTS = ("inserted", "updated", "deleted")


def to_text(document: Mapping[str, Any], console: Console, now: datetime) -> None:
    """Print an inspect document: what is wrong, what the table is, then its commits or buckets."""
    console.print(Text(str(document["uri"]), style="bold"), soft_wrap=True)
    for problem in document.get("problems", ()):
        console.print(problem_text(problem), soft_wrap=True)
    if document.get("version") is not None:
        console.print(facts_grid(_facts(document, now)))
    for event in document.get("events", ()):
        line = f"{event['kind']}  {event['message']} ({_when(event['at'], now)})"
        console.print(Text(line, style="cyan"), soft_wrap=True)
    if document.get("commits") is not None:
        _print_commits(document["commits"], console)
    if document.get("buckets") is not None:
        _print_buckets(document["buckets"], console)


def _facts(document: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, str]]:
    yield "version", count(document["version"])
    yield "rows", count(document.get("rows"))
    yield "files", count(document.get("files"))
    yield "size", size(document.get("size_bytes"))
    yield "last change", _when(document.get("last_commit"), now)
    yield "last commit", _when(document.get("last_commit_of_any_kind"), now)
    yield "partitioned by", ", ".join(document.get("partition_columns") or ()) or "nothing"
    yield "change feed", "on" if document.get("change_feed") else "off"
    yield "features", ", ".join(document.get("features") or ()) or "none"
    if document.get("health") is not None:
        yield from health_lines(document["health"], now)


def _when(text: str | None, now: datetime) -> str:
    if text is None:
        return count(None)
    at = datetime.fromisoformat(text)
    return f"{moment(at)} UTC ({ago(at, now)})"


COMMITS = (
    Column("Version", right=True),
    Column("Time (UTC)"),
    Column("Operation", folds=True),
    Column("Inserted", right=True),
    Column("Updated", right=True),
    Column("Deleted", right=True),
    Column("Net", rank=1, right=True),
    Column("Bytes", rank=3, right=True),
    Column("Files", rank=4, right=True),
    Column("Source", rank=2),
    Column("Note", right=True),
)
BUCKETS = (
    Column("Start (UTC)"),
    Column("Inserted", right=True),
    Column("Updated", right=True),
    Column("Deleted", right=True),
    Column("Net", rank=1, right=True),
    Column("Commits", right=True),
    Column("Uncounted", rank=2, right=True),
    Column("Not exact", rank=2, right=True),
)


def _print_commits(commits: Sequence[Mapping[str, Any]], console: Console) -> None:
    notes = _Notes()
    rows = [list(_commit(commit, notes)) for commit in commits]
    _print_table(COMMITS, rows, console)
    for line in notes.lines():
        console.print(line, soft_wrap=True, style="dim", highlight=False)


def _commit(commit: Mapping[str, Any], notes: "_Notes") -> Iterator[str]:
    mark = "" if commit["exact"] else "~"
    yield count(commit["version"])
    yield _time(commit["timestamp"])
    yield commit["operation"] or "unknown"
    for name in _COUNTS:
        yield _number(commit[name], mark)
    yield _number(commit["net"], mark, signed)
    yield size(_difference(commit["bytes_added"], commit["bytes_removed"]))
    yield signed(_difference(commit["files_added"], commit["files_removed"]))
    yield commit["source"]
    yield notes.number(commit["reason"])


def _print_buckets(buckets: Sequence[Mapping[str, Any]], console: Console) -> None:
    _print_table(BUCKETS, [list(_bucket(bucket)) for bucket in buckets], console)
    if any(bucket["uncounted"] or bucket["inexact"] for bucket in buckets):
        legend = "~ not exact, + at least, ? not known; `--by commit` says why"
        console.print(legend, style="dim", highlight=False)


def _bucket(bucket: Mapping[str, Any]) -> Iterator[str]:
    mark = "~" if bucket["inexact"] else ""
    tail = "+" if bucket["uncounted"] else ""
    yield _time(bucket["start"])
    for name in _COUNTS:
        yield _number(bucket[name], mark, tail=tail)
    yield _number(bucket["net"], mark, signed)
    for name in ("commits", "uncounted", "inexact"):
        yield count(bucket[name])


def _print_table(columns: Sequence[Column], rows: Sequence[list[str]], console: Console) -> None:
    console.print()
    if rows:
        console.print(fitted(columns, rows, console.width), crop=False)
    else:
        console.print("no commit's JSON remains in the log")


class _Notes:
    """Numbers the reasons of a table in the order of their first use."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, reason: str | None) -> str:
        if not reason:
            return ""
        return str(self._numbers.setdefault(reason, len(self._numbers) + 1))

    def lines(self) -> Iterator[str]:
        if self._numbers:
            yield "~ not exact, ? not known, because:"
        for reason, number in self._numbers.items():
            yield f"{number}  {reason}"


def _number(
    number: int | None,
    mark: str,
    write: Callable[[int | None], str] = count,
    *,
    tail: str = "",
) -> str:
    return count(None) if number is None else f"{mark}{write(number)}{tail}"


def _difference(added: int | None, removed: int | None) -> int | None:
    return None if added is None or removed is None else added - removed


def _time(text: str | None) -> str:
    return moment(datetime.fromisoformat(text)) if text else count(None)
