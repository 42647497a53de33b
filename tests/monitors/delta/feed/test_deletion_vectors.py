"""Deletion vectors: descriptors, files, and every kind of roaring container."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitors.delta.feed.deletion_vectors import (
    Vector,
    cardinality,
    decode,
    location,
    parse,
    read,
    z85_decode,
)
from monitors.errors import UnreadableError
from monitors.storage.paths import Location
from monitors.storage.stores import Stores, VacuumedError
from tests.monitors.delta.written import (
    SIX_DESCRIPTOR,
    SIX_ROWS,
    array_container,
    bitmap_container,
    bitmap_of,
    in_file,
    inline,
    known,
    plain_bitmap,
    portable,
    run_bitmap,
    run_container,
    stored,
    z85,
)

ON_DISK = {
    "storageType": "u",
    "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^",
    "offset": 4,
    "sizeInBytes": 40,
    "cardinality": 6,
}


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    return Stores(str(tmp_path))


def positions(bitmap: bytes, expected: int) -> list[int]:
    return [int(position) for position in decode(bitmap, expected, "x")]


def test_the_descriptors_of_the_protocol_are_read(stores: Stores) -> None:
    vector = known(parse(ON_DISK))
    assert vector == Vector("u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6)
    assert vector.unique_id == "uab^-aqEH.-t@S}K{vb[*k^@4"
    file = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"
    assert location(vector, stores) == Location(file)
    absolute = known(
        parse({**ON_DISK, "storageType": "p", "pathOrInlineDv": f"s3://mytable/{file}"})
    )
    assert location(absolute, stores) == Location(file, "s3://mytable")


def test_the_unique_id_has_no_offset_where_the_descriptor_has_none() -> None:
    assert known(parse(SIX_DESCRIPTOR)).unique_id == f"i{SIX_DESCRIPTOR['pathOrInlineDv']}"


def test_no_descriptor_means_no_deleted_rows(stores: Stores) -> None:
    assert parse(None) is None
    assert cardinality(None) == 0
    assert read(None, stores).tolist() == []


def test_the_cardinality_is_known_without_reading_anything() -> None:
    assert cardinality(ON_DISK) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"storageType": "x"},
        {"sizeInBytes": None},
        {"sizeInBytes": -1},
        {"cardinality": "many"},
        {"cardinality": -1},
        {"offset": -4},
        {"pathOrInlineDv": None, "storageType": None},
    ],
)
def test_a_broken_descriptor_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match=r"deletion vector .* is broken"):
        parse({**ON_DISK, **change})


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", 44),
        # The example in the protocol's text has the format before.
        ("wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", 40),
    ],
)
def test_the_inline_examples_hold_six_rows(text: str, size: int, stores: Stores) -> None:
    vector = parse({**SIX_DESCRIPTOR, "pathOrInlineDv": text, "sizeInBytes": size})
    found = read(vector, stores)
    assert tuple(found) == SIX_ROWS
    assert found.dtype == np.int64


def test_z85_is_that_of_zeromq() -> None:
    assert z85_decode("HelloWorld") == bytes.fromhex("864fd26fb559f75b")
    assert z85(bytes.fromhex("864fd26fb559f75b")) == "HelloWorld"
    for text in ("Hello~orld", "Hell", "#####", "ä" * 5):
        with pytest.raises(UnreadableError, match="it is not Z85"):
            z85_decode(text)


def test_array_bitmap_and_run_containers_are_decoded() -> None:
    evens = range(0, 65536, 2)
    bitmap = run_bitmap(
        0b101,
        (0, 7, run_container((1, 2), (10, 3))),
        (1, len(evens), bitmap_container(evens)),
        (65535, 3, run_container((65533, 2))),
    )
    expected = [
        1,
        2,
        3,
        10,
        11,
        12,
        13,
        *(65536 + n for n in evens),
        2**32 - 3,
        2**32 - 2,
        2**32 - 1,
    ]
    assert positions(portable((0, bitmap)), len(expected)) == expected


def test_with_four_containers_a_run_bitmap_has_offsets() -> None:
    containers = [(key, 2, run_container((5, 1))) for key in range(3)]
    bitmap = run_bitmap(0b0111, *containers, (3, 1, array_container([9])))
    expected = [5, 6, 65541, 65542, 131077, 131078, 196617]
    assert positions(portable((0, bitmap)), 7) == expected


def test_a_full_container_of_runs_and_the_largest_array() -> None:
    full = portable((0, run_bitmap(1, (0, 65536, run_container((0, 65535))))))
    assert positions(full, 65536) == list(range(65536))
    largest = range(4096)
    array = portable((0, plain_bitmap((0, 4096, array_container(largest)))))
    assert positions(array, 4096) == list(largest)
    larger = range(4097)
    bits = portable((0, plain_bitmap((0, 4097, bitmap_container(larger)))))
    assert positions(bits, 4097) == list(larger)


def test_rows_beyond_four_thousand_million_have_a_high_part() -> None:
    one = plain_bitmap((0, 1, array_container([7])))
    assert positions(portable((0, one), (2, one)), 2) == [7, 2**33 + 7]


def test_an_empty_vector_deletes_nothing() -> None:
    assert positions(portable(), 0) == []
    assert positions(portable((0, plain_bitmap())), 0) == []


def test_vectors_in_files_are_found_at_their_offset(tmp_path: Path, stores: Stores) -> None:
    first, second = bitmap_of([1, 2]), bitmap_of([5])
    body = b"\x01" + stored(first) + stored(second)
    (tmp_path / "two vectors.bin").write_bytes(body)
    descriptor = {"storageType": "p", "pathOrInlineDv": f"file:{tmp_path}/two%20vectors.bin"}
    one = {**descriptor, "sizeInBytes": len(first), "cardinality": 2}
    two = {**descriptor, "sizeInBytes": len(second), "cardinality": 1, "offset": 9 + len(first)}
    assert read(parse(one), stores).tolist() == [1, 2]
    assert read(parse(two), stores).tolist() == [5]


def test_a_vector_in_the_table_is_named_by_its_uuid(tmp_path: Path, stores: Stores) -> None:
    assert read(in_file(tmp_path, 17, 0, 3), stores).tolist() == [0, 3]


def test_a_missing_file_was_vacuumed(stores: Stores) -> None:
    with pytest.raises(VacuumedError, match=r"deletion_vector_d2c639aa.*is gone"):
        read(parse(ON_DISK), stores)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda body: body[:-1], "43 of 44 bytes are there"),
        (lambda body: body[:10] + b"\x07" + body[11:], "its checksum is wrong"),
        (
            lambda body: body[:1] + struct.pack(">i", 7) + body[5:],
            "the file says 7 bytes, the log 36",
        ),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, stores: Stores, change: Any, why: str) -> None:
    vector = in_file(tmp_path, 1, 4, 5)
    (file,) = tmp_path.iterdir()
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(UnreadableError, match=why):
        read(vector, stores)


@pytest.mark.parametrize(
    ("bitmap", "expected", "why"),
    [
        (bitmap_of([1, 2]), 3, "it deletes 2 rows, the log says 3"),
        (bitmap_of([1, 2]), 1, "it deletes more rows than the log says"),
        (b"\x00" * 12, 0, "its format 00000000 is unknown"),
        (bitmap_of([1, 2])[:-1], 2, "buffer"),
        (b"", 0, "buffer"),
        (portable((0, struct.pack("<I", 99))), 1, "unknown cookie 99"),
        (bitmap_of([2, 1]), 2, "its rows are not in order"),
        (
            portable((0, run_bitmap(1, (0, 9, run_container((0, 1)))))),
            9,
            "a container holds 2 of 9 rows",
        ),
        (
            portable((0, run_bitmap(1, (0, 9, run_container((0, 65535), (0, 9)))))),
            9,
            "its runs overlap",
        ),
        (
            portable((0, plain_bitmap((0, 5000, bitmap_container(range(4999)))))),
            5000,
            "a container holds 4999 of 5000 rows",
        ),
    ],
)
def test_a_vector_that_contradicts_itself_is_refused(
    bitmap: bytes, expected: int, why: str
) -> None:
    with pytest.raises(UnreadableError, match=why):
        decode(bitmap, expected, "x")


def test_an_inline_vector_of_another_size_is_refused(stores: Stores) -> None:
    vector = inline(1, 2)
    wrong = Vector("i", vector.text, None, vector.size - 4, 2)
    with pytest.raises(UnreadableError, match="bytes inline for"):
        read(wrong, stores)
