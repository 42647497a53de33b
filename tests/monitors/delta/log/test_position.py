"""A place in a log, and what proves it."""

from datetime import UTC, datetime

import pytest

from monitors.delta.log.listing import LogFile
from monitors.delta.log.position import Position
from monitors.errors import UnreadableError

AT = datetime(2026, 3, 2, tzinfo=UTC)
FILE = LogFile("_delta_log/7.json", 5, "tag", AT)


def test_a_position_survives_its_text() -> None:
    position = Position.of(7, FILE, b"12345")
    assert Position.parse(str(position)) == position
    assert Position.parse(str(Position(2**63 - 1))) == Position(2**63 - 1)


@pytest.mark.parametrize("text", ["", "7", "{}", '{"version":1,"more":2}', "[1,2]", "null"])
def test_a_text_that_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        Position.parse(text)


def test_a_file_looks_like_the_commit_by_size_and_etag() -> None:
    position = Position.of(7, FILE, b"12345")
    assert position.looks_like(FILE)
    assert not position.looks_like(LogFile(FILE.path, 6, "tag", AT))
    assert not position.looks_like(LogFile(FILE.path, 5, "other", AT))


def test_without_an_etag_only_the_content_proves_anything() -> None:
    bare = LogFile(FILE.path, 5, "", AT)
    position = Position.of(7, bare, b"12345")
    assert not position.looks_like(bare)
    assert position.is_commit(b"12345")
    assert not position.is_commit(b"54321")


def test_a_commit_known_from_a_checkpoint_only_is_not_proven() -> None:
    assert not Position(7).proven
    assert Position.of(7, FILE, b"12345").proven
