"""Which credential a store uses, in words, and AWS profiles, which obstore cannot read itself."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from monitors.errors import UnavailableError, UnreadableError
from monitors.storage.errors import OF_THE_MACHINE
from monitors.storage.options import AZURE, GCS, PROFILE, S3, is_set

if TYPE_CHECKING:
    from obstore.store import S3CredentialProvider

# The first that is set is the one that is used, as in the object_store crate.
_CHAINS = {
    S3: (
        ("aws_access_key_id", "the access key"),
        ("aws_web_identity_token_file", "the web identity"),
        ("aws_container_credentials_relative_uri", "the role of the container"),
        ("aws_container_credentials_full_uri", "the role of the container"),
    ),
    AZURE: (
        ("azure_storage_token", "the bearer token"),
        ("azure_storage_account_key", "the account key"),
        ("azure_storage_client_secret", "the service principal"),
        ("azure_federated_token_file", "the workload identity"),
        ("azure_storage_sas_key", "the SAS token"),
        ("azure_use_azure_cli", "the login of the Azure CLI"),
    ),
    GCS: (
        ("google_bearer_token", "the bearer token"),
        ("google_service_account", "the service account's key"),
        ("google_service_account_key", "the service account's key"),
        ("google_application_credentials", "the application default credentials"),
    ),
}
_LAST = dict(zip((S3, AZURE, GCS), OF_THE_MACHINE, strict=True))
_ALSO_NAMED = {
    "azure_storage_client_secret": ("AZURE_CLIENT_SECRET",),
    "azure_storage_account_key": ("AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_MASTER_KEY"),
    "azure_storage_sas_key": ("AZURE_STORAGE_SAS_TOKEN",),
    "google_service_account": ("GOOGLE_SERVICE_ACCOUNT_PATH",),
}


def in_words(store: str, config: Mapping[str, str]) -> str:
    """The credential that a store uses, and where it was found; never its value."""
    if any(name.endswith("_skip_signature") and is_set(config[name]) for name in config):
        return "no credential (skip_signature)"
    if PROFILE in config:
        return f"the AWS profile {config[PROFILE]!r}"
    for name, what in _CHAINS[store]:
        if config.get(name):
            return f"{what} of storage_options"
    for name, what in _CHAINS[store]:
        for variable in (name.upper(), *_ALSO_NAMED.get(name, ())):
            if os.environ.get(variable):
                return f"{what} of the environment ({variable})"
    return _LAST[store]


def with_profile(config: Mapping[str, str]) -> dict[str, str]:
    """The options of S3 with the profile that the environment names, unless they have better."""
    profile = os.environ.get("AWS_PROFILE")
    better = ("aws_access_key_id", "aws_web_identity_token_file", "aws_skip_signature")
    if not profile or any(name in config or os.environ.get(name.upper()) for name in better):
        return dict(config)
    return {PROFILE: profile, **config}


def of_profile(name: str) -> "S3CredentialProvider":
    """The credentials of an AWS profile, SSO and assumed roles included, renewed as they expire.

    UnreadableError when there is no such profile, or boto3, which reads them, is not installed.
    """
    try:
        from boto3.session import Session
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        raise UnreadableError(
            f"the AWS profile {name!r} cannot be read without boto3",
            "pip install boto3, or give aws_access_key_id and aws_secret_access_key",
        ) from None
    try:
        return Boto3CredentialProvider(Session(profile_name=name))
    except (BotoCoreError, ValueError):
        raise UnavailableError(
            f"the AWS profile {name!r} gives no credentials",
            f"check it with: aws sts get-caller-identity --profile {name}",
        ) from None
