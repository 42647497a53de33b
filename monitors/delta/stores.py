"""Object stores by URI, and what their errors mean."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from obstore.exceptions import (
    BaseError,
    GenericError,
    PermissionDeniedError,
    UnauthenticatedError,
    UnknownConfigurationKeyError,
)
from obstore.store import LocalStore, from_url

from monitors.delta.paths import Location, Root, data_path, table_root
from monitors.errors import UnavailableError, UnreadableError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

Store: TypeAlias = "ObjectStore"

StorageErrors = (OSError, BaseError, ValueError)
"""What obstore raises: built-in errors where one fits (ValueError for a path), or its own."""

# Options of the HTTP client. Among the store's own options they make obstore 0.12 panic.
_CLIENT = frozenset(
    (
        *("allow_http", "allow_invalid_certificates", "connect_timeout", "http1_only"),
        *("http2_only", "pool_idle_timeout", "pool_max_idle_per_host", "proxy_url"),
        *("proxy_ca_certificate", "proxy_excludes", "read_timeout", "timeout", "user_agent"),
    )
)
# Options that only deltalake knows; they are about writing.
_IGNORED = re.compile(
    r"(aws_s3_)?(allow_unsafe_rename|locking_provider)|mount_allow_unsafe_rename"
    r"|(aws_)?(dynamo|delta_dynamo)\w*|(object_store_)?concurrency_limit|backoff_config\..*"
    r"|retry_timeout"
)


class VacuumedError(UnreadableError):
    """A file that the log names is gone: VACUUM (or somebody) deleted it."""


def open_store(uri: str, options: Mapping[str, str] | None = None) -> Store:
    """The store rooted at a URI or a local path, which is taken literally.

    `options` are those of deltalake (`AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP` …). UnreadableError when
    the folder, the scheme or an option is unknown.
    """
    root = table_root(uri)
    try:
        if root.scheme == "file":
            return LocalStore(prefix=f"/{root.path}")
        config, client, retry = _sorted(options or {})
        return from_url(
            uri, config=config or None, client_options=client or None, retry_config=retry
        )
    except UnknownConfigurationKeyError as error:
        raise UnreadableError(f"{uri}: {_first_line(error)}", "correct storage_options") from error
    except StorageErrors as error:
        if root.scheme == "file":
            raise _no_folder(uri, f"/{root.path}") from error
        raise UnreadableError(
            f"cannot open {uri}: {_first_line(error)}", "check the URI and storage_options"
        ) from error


def _no_folder(uri: str, path: str) -> UnreadableError:
    """Why a local folder cannot be opened, which obstore does not say."""
    try:
        os.stat(path)
    except PermissionError:
        return UnreadableError(f"no permission to read {uri}", "grant read access to its folders")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return UnreadableError(f"cannot open {uri}: {why}", "check the path")
    return UnreadableError(f"cannot open {uri}: it is not a folder", "check the path")


def _sorted(options: Mapping[str, str]) -> tuple[Any, Any, Any]:
    config: dict[str, str] = {}
    client: dict[str, Any] = {}
    # The storage's own default waits for up to three minutes; the next cycle tries again anyway.
    retry: dict[str, Any] = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
    for key, value in options.items():
        name = key.lower()
        bare = re.sub("^(aws|azure|google)_", "", name)
        if bare in _CLIENT:
            client[bare] = value
        elif bare == "max_retries":
            retry[bare] = int(value)
        elif not _IGNORED.fullmatch(name):
            config[name] = value
    return config, client, retry


class Stores:
    """A table's store and the other stores that absolute paths lead to, opened on first need."""

    def __init__(self, uri: str, options: Mapping[str, str] | None = None) -> None:
        self.root: Root = table_root(uri)
        self._options = options
        self._open: dict[str, Store] = {"": open_store(uri, options)}

    @property
    def own(self) -> Store:
        return self._open[""]

    def locate(self, path: str) -> Location:
        """The file that an action's path names."""
        return data_path(path, self.root)

    def of(self, location: Location) -> Store:
        """The store a file is in; UnreadableError when it cannot be opened."""
        if location.store not in self._open:
            self._open[location.store] = open_store(f"{location.store}/", self._options)
        return self._open[location.store]


def unreadable(error: Exception, path: str) -> UnreadableError:
    """The error of obstore on a file that the log names, explained."""
    if isinstance(error, UnreadableError):
        return error
    if isinstance(error, FileNotFoundError):
        return VacuumedError(
            f"{path} is gone: it was vacuumed",
            "read more often than the table's retention, or keep its files longer"
            " (delta.deletedFileRetentionDuration)",
        )
    if is_denied(error):
        return UnavailableError(f"no permission to read {path}", "grant read access to it")
    if isinstance(error, GenericError) and "LocalFileSystem" not in str(error):
        return UnavailableError(
            f"cannot read {path}: {_first_line(error)}", "check the storage; it is tried again"
        )
    return UnreadableError(
        f"cannot read {path}: {type(error).__name__}: {_first_line(error)}",
        "check the storage and the file",
    )


def is_denied(error: Exception) -> bool:
    """Whether an error of the storage means that we may not read."""
    # Of a local file obstore says so only in its text.
    return isinstance(
        error, PermissionError | PermissionDeniedError | UnauthenticatedError
    ) or "Permission denied (os error 13)" in str(error)


def _first_line(error: Exception) -> str:
    # Below the first line obstore prints its internals.
    return str(error).partition("\n")[0]
