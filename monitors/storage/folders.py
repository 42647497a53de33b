"""Folders of object stores. Tables of one bucket share its connections and its credentials.

A client of a store costs milliseconds to set up, connections and requests for credentials; a cycle
over thousands of tables cannot afford one each.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from obstore.store import from_url

from monitors.errors import UnavailableError, UnreadableError
from monitors.storage import credentials
from monitors.storage.errors import StorageErrors, Trouble, diagnosed
from monitors.storage.options import PROFILE, S3, SCHEMES, Sorted, duration, sorted_options
from monitors.storage.paths import Root

if TYPE_CHECKING:
    from obstore import Bytes, GetResult, ObjectMeta
    from obstore.store import ObjectStore

_MOST_OPEN = 256
# Looking in vain for the role of a machine takes seconds; the other tables of a cycle need not.
_LACKING = 30.0
# Together they bound a request that fails to well below a minute; the next cycle tries again.
_RETRY = {"max_retries": "4", "retry_timeout": "30s"}
_BACKOFF = {"init_backoff": "200ms", "max_backoff": "5s"}
# A big checkpoint may take long, but not without a byte.
_CLIENT = {"read_timeout": "20s", "timeout": "5m"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket or container, opened; `credential` says in words what it is read with."""

    store: "ObjectStore"
    credential: str
    _key: "_Key"

    def forget(self, trouble: Trouble) -> None:
        """Open it anew for the next who asks: its credentials may have been renewed."""
        _open.drop(self._key, trouble)


class Folder:
    """A folder of a bucket; its methods are those of obstore, with paths below the folder."""

    def __init__(self, bucket: Bucket, path: str) -> None:
        self._bucket, self._store = bucket, bucket.store
        # The stores know no empty names.
        path = "/".join(part for part in path.split("/") if part)
        self._prefix = f"{path}/" if path else ""

    async def list(
        self, prefix: str | None = None, *, offset: str | None = None, chunk_size: int = 1000
    ) -> "AsyncIterator[Sequence[ObjectMeta]]":
        """Pages of the files below a folder, after an offset (exclusive)."""
        start = f"{self._prefix}{offset}" if offset else None
        below = self._below(prefix)
        async for page in self._store.list(below, offset=start, chunk_size=chunk_size):
            for entry in page:
                entry["path"] = entry["path"].removeprefix(self._prefix)
            yield page

    def folders(self, path: str = "") -> "Sequence[str]":
        """The names of the folders in a folder."""
        found = self._store.list_with_delimiter(self._below(path))
        return [path.rstrip("/").rpartition("/")[2] for path in found["common_prefixes"]]

    async def get_async(self, path: str) -> "GetResult":
        return await self._store.get_async(self._prefix + path)

    async def head_async(self, path: str) -> "ObjectMeta":
        return await self._store.head_async(self._prefix + path)

    async def get_range_async(self, path: str, *, start: int, end: int) -> "Bytes":
        return await self._store.get_range_async(self._prefix + path, start=start, end=end)

    def head(self, path: str) -> "ObjectMeta":
        return self._store.head(self._prefix + path)

    def get_range(self, path: str, *, start: int, end: int) -> "Bytes":
        return self._store.get_range(self._prefix + path, start=start, end=end)

    def get_ranges(
        self, path: str, *, starts: "Sequence[int]", ends: "Sequence[int]"
    ) -> "Sequence[Bytes]":
        return self._store.get_ranges(self._prefix + path, starts=starts, ends=ends)

    def diagnosed(self, error: Exception) -> Trouble:
        """What an error of this store means."""
        trouble = diagnosed(error, self._bucket.credential)
        if trouble.denied:
            self._bucket.forget(trouble)
        return trouble

    def _below(self, path: str | None) -> str | None:
        return f"{self._prefix}{path or ''}".rstrip("/") or None


def open_folder(root: Root, options: Mapping[str, str]) -> Folder:
    """A folder of an object store; UnreadableError when its scheme or an option is not known.

    UnavailableError when there were no credentials for its bucket a moment ago.
    """
    key = (f"{root.scheme}://{root.authority}", tuple(options.items()))
    return Folder(_open.get(key), root.path)


# In the order given: of two spellings of one option the last one counts.
_Key = tuple[str, tuple[tuple[str, str], ...]]


class _Open:
    """The buckets in use; those not used for long are forgotten."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[_Key, Bucket] = OrderedDict()
        self._lacking: dict[_Key, tuple[float, Trouble]] = {}
        self._lock = Lock()

    def get(self, key: _Key) -> Bucket:
        with self._lock:
            self._demand_credentials(key)
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = _bucket(key)
            self._buckets.move_to_end(key)
            if len(self._buckets) > _MOST_OPEN:
                self._buckets.popitem(last=False)
            return bucket

    def drop(self, key: _Key, trouble: Trouble) -> None:
        with self._lock:
            self._buckets.pop(key, None)
            if trouble.lacking:
                self._lacking[key] = (monotonic(), trouble)

    def _demand_credentials(self, key: _Key) -> None:
        since, trouble = self._lacking.get(key, (0.0, None))
        if trouble and monotonic() - since < _LACKING:
            raise UnavailableError(f"cannot open {key[0]}: {trouble.what}", trouble.mend)
        self._lacking.pop(key, None)


_open = _Open()


def _bucket(key: _Key) -> Bucket:
    uri, options = key
    store, credential = open_uri(uri, dict(options))
    return Bucket(store, credential, key)


def open_uri(uri: str, options: Mapping[str, str]) -> "tuple[ObjectStore, str]":
    """The obstore store of a remote URI, and in words the credential that it uses.

    UnreadableError when the scheme or an option is not known.
    """
    kind = SCHEMES.get(uri.partition("://")[0].lower())
    if kind is None:
        raise UnreadableError(f"cannot open {uri}: no such kind of storage", "check the URI")
    found = sorted_options(kind, options)
    if found.problems:
        raise UnreadableError(f"{uri}: {'; '.join(found.problems)}", "correct storage_options")
    config = credentials.with_profile(found.store) if kind == S3 else dict(found.store)
    in_words = credentials.in_words(kind, config)
    extra: dict[str, Any] = {}
    if profile := config.pop(PROFILE, None):
        extra["credential_provider"] = credentials.of_profile(profile)
    try:
        return (
            from_url(
                uri,
                config=cast("Any", config) or None,
                client_options=cast("Any", {**_CLIENT, **found.client}),
                retry_config=_retry(found),
                **extra,
            ),
            in_words,
        )
    except StorageErrors as error:
        trouble = diagnosed(error, in_words)
        raise UnreadableError(
            f"cannot open {uri}: {trouble.what}", "check the URI and storage_options"
        ) from None


def _retry(found: Sorted) -> Any:
    given = {**_RETRY, **found.retry}
    backoff: dict[str, timedelta | int | None] = {
        name: duration(given.get(f"backoff_config.{name}", usual))
        for name, usual in _BACKOFF.items()
    }
    if "backoff_config.base" in given:
        backoff["base"] = int(given["backoff_config.base"])
    return {
        "max_retries": int(given["max_retries"]),
        "retry_timeout": duration(given["retry_timeout"]),
        "backoff": backoff,
    }
