"""The options of object stores: their names, what their values look like, and for whom they are.

Names are those of deltalake and obstore, in any case, with or without the prefix of their cloud
(`AWS_REGION`, `aws_region`, `region`). Nothing here opens a store, so a configuration can be
checked without one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from enum import Enum


class Kind(Enum):
    """What the value of an option is."""

    TEXT = "text"
    FLAG = "true or false"
    COUNT = "a whole number"
    DURATION = "a duration such as 500ms, 30s or 2m"
    URL = "a URL that begins with https:// or http://"
    PEM = "the text of a PEM certificate; write file:PATH, and its path"


S3, AZURE, GCS = "S3", "Azure", "GCS"
STORES = (S3, AZURE, GCS)
SCHEMES = {
    **dict.fromkeys(("s3", "s3a", "s3n"), S3),
    **dict.fromkeys(("az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs"), AZURE),
    **dict.fromkeys(("gs", "gcs"), GCS),
}
"""The store of a URI's scheme."""

_T, _F, _N, _D, _U, _P = Kind.TEXT, Kind.FLAG, Kind.COUNT, Kind.DURATION, Kind.URL, Kind.PEM
PROFILE = "aws_profile"
ROOT_CERTIFICATE = "root_certificate"

# By the name that obstore has for it; the aliases are those of deltalake and of the clouds' tools.
_OF_S3 = {
    "aws_access_key_id": (_T, "access_key_id"),
    "aws_secret_access_key": (_T, "secret_access_key"),
    "aws_session_token": (_T, "session_token", "aws_token", "token"),
    PROFILE: (_T, "profile"),
    "aws_region": (_T, "region"),
    "aws_default_region": (_T, "default_region"),
    "aws_endpoint": (
        *(_U, "aws_endpoint_url", "aws_endpoint_url_s3", "endpoint", "endpoint_url"),
        "endpoint_url_s3",
    ),
    "aws_virtual_hosted_style_request": (_F, "virtual_hosted_style_request"),
    "aws_request_payer": (_F, "request_payer", "aws_requester_pays", "requester_pays"),
    "aws_skip_signature": (_F, "skip_signature"),
    "aws_unsigned_payload": (_F, "unsigned_payload"),
    "aws_s3_express": (_F, "s3_express"),
    "aws_imdsv1_fallback": (_F, "imdsv1_fallback"),
    "aws_metadata_endpoint": (_U, "metadata_endpoint"),
    "aws_container_credentials_relative_uri": (_T, "container_credentials_relative_uri"),
    "aws_container_credentials_full_uri": (_U, "container_credentials_full_uri"),
    "aws_container_authorization_token_file": (_T, "container_authorization_token_file"),
    "aws_web_identity_token_file": (_T, "web_identity_token_file"),
    "aws_role_arn": (_T, "role_arn"),
    "aws_role_session_name": (_T, "role_session_name"),
    "aws_endpoint_url_sts": (_U, "endpoint_url_sts", "aws_sts_endpoint", "sts_endpoint"),
    "aws_server_side_encryption": (_T, "server_side_encryption"),
    "aws_sse_customer_key_base64": (_T, "sse_customer_key_base64"),
}
_OF_AZURE = {
    "azure_storage_account_name": (_T, "account_name", "azure_account_name"),
    "azure_storage_account_key": (
        *(_T, "account_key", "azure_account_key", "access_key", "azure_storage_access_key"),
        *("master_key", "azure_storage_master_key"),
    ),
    "azure_storage_sas_key": (
        *(_T, "sas_key", "sas_token", "azure_storage_sas_token", "azure_sas_key"),
        "azure_sas_token",
    ),
    "azure_storage_token": (_T, "bearer_token", "token", "azure_token"),
    "azure_storage_client_id": (_T, "client_id", "azure_client_id"),
    "azure_storage_client_secret": (_T, "client_secret", "azure_client_secret"),
    "azure_storage_tenant_id": (
        *(_T, "tenant_id", "azure_tenant_id", "authority_id", "azure_authority_id"),
        "azure_storage_authority_id",
    ),
    "azure_storage_authority_host": (_U, "authority_host", "azure_authority_host"),
    "azure_storage_endpoint": (_U, "endpoint", "azure_endpoint"),
    "azure_storage_use_emulator": (_F, "use_emulator", "azure_use_emulator"),
    "azure_msi_endpoint": (_U, "msi_endpoint", "azure_identity_endpoint", "identity_endpoint"),
    "azure_msi_resource_id": (_T, "msi_resource_id"),
    "azure_object_id": (_T, "object_id"),
    "azure_federated_token_file": (_T, "federated_token_file"),
    "azure_use_azure_cli": (_F, "use_azure_cli"),
    "azure_use_fabric_endpoint": (_F, "use_fabric_endpoint"),
    "azure_skip_signature": (_F, "skip_signature"),
    "azure_credential_type": (_T, "credential_type"),
    "azure_storage_encryption_key": (_T, "encryption_key", "azure_encryption_key"),
    "azure_fabric_token_service_url": (_U, "fabric_token_service_url"),
    "azure_fabric_workload_host": (_U, "fabric_workload_host"),
    "azure_fabric_session_token": (_T, "fabric_session_token"),
    "azure_fabric_cluster_identifier": (_T, "fabric_cluster_identifier"),
}
_OF_GCS = {
    "google_service_account": (
        *(_T, "service_account", "service_account_path"),
        "google_service_account_path",
    ),
    "google_service_account_key": (_T, "service_account_key"),
    "google_application_credentials": (_T, "application_credentials"),
    "google_bearer_token": (_T, "bearer_token", "token", "google_token"),
    "google_base_url": (_U, "base_url"),
    "google_skip_signature": (_F, "skip_signature"),
}
_BY_STORE = {S3: _OF_S3, AZURE: _OF_AZURE, GCS: _OF_GCS}
_CLIENT = {
    **dict.fromkeys(("allow_http", "allow_invalid_certificates", "http1_only", "http2_only"), _F),
    **dict.fromkeys(("randomize_addresses", "http2_keep_alive_while_idle"), _F),
    **dict.fromkeys(("connect_timeout", "read_timeout", "timeout", "pool_idle_timeout"), _D),
    **dict.fromkeys(("http2_keep_alive_interval", "http2_keep_alive_timeout"), _D),
    **dict.fromkeys(("proxy_excludes", "user_agent"), _T),
    "pool_max_idle_per_host": _N,
    "proxy_url": _U,
    ROOT_CERTIFICATE: _P,
    "proxy_ca_certificate": _P,
}
_RETRY = {
    "max_retries": _N,
    "retry_timeout": _D,
    "backoff_config.init_backoff": _D,
    "backoff_config.max_backoff": _D,
    "backoff_config.base": _N,
}
_CLOUDS = ("aws_", "azure_", "google_")
# What deltalake and obstore take as well, but only for writing or for themselves.
_IGNORED = re.compile(
    r"(aws_)?(s3_)?(allow_unsafe_rename|locking_provider)|mount_allow_unsafe_rename"
    r"|(aws_)?(dynamo|delta_dynamo)\w*|(object_store_)?concurrency_limit|aws_force_credential_load"
    r"|(aws_)?(conditional_put|copy_if_not_exists|checksum_algorithm|disable_bulk_delete)"
    r"|(aws_|azure_)?disable_tagging|(aws_)?(sse_kms_key_id|sse_bucket_key_enabled)"
)


