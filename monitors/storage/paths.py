"""Where the files of an action are: decoded paths in the table's store, or in another one.

The paths of actions are URI-encoded: relative to the table, or absolute (shallow clones, tables
whose files were added in place).
"""

import os
import re
from dataclasses import dataclass
from posixpath import normpath
from urllib.parse import quote, unquote

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/]*))?(/.*)?")
# Without any of these a path needs neither decoding nor cleaning, as most of a million paths.
_SPECIAL = ("%", ":", "//", "/.")
# One store under several names.
_SAME = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}
_SAME |= dict.fromkeys(("abfs", "abfss", "wasb", "wasbs"), "abfs")
_AZURE = re.compile(
    r"(?P<account>[a-z0-9-]{3,24})\.(?:blob|dfs)\."
    r"(?P<cloud>core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|fabric\.microsoft\.com)"
)


@dataclass(frozen=True, slots=True)
class Root:
    """A table's folder: the store's scheme and authority, and the decoded path inside it without
    slashes at its ends. A local folder has the scheme `file`.
    """

    scheme: str
    authority: str
    path: str


@dataclass(frozen=True, slots=True)
class Location:
    """A file: `path` decoded, inside the table's own store (`store` is empty) or inside the other
    store that the URI `store` names (`s3://bucket`, `file://`).

    `spelled` is the path without decoding, as some old writers meant it; empty where it is equal.
    """

    path: str
    store: str = ""
    spelled: str = ""

    @property
    def key(self) -> str:
        """The same for every spelling of the same file."""
        return f"{self.store}/{self.path}" if self.store else self.path

    def __str__(self) -> str:
        return self.key


def table_root(uri: str) -> Root:
    """The folder of a table from its URI or local path; a local path is taken literally.

    >>> table_root("s3a://bucket/a%20b/")
    Root(scheme='s3', authority='bucket', path='a b')
    """
    match = _URI.fullmatch(in_container(uri))
    # A single letter before the colon is a Windows drive.
    if match is None or len(match[1]) == 1 or ("://" not in uri and match[1] != "file"):
        return Root("file", "", os.path.abspath(uri).strip("/"))
    scheme, authority = _store(match)
    return Root(scheme, authority, unquote(match[3] or "").strip("/"))


def in_container(uri: str) -> str:
    """A URL of Azure's HTTP endpoints as the URI of the same place; any other text as it is.

    >>> in_container("https://account.dfs.core.windows.net/container/posts")
    'abfss://container@account.dfs.core.windows.net/posts'
    """
    scheme, separator, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    container, slash, below = path.partition("/")
    if scheme.lower() != "https" or not separator or not container or "@" in host:
        return uri
    if (match := _AZURE.fullmatch(host.lower())) is None:
        return uri
    return f"abfss://{container}@{match['account']}.dfs.{match['cloud']}{slash}{below}"


def data_path(path: str, root: Root) -> Location:
    """The file that an action's `path` names; total, so that one odd path spoils no log."""
    if path and path[0] not in "/." and path[-1] != "/" and not any(s in path for s in _SPECIAL):
        return Location(path)
    match = _URI.fullmatch(in_container(path))
    if match and len(match[1]) > 1 and match[3]:
        return _absolute(*_store(match), match[3], root)
    if path.startswith("/"):
        # Without a scheme an absolute path belongs to the file system of the table.
        return _absolute(root.scheme, root.authority, path, root)
    if ".." in _decoded(path).split("/"):
        return _absolute(root.scheme, root.authority, f"{quote(root.path)}/{path}", root)
    decoded, literal = _clean(_decoded(path)), _clean(path)
    return Location(decoded, "", literal if literal != decoded else "")


def _store(match: re.Match[str]) -> tuple[str, str]:
    scheme = match[1].lower()
    if scheme == "file":
        return scheme, ""
    scheme, authority = _SAME.get(scheme, scheme), match[2] or ""
    container, at, host = authority.partition("@")
    if at and scheme == "abfs" and (azure := _AZURE.fullmatch(host.lower())):
        # The blob endpoint and the one for data lakes are two doors to the same files.
        authority = f"{container}@{azure['account']}.dfs.{azure['cloud']}"
    return scheme, authority


def _absolute(scheme: str, authority: str, path: str, root: Root) -> Location:
    decoded, literal = _clean(_decoded(path)), _clean(path)
    spelled = literal if literal != decoded else ""
    inside = f"{root.path}/" if root.path else ""
    if (scheme, authority) != (root.scheme, root.authority) or not decoded.startswith(inside):
        return Location(decoded, f"{scheme}://{authority}", spelled)
    below = spelled.removeprefix(inside) if spelled.startswith(inside) else ""
    return Location(decoded.removeprefix(inside), "", below)


def _decoded(path: str) -> str:
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        return path


def _clean(path: str) -> str:
    # Object stores refuse empty and dotted segments, file systems ignore them.
    return normpath(f"/{path}").strip("/")
