"""Real tables of many small commits, and what they suggest, looked at in this process."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from checks.core import Status, Verdict
from limnograph.inspection import InThread
from limnograph.row_checks import run_job
from limnograph.row_jobs import row_job
from limnograph.settings import TableSettings, known_kinds, load
from limnograph.suggesting.suggest import Request, Suggestions, suggest
from tests.limnograph.cli.written_history import dated

NOW = datetime.now(UTC).replace(microsecond=0)
UTC_TIME = pa.timestamp("us", "UTC")


def hours_ago(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=one) for one in hours]


def written(path: Path, commits: Sequence[pa.Table], every: float = 6, **how: Any) -> Path:
    """A table of some commits, one every so many hours, the last one so long ago."""
    for rows in commits:
        write_deltalake(str(path), rows, mode="append", **how)
    count = len(commits)
    dated(path, hours_ago(*(every * (count - place) for place in range(count))))
    return path


def numbered(commits: int, rows: int, **columns: Any) -> list[pa.Table]:
    """Commits of so many rows; a column is a function of the number of the row and the commit."""
    made = []
    for commit in range(commits):
        ids = range(commit * rows, (commit + 1) * rows)
        given = {name: [of(n, commit) for n in ids] for name, of in columns.items()}
        made.append(pa.table({"id": pa.array(ids, pa.int64()), **given}))
    return made


def suggestions(path: Path, **more: Any) -> Suggestions:
    """What a table suggests."""
    table = more.pop("table", None) or TableSettings(path.name, str(path))
    request = Request(table, NOW, known_kinds(), **more)
    return asyncio.run(suggest(request, lambda _: None, InThread()))


def ids(made: Suggestions) -> list[str]:
    return [one.id for one in made.proposals]


def dropped(made: Suggestions) -> dict[str, str]:
    return {one.id: one.why for one in made.dropped}


def check(made: Suggestions, id: str) -> Mapping[str, Any]:
    """The check of that id as it is written, without what all have."""
    found = next(one for one in made.proposals if one.id == id)
    return {k: v for k, v in found.fields.items() if k not in ("id", "severity")}


def configured(folder: Path, made: Suggestions, others: str = "") -> TableSettings:
    """The table in a configuration with the suggested YAML pasted below it."""
    pasted = "".join(f"    {line}\n" for line in made.yaml.splitlines())
    head = f"store: sqlite:///s.db\ntables:\n{others}"
    stanza = f"  - name: {made.table.name}\n    uri: {made.table.uri}\n"
    file = folder / "limnograph.yaml"
    file.write_text(head + stanza + pasted)
    return next(one for one in load(file).tables if one.name == made.table.name)


def row_verdicts(
    table: TableSettings, others: Mapping[str, TableSettings] | None = None
) -> dict[str, Verdict]:
    """The verdicts of the checks over rows, on every live row, as a cycle would have them."""
    kinds = known_kinds()
    over_rows = [table.check(one) for one in table.checks if kinds[one.kind].judge is None]
    job = row_job(table, over_rows, {}, others or {}, position=None, run="r", now=NOW)
    return {finding.check: finding.verdict for finding in run_job(job).findings}


def not_passing(verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    return {
        id: f"{one.status}: {one.reason}"
        for id, one in verdicts.items()
        if one.status is not Status.PASS
    }
