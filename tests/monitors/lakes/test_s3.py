"""The embedded lake and its monitors on S3, against a real S3 server on loopback."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.store import Store, open_store
from monitors.core import Cost, Outcome
from monitors.lakes.workers import Workers
from tests.monitors.lakes.ports import free_port
from tests.monitors.lakes.rounds import Counted, Rounds, outcomes, table

pytestmark = pytest.mark.slow

KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "not-for-logs"}
FEED = {"delta.enableChangeDataFeed": "true"}


def wait_until_up(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
        else:
            return


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_up(url)
            yield url
        finally:
            process.terminate()


@pytest.fixture
def options(endpoint: str) -> dict[str, str]:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="reader",
        aws_secret_access_key="not-for-logs",
    )
    client.create_bucket(Bucket="lake")
    client.close()
    return {
        **KEYS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "aws_conditional_put": "etag",
    }


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'limnograph.db'}") as store:
        yield store


def rows(*ids: int) -> pa.Table:
    at = [datetime(2026, 3, i, tzinfo=UTC) for i in ids]
    parts = [f"a b%c:{i % 2}" for i in ids]
    return pa.table({"id": pa.array(ids, pa.int64()), "at": at, "part": parts})


def test_monitors_read_a_table_on_s3_its_feed_by_worker_processes(
    options: dict[str, str], sqlite: Store
) -> None:
    uri = "s3://lake/bronze/posts"
    write_deltalake(
        uri, rows(1, 2, 3), partition_by=["part"], storage_options=options, configuration=FEED
    )
    with Workers(limit=1) as workers:
        rounds = Rounds(sqlite, [table("posts", uri, options)], caller=workers)
        assert outcomes(rounds.run(), "posts") == {Outcome.ASSESSED}
        opened = DeltaTable(uri, storage_options=options)
        opened.update(updates={"id": "id + 10 * (id % 2)"}, predicate="id > 0")
        write_deltalake(uri, rows(4), mode="append", storage_options=options)
        rounds.run()
        assert workers.pids
    assert rounds.facts("posts") == [
        Counted(0, 3, 0, 0, "log", True),
        Counted(1, 0, 2, 0, "feed", True),
        Counted(2, 1, 0, 0, "log", True),
    ]
    assert rounds.totals("posts") == {"insert": 4, "update": 2, "delete": 0}
    newest = {row.metric: row.value for row in sqlite.latest(["table:posts"])}
    at = datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    assert newest["lakehouse_table_last_event_timestamp_seconds"] == at
    assert newest["lakehouse_table_rows"] == 4


def test_an_idle_cycle_on_s3_is_one_request(options: dict[str, str], sqlite: Store) -> None:
    uri = "s3://lake/idle"
    write_deltalake(uri, rows(1), storage_options=options)
    rounds = Rounds(sqlite, [table("idle", uri, options)])
    rounds.run()
    assert rounds.run().cost == Cost(requests=1, bytes=0)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("s3://lake/nothing-here", "is not a Delta table"),
        ("s3://no-such-bucket/table", "there is no such bucket or container (404 NoSuchBucket)"),
    ],
)
def test_a_missing_table_on_s3_says_so_without_its_secret(
    options: dict[str, str], sqlite: Store, uri: str, reason: str
) -> None:
    rounds = Rounds(sqlite, [table("missing", uri, options)])
    result = rounds.run().results[0]
    assert result.outcome is Outcome.ERROR
    assert uri in result.reason
    assert reason in result.reason
    assert "not-for-logs" not in rounds.said
