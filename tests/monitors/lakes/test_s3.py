"""The embedded lake on S3, against a real S3 server on loopback."""

import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.inspection import InThread, inspect_table
from monitors.delta.live.saved import head_of
from monitors.errors import UnreadableError
from monitors.lakes.embedded import Access, EmbeddedTable

pytestmark = pytest.mark.slow

KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "not-for-logs"}
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


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


def rows(*ids: int) -> pa.Table:
    return pa.table({"id": pa.array(ids, pa.int64()), "part": [f"a b%c:{i % 2}" for i in ids]})


def test_a_table_on_s3_reads_as_on_disk_feed_and_escaped_partitions_included(
    options: dict[str, str],
) -> None:
    uri = "s3://lake/bronze/posts"
    write_deltalake(
        uri,
        rows(1, 2, 3),
        partition_by=["part"],
        storage_options=options,
        configuration={"delta.enableChangeDataFeed": "true"},
    )
    DeltaTable(uri, storage_options=options).update(
        updates={"id": "id + 10 * (id % 2)"}, predicate="id > 0"
    )
    document = asyncio.run(inspect_table(uri, storage_options=options, by="commit"))
    assert document["problems"] == []
    assert document["rows"] == 3
    assert [
        (c["inserted"], c["updated"], c["deleted"], c["source"], c["exact"])
        for c in document["commits"]
    ] == [(3, 0, 0, "log", True), (0, 2, 0, "feed", True)]


def test_an_idle_read_on_s3_is_one_request(options: dict[str, str]) -> None:
    uri = "s3://lake/idle"
    write_deltalake(uri, rows(1), storage_options=options)

    async def twice() -> tuple[int, int]:
        access = Access(InThread())
        first = EmbeddedTable(uri, options, access, NOW)
        tail = await first.tail(None)
        kept = first.kept()
        assert kept is not None
        head = head_of(next(state for state in kept.put if state.key == "head"))
        second = EmbeddedTable(uri, options, access, NOW, head=head)
        again = await second.tail(tail.position)
        return len(again.commits), second.cost.requests

    assert asyncio.run(twice()) == (0, 1)


@pytest.mark.parametrize("uri", ["s3://lake/nothing-here", "s3://no-such-bucket/table"])
def test_a_missing_table_on_s3_says_so_without_its_secret(
    options: dict[str, str], uri: str
) -> None:
    table = EmbeddedTable(uri, options, Access(InThread()), NOW)
    with pytest.raises(UnreadableError) as caught:
        asyncio.run(table.tail(None))
    assert uri in caught.value.reason
    assert "not-for-logs" not in str(caught.value)
