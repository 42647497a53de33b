"""Which options there are, for which store, and what is wrong with one."""

import doctest
from datetime import timedelta

import pytest

from monitors.storage import options as storage_options
from monitors.storage.options import (
    AZURE,
    GCS,
    S3,
    Sorted,
    duration,
    mistake,
    of_other_store,
    sorted_options,
    unknown,
)


def test_the_examples_are_right() -> None:
    assert doctest.testmod(storage_options).failed == 0


def test_options_are_sorted_by_what_they_are_for_in_any_spelling() -> None:
    options = {
        "AWS_ENDPOINT_URL": "https://minio:9000",
        "region": "eu-central-1",
        "requester_pays": "true",
        "AWS_ALLOW_HTTP": "false",
        "timeout": "30s",
        "max_retries": "3",
        "AWS_S3_ALLOW_UNSAFE_RENAME": "true",
        "aws_conditional_put": "etag",
    }
    assert sorted_options(S3, options) == Sorted(
        store={
            "aws_endpoint": "https://minio:9000",
            "aws_region": "eu-central-1",
            "aws_request_payer": "true",
        },
        client={"allow_http": "false", "timeout": "30s"},
        retry={"max_retries": "3"},
    )


def test_defaults_for_several_clouds_serve_each() -> None:
    options = {"aws_region": "eu-west-1", "azure_client_id": "x", "google_base_url": "http://g"}
    assert sorted_options(S3, options) == Sorted(store={"aws_region": "eu-west-1"})
    assert sorted_options(AZURE, options) == Sorted(store={"azure_storage_client_id": "x"})
    assert sorted_options(GCS, options) == Sorted(store={"google_base_url": "http://g"})


def test_one_name_may_mean_something_in_each_store() -> None:
    found = [sorted_options(store, {"token": "t"}).store for store in (S3, AZURE, GCS)]
    names = ("aws_session_token", "azure_storage_token", "google_bearer_token")
    assert found == [{name: "t"} for name in names]


def test_all_that_is_wrong_is_told_at_once_without_the_values() -> None:
    options = {"aws_regoin": "hunter2", "allow_http": "hunter2", "timeout": "5"}
    assert sorted_options(S3, options).problems == (
        "unknown option 'aws_regoin'; did you mean 'aws_region'?",
        "allow_http: expected true or false",
        "timeout: expected a duration such as 500ms, 30s or 2m",
    )


def test_an_unlike_name_gets_no_guess() -> None:
    assert unknown("colour") == "unknown option 'colour'; the documentation lists what there is"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aws_endpoint", "minio:9000"),
        ("max_retries", "many"),
        ("root_certificate", "/etc/ssl/ca.pem"),
        ("aws_region", ""),
        ("azure_skip_signature", "maybe"),
    ],
)
def test_a_value_that_cannot_be_meant_is_told(name: str, value: str) -> None:
    assert mistake(name, value).startswith("expected ")


def test_only_options_of_one_other_store_are_strangers() -> None:
    assert of_other_store("azure_client_id", S3) == AZURE
    assert of_other_store("endpoint", S3) == ""
    assert of_other_store("timeout", GCS) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("1m 30s", timedelta(seconds=90)),
        ("2 hours", timedelta(hours=2)),
        ("5", None),
        ("-5s", None),
        ("s", None),
    ],
)
def test_durations(text: str, expected: timedelta | None) -> None:
    assert duration(text) == expected
