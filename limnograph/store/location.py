"""Where a store is: its URL, understood, checked as far as one can from outside, and masked."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from monitors.errors import StoreError
from monitors.secrets import MASK

_FORMS = "write sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_SQLITE = ("sqlite", "sqlite+pysqlite")
_SECRET_OPTIONS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Location:
    """A store's URL, with the driver and the absolute path filled in; prints without secrets."""

    url: URL

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """The file of an SQLite store."""
        return Path(self.url.database or "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not be shown, as written and as it may be quoted in a URL."""
        options = (self.url.query.get(name) for name in _SECRET_OPTIONS)
        values = [self.url.password, *(o if isinstance(o, str) else None for o in options)]
        known = {str(value) for value in values if value}
        quoted = {form(value) for value in known for form in (quote, quote_plus)}
        return tuple(sorted(known | quoted, key=len, reverse=True))

    def without_secrets(self, text: str) -> str:
        """The text with every secret of the URL masked."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    def __repr__(self) -> str:
        return f"Location({self})"

    def __str__(self) -> str:
        # Only names and places are shown: masking a short password inside the URL could leave
        # a text from which it can be guessed.
        if self.is_sqlite:
            return str(self.path)
        server = self.url.host or self.url.query.get("host") or "localhost"
        port = f":{self.url.port}" if self.url.port else ""
        return f"{server}{port}/{self.url.database or self.url.username or ''}"


def locate(text: str) -> Location:
    """Understand a store's URL; StoreError when it is not one or when its file cannot be."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text may hold a password in a place that was not understood.
        raise StoreError("the URL of the store cannot be understood", _FORMS) from None
    if url.drivername in _POSTGRES:
        return Location(url.set(drivername="postgresql+psycopg"))
    if url.drivername not in _SQLITE:
        raise StoreError(f"limnograph keeps no store in {url.drivername}", _FORMS)
    if url.database in (None, "", ":memory:"):
        raise StoreError("a store in memory would forget everything", _FORMS)
    location = Location(url.set(database=str(Path(str(url.database)).absolute())))
    _check_file(location.path)
    return location


def _check_file(path: Path) -> None:
    try:
        folder_exists, is_folder, exists = path.parent.is_dir(), path.is_dir(), path.exists()
    except PermissionError:
        raise StoreError(
            f"store {path}: no permission to look into its folder",
            f"let this user read and write {path.parent}",
        ) from None
    if not folder_exists:
        raise StoreError(f"store {path}: its folder does not exist", f"create {path.parent}")
    if is_folder:
        raise StoreError(f"store {path}: is a folder", "name a file in the URL of the store")
    # SQLite writes its log beside the file, so the folder must be writable too.
    effective = os.access in os.supports_effective_ids
    for place in (path.parent, path) if exists else (path.parent,):
        if not os.access(place, os.R_OK | os.W_OK, effective_ids=effective):
            raise StoreError(
                f"store {path}: no permission to write {place}", f"let this user write {place}"
            )
