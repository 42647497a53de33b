"""The value of a secret occurs in no dump of the settings and in no message."""

import json
import pickle
from pathlib import Path

import pytest

from limnograph.settings import check, json_schema, load, reveal, roster, show
from limnograph.settings.references import looks_secret
from monitors.errors import ConfigError

VALUE = "hunter2-Zx9"


@pytest.mark.wide
def test_no_dump_holds_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_KEY", VALUE)
    (tmp_path / "token").write_text(f"{VALUE}\n")
    file = tmp_path / "c.yaml"
    file.write_text(
        """
store: {url: env:LAKE_KEY}
defaults: {storage_options: {aws_secret_access_key: env:LAKE_KEY}}
tables:
  - {name: a, uri: s3://b/a, storage_options: {aws_session_token: file:token}}
  - glob: s3://b/*/*
    storage_options:
      aws_endpoint_url: http://127.0.0.1:1
      aws_allow_http: true
      aws_region: x
      aws_access_key_id: x
"""
    )
    settings = load(file)
    (table,) = settings.tables
    assert reveal(table.storage_options) == {
        "aws_secret_access_key": VALUE,
        "aws_session_token": VALUE,
    }
    found = roster(settings)
    assert found.problems
    dumps = [repr(settings), str(settings), show(settings), json.dumps(json_schema()), repr(found)]
    assert not [dump for dump in dumps if VALUE in dump]
    assert VALUE.encode() not in pickle.dumps(table)
    assert "env:LAKE_KEY" in show(settings)


@pytest.mark.parametrize(
    "text",
    [
        f"store: postgresql://me:{VALUE}@h/db\n",
        f"store: postgresql+psycopg2://me:{VALUE}@h/db\n",
        f"store: {VALUE}\n",
        f"store: {{url: [{VALUE}]}}\n",
        f"store: !{VALUE} x\n",
        f"store: *{VALUE}\n",
        f"store: {{url: {{password: {VALUE}}}}}\n",
        f"storage_options: {{secret_key: {VALUE}}}\n",
        f"defaults: {{storage_options: {{secret_key: {VALUE}}}}}\n",
        f"defaults: {{storage_options: {{secret_key: [{VALUE}]}}}}\n",
        f"defaults: {{storage_options: {{secret_key: {{x: {VALUE}}}}}}}\n",
        f"defaults: {{storage_options: {{secret_key: 'env:{VALUE}'}}}}\n",
        f"defaults: {{storage_options: {{secret_key:{VALUE}}}}}\n",
        f"defaults: {{storage_options: {{secret_key={VALUE}}}}}\n",
        f"defaults: {{storage_options: [{VALUE}]}}\n",
        f"defaults: {{storage_options: {VALUE}}}\n",
        f"defaults: {{storage_options: {{secret_key: {VALUE}, secret_key: {VALUE}}}}}\n",
        f"defaults:\n  storage_options:\n    secret_key:{VALUE}\n    region: x\n",
        f"defaults:\n  storage_options:\n    secret_key: a: {VALUE}\n",
        f"defaults: {{storage_options: {{region: 'https://me:{VALUE}@h'}}}}\n",
        f"defaults: {{monitors: {{freshness: {{secret_key: {VALUE}}}}}}}\n",
        f"defaults: {{secret_key: {VALUE}}}\n",
        f"tables: [{{name: a, uri: 's3://me:{VALUE}@b/a'}}]\n",
        f"tables: [{{name: a, uri: 'https://me:{VALUE}@b/a'}}]\n",
        f"tables: [{{glob: 's3://me:{VALUE}@b/*'}}]\n",
        f"secret_key={VALUE}\n",
        f"owner: ${{X:-{VALUE}}}\n",
    ],
)
def test_no_message_repeats_a_value(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    problems = check(file)
    assert problems
    assert VALUE not in "\n".join(str(problem) for problem in problems)
    assert VALUE not in repr(problems)
    with pytest.raises(ConfigError) as caught:
        load(file)
    error: BaseException | None = caught.value
    while error is not None:
        assert VALUE not in repr(error)
        error = error.__cause__


@pytest.mark.parametrize(
    "name",
    [
        "aws_secret_access_key",
        "AWS_SESSION_TOKEN",
        "azure_storage_account_key",
        "azure_storage_sas_key",
        "sas_token",
        "azure_client_secret",
        "google_service_account_key",
        "azure_storage_connection_string",
        "password",
        "access_key",
        "Api-Token",
        "bearer_token",
        "aws_sse_customer_key_base64",
    ],
)
def test_these_options_are_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "aws_access_key_id",
        "AWS_ACCESS_KEY_ID",
        "aws_region",
        "aws_endpoint_url",
        "azure_client_id",
        "account_name",
        "google_application_credentials",
        "google_service_account",
        "azure_federated_token_file",
        "aws_sse_kms_key_id",
        "aws_sse_bucket_key_enabled",
        "aws_container_credentials_relative_uri",
        "timeout",
        "conditional_put",
    ],
)
def test_these_options_may_be_written_out(name: str) -> None:
    assert not looks_secret(name)
