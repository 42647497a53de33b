"""A place in a table's log: a version, and what proves that it is still the same commit."""

import hashlib
from dataclasses import asdict, dataclass

import orjson

from monitors.delta.log.actions import whole
from monitors.delta.log.listing import LogFile
from monitors.errors import UnreadableError


@dataclass(frozen=True, slots=True)
class Position:
    """The newest commit that was read: its version, and its JSON's size, ETag and SHA-256.

    The proof is empty where the commit was known from a checkpoint only.
    """

    version: int
    size: int = 0
    etag: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, version: int, file: LogFile, body: bytes) -> "Position":
        return cls(version, file.size, file.etag, hashlib.sha256(body).hexdigest())

    @classmethod
    def parse(cls, text: str) -> "Position":
        """A position from its text; UnreadableError when it is none."""
        try:
            position = cls(**orjson.loads(text))
        except (TypeError, ValueError):
            raise _damaged(text) from None
        texts = (position.etag, position.sha256)
        numbers = (whole(position.version), whole(position.size))
        if None in numbers or not all(isinstance(text, str) for text in texts):
            raise _damaged(text)
        return position

    def __str__(self) -> str:
        return orjson.dumps(asdict(self)).decode()

    @property
    def proven(self) -> bool:
        return bool(self.sha256)

    def looks_like(self, file: LogFile) -> bool:
        """Whether size and ETag agree; if not, or without an ETag, the content decides."""
        return bool(self.etag) and (self.size, self.etag) == (file.size, file.etag)

    def is_commit(self, body: bytes) -> bool:
        """Whether these bytes are the commit that was read."""
        return hashlib.sha256(body).hexdigest() == self.sha256


def _damaged(text: str) -> UnreadableError:
    return UnreadableError(
        f"the stored place in the table's log is damaged: {text[:200]!r}",
        "restore the store from a backup, or declare the table under another name",
    )
