"""What lies in a `_delta_log`: commits, checkpoints, checksums and compacted logs, by version.

Names: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "File Types".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitors.delta.log.actions import GREATEST

LOG = "_delta_log"
SIDECARS = f"{LOG}/_sidecars"
_POINTER = "_last_checkpoint"
_VERSION = re.compile(r"\d{20}(?=\.)", re.ASCII)
_COMPACTED = re.compile(r"\.(\d{20})\.compacted\.json", re.ASCII)
_CLASSIC = re.compile(r"\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet", re.ASCII)
_UUID = re.compile(r"\.checkpoint\.[0-9A-Fa-f-]{36}\.(json|parquet)")


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of the log. `path` is relative to the table, `size` in bytes."""

    path: str
    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint whose files are all there, in order of part."""

    version: int
    files: tuple[LogFile, ...]


@dataclass(slots=True)
class Listing:
    """The files of a log, sorted out."""

    commits: dict[int, LogFile] = field(default_factory=dict)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    checksums: dict[int, LogFile] = field(default_factory=dict)
    compacted: dict[tuple[int, int], LogFile] = field(default_factory=dict)
    pointer: LogFile | None = None
    files: int = 0
    size: int = 0

    @property
    def head(self) -> int | None:
        """The newest version; None when the listing holds neither commit nor checkpoint."""
        checkpoint = max((c.version for c in self.checkpoints), default=None)
        commit = max(self.commits, default=None)
        return max((v for v in (checkpoint, commit) if v is not None), default=None)

    def time_of(self, version: int) -> datetime | None:
        """When the files of a version were last written; None when none of them is here."""
        files = [c.files[0] for c in self.checkpoints if c.version == version]
        if version in self.commits:
            files.append(self.commits[version])
        return max((file.modified for file in files), default=None)

    def checkpoints_upto(self, version: int) -> list[Checkpoint]:
        """The checkpoints at or below a version, newest first."""
        found = [c for c in self.checkpoints if c.version <= version]
        return sorted(found, key=lambda c: c.version, reverse=True)


def commit_path(version: int) -> str:
    return f"{LOG}/{version:020d}.json"


def offset_before(version: int) -> str:
    """An offset (exclusive) after which a LIST starts with the JSON of a version."""
    return f"{LOG}/{version:020d}.jso"


def sort_out(files: Iterable[LogFile]) -> Listing:
    """A listing from the files of a LIST, in any order; foreign names are passed over."""
    listing = Listing()
    parts: dict[tuple[int, int], dict[int, LogFile]] = {}
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if folder == LOG:
            listing.files += 1
            listing.size += file.size
            _place(listing, parts, name, file)
    listing.checkpoints.extend(_complete(parts))
    return listing


def _place(
    listing: Listing, parts: dict[tuple[int, int], dict[int, LogFile]], name: str, file: LogFile
) -> None:
    if name == _POINTER:
        listing.pointer = file
    match = _VERSION.match(name)
    if match is None or int(match[0]) > GREATEST:
        # Versions are 64-bit integers, so a greater number is none.
        return
    version, kind = int(match[0]), name[match.end() :]
    if kind == ".json":
        listing.commits[version] = file
    elif kind == ".crc":
        listing.checksums[version] = file
    elif classic := _CLASSIC.fullmatch(kind):
        part, of = int(classic[1] or 1), int(classic[2] or 1)
        parts.setdefault((version, of), {})[part] = file
    elif _UUID.fullmatch(kind):
        listing.checkpoints.append(Checkpoint(version, (file,)))
    elif compacted := _COMPACTED.fullmatch(kind):
        listing.compacted[version, int(compacted[1])] = file


def _complete(parts: Mapping[tuple[int, int], Mapping[int, LogFile]]) -> Iterable[Checkpoint]:
    for (version, of), files in parts.items():
        if len(files) == of and files.keys() == set(range(1, of + 1)):
            yield Checkpoint(version, tuple(files[part] for part in sorted(files)))
