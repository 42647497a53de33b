"""What the options of object stores do, against stores on loopback that look at each request."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from benchmarks.loopback_s3 import BUCKET, Answer
from limnograph.inspection import InThread
from limnograph.settings.listing import remote, walk
from monitors.core import Tail
from monitors.errors import UnavailableError, UnreadableError
from monitors.lakes.embedded import Access, EmbeddedTable
from monitors.storage.folders import open_folder
from monitors.storage.paths import table_root
from tests.monitors.cycles import changes
from tests.monitors.lakes.certificates import authority
from tests.monitors.lakes.loopback import (
    IMPATIENT,
    KEYS,
    LoopbackStore,
    Request,
    loopback,
    refusal,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)
CREDENTIALS = ("AWS_", "AZURE_", "GOOGLE_")


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the table `posts`, and no credentials in the environment."""
    for name in os.environ:
        if name.startswith(CREDENTIALS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    write_deltalake(str(tmp_path / "lake/posts"), pa.table({"id": [1, 2, 3]}))
    return tmp_path / "lake"


@pytest.fixture
def store(lake: Path) -> Iterator[LoopbackStore]:
    with loopback(LoopbackStore(lake)) as running:
        yield running


def read(uri: str, options: dict[str, str]) -> Tail:
    return asyncio.run(EmbeddedTable(uri, options, Access(InThread()), NOW).tail(None))


def without(options: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in options.items() if name not in names}


def test_requests_are_signed_for_the_region_and_path_style_is_the_default(
    store: LoopbackStore,
) -> None:
    tail = read(store.uri("posts"), store.options | {"aws_region": "eu-central-1"})
    assert changes(tail) == [(0, 3, 0, 0)]
    first = store.seen[0]
    assert first.path == f"/{BUCKET}"
    assert "AKIALOOPBACK" in first.headers["authorization"]
    assert "/eu-central-1/s3/" in first.headers["authorization"]


def test_virtual_hosted_style_leaves_the_bucket_out_of_the_path(store: LoopbackStore) -> None:
    options = store.options | {"aws_virtual_hosted_style_request": "true"}
    assert changes(read(store.uri("posts"), options)) == [(0, 3, 0, 0)]
    assert {request.path.split("/")[1] for request in store.seen} <= {"", "posts"}


def test_a_public_bucket_is_read_without_a_signature(store: LoopbackStore) -> None:
    options = without(store.options, *KEYS) | {"aws_skip_signature": "true"}
    assert changes(read(store.uri("posts"), options)) == [(0, 3, 0, 0)]
    assert not any("authorization" in request.headers for request in store.seen)


def test_who_requests_pays_where_it_is_set(store: LoopbackStore) -> None:
    read(store.uri("posts"), store.options | {"aws_request_payer": "true"})
    assert {request.headers.get("x-amz-request-payer") for request in store.seen} == {"requester"}


def test_a_certificate_of_an_own_authority_is_trusted_where_it_is_given(
    lake: Path, tmp_path: Path
) -> None:
    own = authority(tmp_path)
    with loopback(LoopbackStore(lake), own.server) as store:
        options = without(store.options, "allow_http")
        with pytest.raises(UnavailableError) as caught:
            read(store.uri("posts"), options)
        trusting = options | {"root_certificate": own.certificate}
        assert changes(read(store.uri("posts"), trusting)) == [(0, 3, 0, 0)]
    assert caught.value.reason.endswith("its certificate is not trusted")
    assert "root_certificate: file:PATH" in caught.value.mend


def test_plain_http_has_to_be_allowed(store: LoopbackStore) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(store.uri("posts"), without(store.options, "allow_http"))
    assert "plain http" in caught.value.reason
    assert "allow_http" in caught.value.mend


def test_tables_of_one_bucket_share_its_connections(lake: Path, store: LoopbackStore) -> None:
    write_deltalake(str(lake / "labels"), pa.table({"id": [1]}))
    for table in ("posts", "labels"):
        read(store.uri(table), store.options)
    ports = {request.peer for request in store.seen}
    assert len(ports) == 1


def test_an_instance_role_is_asked_for_once_for_all_tables_of_a_bucket(
    lake: Path, store: LoopbackStore
) -> None:
    write_deltalake(str(lake / "labels"), pa.table({"id": [1]}))
    store.fault = instance_role
    options = without(store.options, *KEYS) | {"aws_metadata_endpoint": store.url}
    for table in ("posts", "labels", "posts"):
        read(store.uri(table), options)
    asked = [request for request in store.seen if request.path.startswith("/latest/")]
    assert len(asked) == 3
    keys = {r.headers["authorization"].split("=")[1].split("/")[0] for r in store.seen[3:]}
    assert keys == {"ASIAROLE"}


def instance_role(request: Request) -> Answer | None:
    """The metadata service of a machine with a role."""
    if request.path == "/latest/api/token":
        return Answer("200 OK", {}, b"token")
    if request.path == "/latest/meta-data/iam/security-credentials/":
        return Answer("200 OK", {}, b"reader")
    if request.path == "/latest/meta-data/iam/security-credentials/reader":
        found = {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "LastUpdated": "2030-01-01T00:00:00Z",
            "AccessKeyId": "ASIAROLE",
            "SecretAccessKey": "x",
            "Token": "y",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        return Answer("200 OK", {}, json.dumps(found).encode())
    return None


def test_a_profile_is_read_from_the_files_of_the_aws_tools(
    store: LoopbackStore, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        "[reader]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = x\n"
    )
    options = without(store.options, *KEYS) | {"aws_profile": "reader"}
    assert changes(read(store.uri("posts"), options)) == [(0, 3, 0, 0)]
    assert "AKIAPROFILE" in store.seen[0].headers["authorization"]


def test_a_profile_that_is_not_there_says_so(store: LoopbackStore) -> None:
    options = without(store.options, *KEYS) | {"aws_profile": "nobody"}
    with pytest.raises(UnreadableError) as caught:
        read(store.uri("posts"), options)
    assert caught.value.reason == "the AWS profile 'nobody' gives no credentials"
    assert "--profile nobody" in caught.value.mend


def test_missing_credentials_say_where_they_were_looked_for(store: LoopbackStore) -> None:
    nowhere = {"aws_metadata_endpoint": "http://127.0.0.1:1", "max_retries": "0"}
    with pytest.raises(UnavailableError) as caught:
        read(store.uri("posts"), without(store.options, *KEYS) | nowhere)
    assert "there are no credentials, neither in storage_options nor in" in caught.value.reason
    assert "skip_signature for a public bucket" in caught.value.mend


def test_missing_credentials_are_looked_for_once_and_not_by_every_table(
    store: LoopbackStore,
) -> None:
    store.fault = lambda _: Answer("404 Not Found", {})
    options = without(store.options, *KEYS) | {"aws_metadata_endpoint": store.url}
    asked = []
    for table in ("posts", "labels"):
        with pytest.raises(UnavailableError, match="there are no credentials"):
            read(store.uri(table), options)
        asked.append(len(store.seen))
    assert asked[0] == asked[1] > 0


def test_the_folders_of_a_bucket_are_listed_with_the_same_options(store: LoopbackStore) -> None:
    store.fault = two_folders
    found = walk(remote("s3://lake/raw", store.options), ("*",))
    assert found.tables == (("labels",), ("posts",))
    assert all("AKIALOOPBACK" in request.headers["authorization"] for request in store.seen)


def two_folders(request: Request) -> Answer:
    """A LIST with a delimiter of a folder with two tables."""
    names = ("labels", "posts") if request.query["prefix"] == "raw/" else ("_delta_log",)
    prefix = request.query["prefix"]
    common = "".join(
        f"<CommonPrefixes><Prefix>{prefix}{name}/</Prefix></CommonPrefixes>" for name in names
    )
    return Answer("200 OK", {}, f"<ListBucketResult>{common}</ListBucketResult>".encode())


@pytest.mark.parametrize("way", ["option", "service account", "token", "metadata"])
def test_a_table_on_google_is_read_in_each_way_to_log_in(
    store: LoopbackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    account = tmp_path / "account.json"
    keys = {"client_email": "", "private_key": "", "private_key_id": ""}
    account.write_text(json.dumps({"gcs_base_url": store.url, "disable_oauth": True, **keys}))
    monkeypatch.setenv("GCE_METADATA_HOST", store.url.removeprefix("http://"))
    store.fault = metadata_of_google
    ways = {
        "option": {"google_base_url": store.url, "google_skip_signature": "true"},
        "service account": {"google_service_account": str(account)},
        "token": {"google_base_url": store.url, "google_bearer_token": "of-the-user"},
        "metadata": {"google_base_url": store.url},
    }
    options = {**IMPATIENT, "allow_http": "true", **ways[way]}
    assert changes(read(f"gs://{BUCKET}/posts", options)) == [(0, 3, 0, 0)]
    tokens = {r.headers.get("authorization") for r in store.seen if "Metadata" not in str(r)}
    expected = {"token": "Bearer of-the-user", "metadata": "Bearer of-the-machine"}.get(way)
    assert expected in tokens


def metadata_of_google(request: Request) -> Answer | None:
    """The metadata service of a machine with a service account."""
    if not request.path.startswith("/computeMetadata/"):
        return None
    body = {"access_token": "of-the-machine", "expires_in": 3600, "token_type": "Bearer"}
    return Answer("200 OK", {"Content-Type": "application/json"}, json.dumps(body).encode())


def test_a_service_principal_of_azure_logs_in_where_it_is_told(
    store: LoopbackStore,
) -> None:
    body = json.dumps({"access_token": "of-the-principal", "expires_in": 3600}).encode()

    def azure(request: Request) -> Answer:
        if request.path.endswith("/token"):
            return Answer("200 OK", {"Content-Type": "application/json"}, body)
        return Answer("403 Forbidden", {}, b"<Error><Code>AuthorizationFailure</Code></Error>")

    store.fault = azure
    options = {
        **IMPATIENT,
        "azure_storage_endpoint": f"{store.url}/acct",
        "allow_http": "true",
        "azure_client_id": "id",
        "azure_client_secret": "not-for-logs",
        "azure_tenant_id": "tenant",
        "azure_storage_authority_host": store.url,
    }
    with pytest.raises(UnavailableError) as caught:
        read("abfss://lake@account.dfs.core.windows.net/posts", options)
    assert store.seen[0].path == "/tenant/oauth2/v2.0/token"
    assert store.seen[-1].headers["authorization"] == "Bearer of-the-principal"
    assert caught.value.reason.endswith(
        "the service principal of storage_options has no permission (403 AuthorizationFailure)"
    )


def test_a_managed_identity_of_azure_is_asked_for_at_its_endpoint(store: LoopbackStore) -> None:
    body = {"access_token": "of-the-machine", "expires_on": "4000000000", "token_type": "Bearer"}

    def azure(request: Request) -> Answer:
        if request.path == "/msi":
            headers = {"Content-Type": "application/json"}
            return Answer("200 OK", headers, json.dumps(body).encode())
        return Answer("404 Not Found", {}, b"<Error><Code>ContainerNotFound</Code></Error>")

    store.fault = azure
    options = {
        **IMPATIENT,
        "azure_storage_endpoint": f"{store.url}/acct",
        "allow_http": "true",
        "azure_msi_endpoint": f"{store.url}/msi",
        "azure_client_id": "id",
    }
    with pytest.raises(UnavailableError, match="no such bucket or container"):
        read("abfss://lake@account.dfs.core.windows.net/posts", options)
    assert store.seen[-1].headers["authorization"] == "Bearer of-the-machine"


def test_odd_names_of_folders_lead_to_the_same_objects(lake: Path, store: LoopbackStore) -> None:
    for name in ("a b", "50%", "c#d", "ä"):
        write_deltalake(str(lake / name), pa.table({"id": [1]}))
    for uri in ("s3://lake/a%20b", "s3://lake/50%25", "s3://lake/c%23d", "s3://lake/ä"):
        assert changes(read(uri, store.options)) == [(0, 1, 0, 0)]


def test_a_folder_below_the_bucket_itself_is_no_prefix(store: LoopbackStore) -> None:
    folder = open_folder(table_root("s3://lake"), store.options)

    async def log() -> list[str]:
        return [entry["path"] async for page in folder.list("posts/_delta_log") for entry in page]

    assert asyncio.run(log()) == ["posts/_delta_log/00000000000000000000.json"]


def test_the_profile_that_the_environment_names_is_used_unless_there_is_a_key(
    store: LoopbackStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "other")
    read(store.uri("posts"), without(store.options, *KEYS))
    assert "AKIAOTHER" in store.seen[-1].headers["authorization"]
    read(store.uri("posts"), store.options)
    assert "AKIALOOPBACK" in store.seen[-1].headers["authorization"]


def test_a_renewed_role_is_used_after_a_refusal(store: LoopbackStore) -> None:
    options = without(store.options, *KEYS) | {"aws_metadata_endpoint": store.url}

    def expired(request: Request) -> Answer | None:
        answer = instance_role(request)
        return answer or refusal(HTTPStatus.FORBIDDEN, "ExpiredToken")

    store.fault = expired
    with pytest.raises(UnavailableError, match="the role of this machine has expired"):
        read(store.uri("posts"), options)
    store.seen.clear()
    store.fault = instance_role
    assert changes(read(store.uri("posts"), options)) == [(0, 3, 0, 0)]
    assert store.seen[0].path == "/latest/api/token"
