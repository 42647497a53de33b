"""`init` and `add` on a bucket."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from limnograph import settings
from tests.limnograph.cli.conftest import Command
from tests.limnograph.cli.written_history import hourly

pytestmark = pytest.mark.slow


def put(url: str, body: bytes = b"") -> None:
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=body, method="PUT", headers=headers)
    urllib.request.urlopen(request, timeout=30).close()


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[str]:
    """The address of an S3 server whose bucket `lake` holds two hourly tables."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    put(f"{address}/lake")
    table = tmp_path / "table"
    hourly(table)
    for file in (f for f in table.rglob("*") if f.is_file()):
        for name in ("raw/bronze/posts", "raw/silver/50% off"):
            put(f"{address}/lake/{quote(name)}/{file.relative_to(table)}", file.read_bytes())
    yield address
    server.stop()


def test_a_bucket_becomes_a_configuration_with_references_for_secrets(
    s3: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THE_SECRET", "hunter2hunter2")
    pairs = (
        *(f"aws_endpoint_url={s3}", "aws_allow_http=true", "aws_region=us-east-1"),
        *("aws_access_key_id=testing", "aws_secret_access_key=env:THE_SECRET"),
    )
    options = [part for pair in pairs for part in ("--storage-option", pair)]
    begun = command("init", "s3://lake/raw", *options)
    assert (begun.code, begun.err) == (0, "s3://lake/raw: 2 tables\n")
    roster = settings.roster(settings.load(Path("limnograph.yaml")))
    assert {table.name: table.uri for table in roster.tables} == {
        "bronze.posts": "s3://lake/raw/bronze/posts",
        "silver.50% off": "s3://lake/raw/silver/50%25 off",
    }
    added = command("add", "s3://lake/raw/bronze/posts", "-o", "json")
    document = json.loads(added.out)
    assert (added.code, document["status"]) == (0, "found_by_glob")
    assert [s["value"] for s in document["settings"]] == ["created_at"]
    assert command("config", "check").code == 0
    assert "hunter2" not in Path("limnograph.yaml").read_text()
    Path("other.yaml").write_text("tables: []\n")
    gone = command("add", "s3://lake/nothing", "-c", "other.yaml", *options)
    assert (gone.code, Path("other.yaml").read_text()) == (4, "tables: []\n")
