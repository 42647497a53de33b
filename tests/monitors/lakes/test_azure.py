"""The embedded lake and its monitors on Azure's storage, against Azurite."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.settings.listing import remote, walk
from limnograph.store import Store, open_store
from monitors.core import Cost, Outcome
from tests.monitors.lakes.azurite import ACCOUNT, CONTAINER, Azurite, account_sas, running
from tests.monitors.lakes.ports import free_port
from tests.monitors.lakes.rounds import Counted, Rounds, outcomes, table

pytestmark = pytest.mark.slow

FEED = {"delta.enableChangeDataFeed": "true"}
COUNTED = [
    Counted(0, 3, 0, 0, "log", True),
    Counted(1, 0, 2, 0, "feed", True),
    Counted(2, 1, 0, 0, "log", True),
]


@pytest.fixture(scope="module")
def azure() -> Iterator[Azurite]:
    with running(free_port()) as server:
        yield server


@pytest.fixture(scope="module")
def posts(azure: Azurite) -> Azurite:
    """The server, with the table `bronze/posts` of three commits in it."""
    uri = azure.uri("bronze/posts")
    write_deltalake(
        uri,
        rows(1, 2, 3),
        partition_by=["part"],
        storage_options=azure.options,
        configuration=FEED,
    )
    opened = DeltaTable(uri, storage_options=azure.options)
    opened.update(updates={"id": "id + 10 * (id % 2)"}, predicate="id > 0")
    write_deltalake(uri, rows(4), mode="append", storage_options=azure.options)
    return azure


def rows(*ids: int) -> pa.Table:
    at = [datetime(2026, 3, i, tzinfo=UTC) for i in ids]
    parts = [f"a b%c:{i % 2}" for i in ids]
    return pa.table({"id": pa.array(ids, pa.int64()), "at": at, "part": parts})


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'limnograph.db'}") as store:
        yield store


def sas(**ago: float) -> str:
    return account_sas(datetime.now(UTC) - timedelta(**ago))


@pytest.mark.parametrize("way", ["account key", "shared access signature"])
def test_monitors_read_a_table_in_each_way_to_log_in(
    posts: Azurite, sqlite: Store, way: str
) -> None:
    options = posts.options if way == "account key" else {**posts.where, "sas_token": sas(days=-1)}
    rounds = Rounds(sqlite, [table("posts", posts.uri("bronze/posts"), options)])
    assert outcomes(rounds.run(), "posts") == {Outcome.ASSESSED}
    assert rounds.facts("posts") == COUNTED
    newest = {row.metric: row.value for row in sqlite.latest(["table:posts"])}
    at = datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    assert newest["lakehouse_table_last_event_timestamp_seconds"] == at
    assert rounds.run().cost == Cost(requests=1, bytes=0)


@pytest.mark.parametrize(
    "uri",
    [
        f"https://{ACCOUNT}.dfs.core.windows.net/{CONTAINER}/bronze/posts",
        f"az://{CONTAINER}/bronze/posts",
        f"abfs://{CONTAINER}/bronze/posts",
    ],
)
def test_a_table_is_the_same_by_every_uri(posts: Azurite, sqlite: Store, uri: str) -> None:
    rounds = Rounds(sqlite, [table("posts", uri, posts.options)])
    rounds.run()
    assert rounds.facts("posts") == COUNTED


def test_an_expired_signature_is_an_error_that_does_not_repeat_it(
    posts: Azurite, sqlite: Store
) -> None:
    expired = sas(days=1)
    uri = posts.uri("bronze/posts")
    rounds = Rounds(sqlite, [table("posts", uri, {**posts.where, "sas_token": expired})])
    result = rounds.run().results[0]
    assert result.outcome is Outcome.ERROR
    assert "the SAS token of storage_options" in result.reason
    assert expired.rpartition("sig=")[2] not in rounds.said
    assert "se=" not in rounds.said
    rounds.tables = [table("posts", uri, {**posts.where, "sas_token": sas(days=-1)})]
    rounds.run()
    assert rounds.facts("posts") == COUNTED


def test_a_wrong_key_and_a_missing_container_are_told_apart(posts: Azurite, sqlite: Store) -> None:
    wrong = posts.options | {"account_key": "bm90IHRoZSBrZXk="}
    nowhere = f"abfss://nowhere@{ACCOUNT}.dfs.core.windows.net/posts"
    rounds = Rounds(
        sqlite,
        [table("wrong", posts.uri("bronze/posts"), wrong), table("none", nowhere, posts.options)],
    )
    reasons = {result.subject.name: result.reason for result in rounds.run().results}
    # Azure itself says AuthenticationFailed, and Azurite AuthorizationFailure.
    assert "the account key of storage_options has no permission (403" in reasons["wrong"]
    assert "there is no such bucket or container (404 ContainerNotFound)" in reasons["none"]
    assert "bm90IHRoZSBrZXk=" not in rounds.said


def test_tables_are_found_below_a_folder(posts: Azurite) -> None:
    found = walk(remote(posts.uri("bronze"), posts.options), ("*",))
    assert (found.tables, dict(found.failures)) == ((("posts",),), {})
