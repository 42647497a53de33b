"""A listing sorted out: what belongs to the log, and what only lies beside it."""

from datetime import UTC, datetime

import pytest

from monitors.delta.log.listing import LogFile, commit_path, offset_before, sort_out
from monitors.delta.log.logstore import local_entries
from tests.monitors.delta.log_builder import BIRTH, Log

AT = datetime(2026, 3, 2, tzinfo=UTC)


def files(*names: str) -> list[LogFile]:
    return [LogFile(f"_delta_log/{name}", 1, "etag", AT) for name in names]


def v(version: int, kind: str) -> str:
    return f"{version:020d}.{kind}"


def part(version: int, number: int, of: int) -> str:
    return v(version, f"checkpoint.{number:010d}.{of:010d}.parquet")


def test_files_are_sorted_by_kind_and_version() -> None:
    uuid = "0f0e0d0c-0000-4000-8000-00000000000A"
    listing = sort_out(
        files(
            v(3, "json"),
            v(2, "json"),
            v(2, "crc"),
            v(2, "checkpoint.parquet"),
            v(3, f"checkpoint.{uuid}.json"),
            f"{1:020d}.{2:020d}.compacted.json",
        )
    )
    assert sorted(listing.commits) == [2, 3]
    assert [c.version for c in listing.checkpoints_upto(9)] == [3, 2]
    assert [c.version for c in listing.checkpoints_upto(2)] == [2]
    assert list(listing.checksums) == [2]
    assert list(listing.compacted) == [(1, 2)]
    assert (listing.head, listing.size) == (3, 6)


def test_foreign_files_are_passed_over() -> None:
    listing = sort_out(
        [
            *files(
                "_last_checkpoint",
                f".{v(9, 'json')}.crc",
                f"{v(9, 'json')}.tmp",
                f"{v(9, 'json')} (copy)",
                "9.json",
                f"{9:021d}.json",
                "\u0669" * 20 + ".json",
                v(9, "checkpoint"),
                v(9, "checkpoint.uuid.parquet"),
                v(9, "checkpoint.0000000001.parquet"),
                v(9, "JSON"),
            ),
            LogFile(f"_delta_log/_staged_commits/{v(9, 'json')}", 1, "", AT),
            LogFile(f"_delta_log/_commits/{v(9, 'json')}", 1, "", AT),
            LogFile(v(9, "json"), 1, "", AT),
        ]
    )
    assert listing.head is None


def test_a_version_beyond_64_bits_is_no_version() -> None:
    assert sort_out(files(f"{2**63}.json", "9" * 20 + ".json")).head is None
    assert sort_out(files(f"{2**63 - 1:020d}.json")).head == 2**63 - 1


def test_a_checkpoint_in_parts_counts_when_every_part_is_there() -> None:
    assert sort_out(files(part(4, 1, 2), part(4, 2, 2))).head == 4
    (checkpoint,) = sort_out(files(part(4, 2, 2), part(4, 1, 2))).checkpoints
    assert [file.path[-18:-8] for file in checkpoint.files] == ["0000000002", "0000000002"]
    assert [file.path[-29:-19] for file in checkpoint.files] == ["0000000001", "0000000002"]


@pytest.mark.parametrize(
    "names",
    [
        [part(4, 1, 2)],
        [part(4, 1, 3), part(4, 2, 3)],
        [part(4, 1, 2), part(4, 3, 2)],
        [part(4, 0, 0)],
        [part(4, 1, 2), part(4, 2, 3)],
        [part(4, 1, 9_999_999_999)],
    ],
)
def test_an_incomplete_checkpoint_is_none(names: list[str]) -> None:
    assert sort_out(files(*names)).head is None


def test_a_list_from_the_offset_starts_with_the_commit_and_leaves_out_what_is_older() -> None:
    offset = offset_before(5)
    assert offset < commit_path(5)
    assert not any(f"_delta_log/{name}" > offset for name in (v(4, "json"), v(5, "crc")))


def test_a_local_folder_is_listed_with_the_files_right_below_it(log: Log) -> None:
    log.commits(BIRTH, BIRTH)
    log.path("sub/00000000000000000009.json").write_text("{}")
    (log.path("") / v(7, "json")).mkdir()
    names = [file.path for file in local_entries(log.table, None)]
    assert sorted(names) == [commit_path(0), commit_path(1)]
    assert [file.path for file in local_entries(log.table, offset_before(1))] == [commit_path(1)]


def test_a_folder_without_a_log_has_no_entries(log: Log) -> None:
    assert local_entries(log.table, None) == []


def test_a_file_written_again_has_another_etag(log: Log) -> None:
    log.commit(0, *BIRTH, at=1_000)
    (before,) = local_entries(log.table, None)
    log.commit(0, *BIRTH, at=1_001)
    (after,) = local_entries(log.table, None)
    assert before.etag != after.etag
    assert (before.size, before.modified.timestamp()) == (after.size, 1_000)
