"""The embedded lake and its monitors on Google's storage, against a loopback store.

Only its XML interface is asked, which is nearly that of S3: LIST with start-after, GET with ranges.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.store import Store, open_store
from monitors import freshness, ingestion
from monitors.core import Cost, Outcome
from tests.monitors.lakes.loopback import IMPATIENT, LoopbackStore, loopback
from tests.monitors.lakes.rounds import Counted, Rounds, outcomes, table

FEED = {"delta.enableChangeDataFeed": "true"}
SCANNED = {
    "ingestion": ingestion.Config(),
    "freshness": freshness.Config(event_time="at", scan=True),
}


@pytest.fixture
def google(tmp_path: Path) -> Iterator[LoopbackStore]:
    uri = str(tmp_path / "lake/posts")
    at = [datetime(2026, 3, i, tzinfo=UTC) for i in (1, 2, 3)]
    write_deltalake(uri, pa.table({"id": [1, 2, 3], "at": at}), configuration=FEED)
    DeltaTable(uri).update(updates={"id": "id + 10 * (id % 2)"}, predicate="id > 0")
    without_statistics(Path(uri))
    with loopback(LoopbackStore(tmp_path / "lake")) as server:
        yield server


def without_statistics(table: Path) -> None:
    """Leave footers and scans as the only ways to know rows and times."""
    for commit in sorted(table.glob("_delta_log/*.json")):
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        for action in actions:
            action.get("add", {}).pop("stats", None)
        commit.write_text("\n".join(map(json.dumps, actions)))


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'limnograph.db'}") as store:
        yield store


def test_log_footers_feed_and_scan_all_reach_the_bucket(
    google: LoopbackStore, sqlite: Store
) -> None:
    options = {
        **IMPATIENT,
        "google_base_url": google.url,
        "allow_http": "true",
        "google_bearer_token": "of-the-user",
    }
    posts = replace(table("posts", "gs://lake/posts", options), monitors=SCANNED)
    rounds = Rounds(sqlite, [posts])
    assert outcomes(rounds.run(), "posts") == {Outcome.ASSESSED}
    assert rounds.facts("posts") == [
        Counted(0, 3, 0, 0, "log", True),
        Counted(1, 0, 2, 0, "feed", True),
    ]
    newest = {row.metric: row.value for row in sqlite.latest(["table:posts"])}
    at = datetime(2026, 3, 3, tzinfo=UTC).timestamp()
    assert newest["lakehouse_table_last_event_timestamp_seconds"] == at
    assert newest["lakehouse_table_rows"] == 3
    tokens = {request.headers.get("authorization") for request in google.seen}
    assert tokens == {"Bearer of-the-user"}


def test_an_idle_cycle_on_google_is_one_list(google: LoopbackStore, sqlite: Store) -> None:
    options = {"google_base_url": google.url, "google_skip_signature": "true", "allow_http": "true"}
    rounds = Rounds(sqlite, [table("posts", "gs://lake/posts", options)])
    rounds.run()
    google.seen.clear()
    assert rounds.run().cost == Cost(requests=1, bytes=0)
    assert [request.lists for request in google.seen] == [True]