def _spellings(store: str) -> dict[str, tuple[str, Kind]]:
    return {
        spelling: (name, kind)
        for name, (kind, *aliases) in _BY_STORE[store].items()
        for spelling in (name, *map(str, aliases))
        if isinstance(kind, Kind)
    }


_SPELLINGS = {store: _spellings(store) for store in STORES}
_SHARED = {
    f"{cloud}{name}": (name, kind)
    for name, kind in {**_CLIENT, **_RETRY}.items()
    for cloud in ("", *_CLOUDS)
}
_UNITS = {
    "ms": 1,
    "msec": 1,
    "s": 1000,
    "sec": 1000,
    "second": 1000,
    "seconds": 1000,
    "m": 60_000,
    "min": 60_000,
    "minute": 60_000,
    "minutes": 60_000,
    "h": 3_600_000,
    "hour": 3_600_000,
    "hours": 3_600_000,
}
_SPAN = re.compile(r"([0-9]{1,9}) ?(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")\s*")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_FLAGS |= {"yes": True, "no": False, "on": True, "off": False, "y": True, "n": False}


@dataclass(frozen=True, slots=True)
class Sorted:
    """The options of one store by what they are for, under obstore's own names.

    `problems` are those that nobody can mean; they repeat no value.
    """

    store: Mapping[str, str] = field(default_factory=dict)
    client: Mapping[str, str] = field(default_factory=dict)
    retry: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def sorted_options(store: str, options: Mapping[str, str]) -> Sorted:
    """Sort options out for one store; those of other stores, and those about writing, drop out."""
    found: tuple[dict[str, str], dict[str, str], dict[str, str]] = ({}, {}, {})
    problems: list[str] = []
    for given, value in options.items():
        name = given.lower()
        of_store, shared = _SPELLINGS[store].get(name), _SHARED.get(name)
        known = of_store or shared
        if known is None:
            if stranger := unknown(given):
                problems.append(stranger)
        elif wrong := mistake(given, value, (store,)):
            problems.append(f"{given}: {wrong}")
        else:
            kinds = (of_store is not None, known[0] in _CLIENT, known[0] in _RETRY)
            found[kinds.index(True)][known[0]] = value
    return Sorted(*found, tuple(problems))


