"""Real tables with a past: written by deltalake, their commits then dated back."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake


def hourly(path: Path, hours: int = 6) -> None:
    """A commit an hour, the last one an hour ago; rows are created ten minutes before."""
    now = datetime.now(UTC)
    times = [now - timedelta(hours=back) for back in range(hours, 0, -1)]
    for at in times:
        created = at - timedelta(minutes=10)
        rows = {
            "id": pa.array([int(at.timestamp())], pa.int64()),
            "created_at": pa.array([created], pa.timestamp("us", "UTC")),
        }
        created_type = pa.timestamp("us", "UTC")
        schema = pa.schema(
            [pa.field("id", pa.int64(), nullable=False), pa.field("created_at", created_type)]
        )
        write_deltalake(str(path), pa.table(rows, schema=schema), mode="append")
    dated(path, times)


def dated(path: Path, times: Sequence[datetime]) -> None:
    """Give the commits of a table other times, the first ones first."""
    for version, at in enumerate(times):
        file = path / "_delta_log" / f"{version:020}.json"
        actions = [json.loads(line) for line in file.read_text().splitlines()]
        for action in actions:
            if "commitInfo" in action:
                action["commitInfo"]["timestamp"] = int(at.timestamp() * 1000)
        file.write_text("".join(json.dumps(action) + "\n" for action in actions))
