"""Where the store and the tables are: URLs and paths of the file, made absolute and checked.

A path is taken literally and resolves against the file's folder. Messages repeat no credentials.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from limnograph.settings.problems import did_you_mean
from limnograph.settings.references import holds_password, is_reference, reference
from limnograph.settings.scalars import kind_of
from monitors.secrets import Secret
from monitors.storage.options import SCHEMES
from monitors.storage.paths import in_container, table_root

STORE = "sqlite:///limnograph.db"
STORE_SCHEMES = ("sqlite", "sqlite+pysqlite", "postgresql", "postgres", "postgresql+psycopg")
TABLE_SCHEMES = (*SCHEMES, "file")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
_WILD = re.compile(r"[*?\[]")


def store_url(given: object, folder: Path) -> str | Secret:
    """The store's URL, a relative SQLite path made absolute; ValueError when it is not usable."""
    url = given.get("url") if isinstance(given, Mapping) else given
    if not isinstance(url, str):
        raise TypeError(f"expected a URL such as {STORE}, got {kind_of(url)}")
    if is_reference(url):
        return reference(url, folder)
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ValueError(f"not a URL; write for example {STORE}")
    if scheme not in STORE_SCHEMES:
        advice = "write sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE"
        raise ValueError(f"unknown kind of store; {did_you_mean(scheme, STORE_SCHEMES, advice)}")
    if scheme.startswith("sqlite"):
        return _sqlite(rest, folder)
    userinfo, _, _ = rest.rpartition("@")
    if ":" in userinfo or "password=" in rest:
        raise ValueError(
            "holds a password in clear text; write {url: env:LIMNOGRAPH_STORE} and set the "
            "variable to the URL"
        )
    return url


def _sqlite(rest: str, folder: Path) -> str:
    path, mark, query = rest.removeprefix("/").partition("?")
    if not rest.startswith("/") or path in ("", ":memory:"):
        raise ValueError(f"names no file, and a store in memory forgets; write {STORE}")
    return f"sqlite:///{os.path.normpath(folder / path)}{mark}{query}"


def table_uri(text: str, folder: Path) -> str:
    """A table's URI, or its absolute local path; no slash at the end. ValueError when unusable.

    A URL of Azure's becomes the URI of the same place.
    """
    if not text.strip():
        raise ValueError("is empty; write the path or URI of the table's folder")
    text = in_container(text)
    match = _SCHEME.match(text)
    if match is None:
        return os.path.normpath(folder / text)
    scheme = match[1].lower()
    if scheme not in TABLE_SCHEMES:
        raise ValueError(
            f"{match[1]!r} is no storage that can be read; write a path, or a URI that begins "
            f"with {', '.join(TABLE_SCHEMES[:-1])} or file"
        )
    if not text.startswith(f"{match[1]}://"):
        raise ValueError(f"not a URI; write two slashes, {scheme}://")
    if holds_password(text) or "?" in text.partition("://")[2].split("*")[0]:
        raise ValueError("holds credentials or options; write them in storage_options")
    if scheme == "file":
        return _file_path(text)
    bucket, _, key = text.partition("://")[2].partition("/")
    if not bucket:
        raise ValueError(f"names no bucket; write {scheme}://BUCKET/PATH")
    parts = [part for part in key.split("/") if part]
    if ".." in parts or "." in parts:
        raise ValueError("'.' and '..' mean nothing in an object store; write the whole path")
    return "/".join((f"{scheme}://{bucket}", *parts))


def _file_path(text: str) -> str:
    path = unquote(text.partition("://")[2])
    if not path.startswith("/"):
        raise ValueError("a file URI needs three slashes; write file:///PATH, or just the path")
    return os.path.normpath(path)


def is_local(uri: str) -> bool:
    """Whether a checked URI is a path of this machine."""
    return _SCHEME.match(uri) is None


def identity(uri: str) -> str:
    """The same text for the same place: links followed, s3a is s3, one name for each container."""
    if is_local(uri):
        return os.path.realpath(uri)
    root = table_root(uri)
    return f"{root.scheme}://{root.authority}/{root.path}"


def glob_parts(text: str, folder: Path) -> tuple[str, tuple[str, ...]]:
    """A glob's fixed prefix, as a table URI, and its pattern, one per folder below.

    >>> glob_parts("s3://lake/raw/*/events_*", Path("/"))
    ('s3://lake/raw', ('*', 'events_*'))
    """
    wild = _WILD.search(text)
    if wild is None:
        raise ValueError("has no wildcard; write uri, with a name, for a single table")
    cut = text.rfind("/", 0, wild.start()) + 1
    scheme = _SCHEME.match(text)
    if scheme and cut <= len(scheme[1]) + 3:
        raise ValueError("the bucket cannot be a pattern; write one glob per bucket")
    pattern = tuple(part for part in text[cut:].split("/") if part not in ("", "."))
    if any("**" in part and part != "**" for part in pattern) or ".." in pattern:
        raise ValueError(
            "a part that cannot be matched; write ** alone between slashes, and no '..' after a "
            "wildcard"
        )
    return table_uri(text[:cut] or ".", folder), pattern