def unknown(name: str, stores: Iterable[str] = STORES) -> str:
    """Why no store has an option of this name, with the nearest one that exists; empty if one has.

    >>> unknown("aws_regin")
    "unknown option 'aws_regin'; did you mean 'aws_region'?"
    """
    lower = name.lower()
    if lower in _SHARED or _IGNORED.fullmatch(lower):
        return ""
    if any(lower in _SPELLINGS[store] for store in STORES):
        return ""
    candidates = {s for store in stores for s in _SPELLINGS[store]} | set(_SHARED)
    # A misspelt option of one cloud is not an option of another.
    near = get_close_matches(lower, sorted(candidates), n=1, cutoff=0.7)
    advice = f"did you mean {near[0]!r}?" if near else "the documentation lists what there is"
    return f"unknown option {name!r}; {advice}"


def of_other_store(name: str, store: str) -> str:
    """The other store that an option is for; empty if it is for this one or for several."""
    lower = name.lower()
    if lower in _SHARED or lower in _SPELLINGS[store]:
        return ""
    return next((other for other in STORES if lower in _SPELLINGS[other]), "")


def mistake(name: str, value: str, stores: Iterable[str] = STORES) -> str:
    """What is wrong with the value of a known option; empty if nothing is. It repeats no value."""
    lower = name.lower()
    kinds = {known[1] for known in [_SHARED.get(lower)] if known}
    kinds |= {_SPELLINGS[s][lower][1] for s in stores if lower in _SPELLINGS[s]}
    if kinds and not any(_fits(kind, value) for kind in kinds):
        return f"expected {min(kind.value for kind in kinds)}"
    return ""


def _fits(kind: Kind, value: str) -> bool:
    match kind:
        case Kind.FLAG:
            return value.lower() in _FLAGS or value.lower() == "requester"
        case Kind.COUNT:
            return re.fullmatch("[0-9]{1,6}", value) is not None
        case Kind.DURATION:
            return duration(value) is not None
        case Kind.URL:
            return re.match("https?://[^/]", value) is not None
        case Kind.PEM:
            return "-----BEGIN CERTIFICATE-----" in value
        case Kind.TEXT:
            return value != ""


def duration(text: str) -> timedelta | None:
    """A duration such as `30s` or `1m 30s`; None when it is none.

    >>> duration("1m 30s")
    datetime.timedelta(seconds=90)
    """
    spans = _SPAN.findall(text)
    if not spans or _SPAN.sub("", text):
        return None
    return timedelta(milliseconds=sum(int(count) * _UNITS[unit] for count, unit in spans))


def is_set(value: str | None) -> bool:
    """Whether a flag's text means true."""
    return value is not None and _FLAGS.get(value.lower(), False)
