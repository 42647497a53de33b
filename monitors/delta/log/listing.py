"""What lies in a `_delta_log`: commits, checkpoints, checksums and compacted logs, by version.

Names: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "File Types".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

LOG = "_delta_log"
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKSUM = re.compile(r"(\d{20})\.crc")
_COMPACTED = re.compile(r"(\d{20})\.(\d{20})\.compacted\.json")
_CLASSIC = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet")
_UUID = re.compile(r"(\d{20})\.checkpoint\.([0-9a-f-]{36})\.(json|parquet)")


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
    staged: bool = False
    size: int = 0

    @property
    def head(self) -> int | None:
        """The newest version; None when the listing holds neither commit nor checkpoint."""
        checkpoint = max((c.version for c in self.checkpoints), default=None)
        commit = max(self.commits, default=None)
        return max((v for v in (checkpoint, commit) if v is not None), default=None)

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
            listing.size += file.size
            _place(listing, parts, name, file)
        elif folder == f"{LOG}/_staged_commits":
            listing.staged = True
    listing.checkpoints.extend(_complete(parts))
    return listing


def _place(
    listing: Listing, parts: dict[tuple[int, int], dict[int, LogFile]], name: str, file: LogFile
) -> None:
    if match := _COMMIT.fullmatch(name):
        listing.commits[int(match[1])] = file
    elif match := _CHECKSUM.fullmatch(name):
        listing.checksums[int(match[1])] = file
    elif match := _CLASSIC.fullmatch(name):
        part, of = int(match[2] or 1), int(match[3] or 1)
        parts.setdefault((int(match[1]), of), {})[part] = file
    elif match := _UUID.fullmatch(name):
        listing.checkpoints.append(Checkpoint(int(match[1]), (file,)))
    elif match := _COMPACTED.fullmatch(name):
        listing.compacted[int(match[1]), int(match[2])] = file


def _complete(parts: Mapping[tuple[int, int], Mapping[int, LogFile]]) -> Iterable[Checkpoint]:
    for (version, of), files in parts.items():
        if len(files) == of:
            yield Checkpoint(version, tuple(files[part] for part in sorted(files)))
