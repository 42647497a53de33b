"""Opening object stores, with the options of deltalake, and explaining their errors."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import httpx
import obstore
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from moto.server import ThreadedMotoServer
from obstore.exceptions import GenericError
from obstore.store import AzureStore, GCSStore, S3Store

from monitors.delta.feed.rows import DataFile
from monitors.delta.feed.stored_file import open_file
from monitors.errors import UnavailableError, UnreadableError
from monitors.storage.paths import Location
from monitors.storage.stores import Stores, VacuumedError, open_store, unreadable

OPTIONS = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "eu-central-1",
    "AWS_ALLOW_HTTP": "true",
    "aws_virtual_hosted_style_request": "false",
    "AWS_S3_ALLOW_UNSAFE_RENAME": "true",
    "max_retries": "2",
    "timeout": "5s",
}


def test_the_options_of_deltalake_open_an_s3_store() -> None:
    store = open_store("s3a://bucket/lake/a b", OPTIONS)
    assert isinstance(store, S3Store)
    assert store.prefix == "lake/a b"
    assert store.client_options == {
        "allow_http": "true",
        "read_timeout": "20s",
        "timeout": "5s",
    }


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(UnreadableError, match=r"unknown option 'AWS_COLOUR'; .*storage_options"):
        open_store("s3://bucket/t", {"AWS_COLOUR": "blue"})


@pytest.mark.parametrize(
    ("uri", "prefix"),
    [
        ("abfss://c@account.dfs.core.windows.net/a/b", "a/b"),
        ("https://account.dfs.core.windows.net/c/a%20b", "a b"),
        ("https://account.blob.core.windows.net/c/t", "t"),
        ("wasbs://c@account.blob.core.windows.net/t", "t"),
    ],
)
def test_every_uri_of_a_container_leads_into_it(uri: str, prefix: str) -> None:
    store = open_store(uri, {"azure_skip_signature": "true"})
    assert isinstance(store, AzureStore)
    assert store.config == {
        "account_name": "account",
        "container_name": "c",
        "skip_signature": "true",
    }
    assert store.prefix == prefix


@pytest.mark.parametrize("uri", ["gs://bucket/a/b", "gcs://bucket/a/b"])
def test_both_names_of_google_open_a_bucket(uri: str) -> None:
    store = open_store(uri, {"google_skip_signature": "true"})
    assert isinstance(store, GCSStore)
    assert (store.config["bucket"], store.prefix) == ("bucket", "a/b")


@pytest.mark.parametrize("uri", ["nope://x/y", "s3://"])
def test_a_uri_that_is_none_is_explained(uri: str) -> None:
    with pytest.raises(UnreadableError, match=r"cannot open .*; check the URI"):
        open_store(uri)


def test_a_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"cannot open .*missing: No such file .*; check"):
        open_store(str(tmp_path / "missing"))


def test_other_stores_are_opened_once(tmp_path: Path) -> None:
    stores = Stores(str(tmp_path))
    elsewhere = stores.locate("s3://bucket/f.parquet")
    assert elsewhere == Location("f.parquet", "s3://bucket")
    assert stores.of(elsewhere) is stores.of(elsewhere)
    assert stores.of(stores.locate("f.parquet")) is stores.own


def test_a_missing_file_is_told_from_other_trouble() -> None:
    gone = unreadable(FileNotFoundError("x"), "part-0.parquet")
    assert isinstance(gone, VacuumedError)
    assert gone.reason == "part-0.parquet is gone: it was vacuumed"
    refused = unreadable(PermissionError("x"), "part-0.parquet")
    assert (type(refused), refused.mend) == (UnavailableError, "grant read access to it")
    assert type(unreadable(GenericError("x"), "f")) is UnavailableError
    other = unreadable(OSError("first line\nsecond"), "f")
    assert other.reason == "cannot read f: OSError: first line"


def test_the_difference_survives_the_way_out_of_a_worker() -> None:
    back = pickle.loads(pickle.dumps(VacuumedError("gone", "mend")))
    assert (type(back), back.reason, back.mend) == (VacuumedError, "gone", "mend")


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """The options for a bucket named `bucket` in a local imitation of S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    httpx.put(f"{url}/bucket").raise_for_status()
    yield OPTIONS | {"AWS_ENDPOINT_URL": url, "aws_conditional_put": "etag"}
    server.stop()


def test_a_table_in_s3_with_escaped_paths_is_read(bucket: dict[str, str]) -> None:
    uri = "s3://bucket/a b/t"
    data = pa.table({"id": [1, 2, 3], "p": ["a b", "c:d", "50%"]})
    write_deltalake(uri, data, partition_by=["p"], storage_options=bucket)
    stores = Stores("s3a://bucket/a%20b/t", bucket)
    own = open_store("s3a://bucket/a%20b/t", bucket)
    log = bytes(obstore.get(own, "_delta_log/00000000000000000000.json").bytes())
    actions = [json.loads(line) for line in log.splitlines()]
    adds = [action["add"] for action in actions if "add" in action]
    absolute = "s3a://bucket/a%20b/t/" + adds[0]["path"]
    for path in (*(add["path"] for add in adds), absolute):
        file = open_file(stores, stores.locate(path))
        assert DataFile(file, path).rows == 1
    for gone in ("gone", "s3://other/gone"):
        with pytest.raises(VacuumedError, match="gone is gone"):
            open_file(stores, stores.locate(gone), 100)
