"""One commit from its bytes: what counts, what is passed over, what makes it unreadable."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitors.delta.log.actions import (
    GREATEST,
    Commit,
    file_action,
    metadata_of,
    parse_commit,
    protocol_of,
    time_of,
    total,
    whole,
)
from monitors.errors import UnreadableError
from tests.monitors.delta.log_builder import Action, add, info, lines, vector

WRITTEN = datetime(2026, 3, 2, tzinfo=UTC)


def parsed(body: str | bytes) -> Commit:
    text = body.encode() if isinstance(body, str) else body
    return parse_commit(7, text, WRITTEN, "_delta_log/7.json")


def commit(*actions: Action) -> Commit:
    return parsed(lines(actions))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (0, 0),
        ("5", 5),
        ("0", 0),
        (5.0, 5),
        (GREATEST, GREATEST),
        (GREATEST + 1, None),
        (1e19, None),
        (5.5, None),
        (float("nan"), None),
        (-1, None),
        ("-1", None),
        ("five", None),
        ("5.0", None),
        ("\uff15", None),
        ("9" * 30, None),
        ("", None),
        (True, None),
        (None, None),
        ([5], None),
        ({"value": 5}, None),
    ],
)
def test_a_count_is_a_whole_number_or_unknown(value: Any, expected: int | None) -> None:
    assert whole(value) == expected


def test_a_sum_with_an_unknown_number_or_beyond_64_bits_is_unknown() -> None:
    assert total([2, 3]) == 5
    assert total([]) == 0
    assert total([2, None]) is None
    assert total([GREATEST, 1]) is None


def test_lines_may_end_in_any_way_and_be_blank() -> None:
    body = lines([add("a", 1), add("b", 2)]).replace("\n", "\r\n\r\n  \t\r\n") + "\r\n\n"
    assert [file.path for file in parsed(body).adds] == ["a", "b"]


def test_a_last_line_without_its_end_is_read() -> None:
    assert [file.path for file in parsed(lines([add("a", 1)])).adds] == ["a"]


def test_two_actions_in_one_object_are_both_taken() -> None:
    both = {**add("a", 1), "remove": {"path": "b", "dataChange": True}}
    found = parsed(json.dumps(both))
    assert (len(found.adds), len(found.removes)) == (1, 1)


def test_unknown_actions_and_fields_are_passed_over() -> None:
    odd: list[Action] = [{"txn": {"appId": "x"}}, {"dream": [1, 2]}, {}, {"add": None}]
    found = commit(*odd, add("a", 1, clusteringProvider="x", tags={"deep": {"er": []}}))
    assert [file.path for file in found.adds] == ["a"]


def test_a_huge_line_is_read() -> None:
    stats = json.dumps({"numRecords": 3, "minValues": {"text": "x" * 3_000_000}})
    assert commit(add("a", stats=stats)).adds[0].stats == stats


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "is empty"),
        ("\n \r\n", "is empty"),
        ('{"add":{"path":"a"', "7.json:1 is not JSON"),
        ('{"add":{"path":"a"}}{"add":{"path":"b"}}', ":1 is not JSON"),
        ('{}\n{"add"', ":2 is not JSON"),
        ('{}\n\n"add"', ":3 is not a JSON object"),
        ("[1]", ":1 is not a JSON object"),
        ("\ufeff{}", ":1 is not JSON"),
        ("[" * 100_000, ":1 is not JSON"),
        ('{"add":' * 100_000, ":1 is not JSON"),
        (b'{"add":"\xff"}', ":1 is not JSON"),
        (b"PAR1\x00\x00", ":1 is not JSON"),
        ('{"add":"a"}', "has an action 'add' that is not an object"),
        ('{"remove":[1]}', "has an action 'remove' that is not"),
        ('{"add":{}}', "has a file action without a path"),
        ('{"add":{"path":5}}', "has a file action without a path"),
        ('{"remove":{"path":""}}', "has a file action without a path"),
        ('{"protocol":{"minReaderVersion":"new"}}', "has the minReaderVersion 'new'"),
        ('{"protocol":{"minReaderVersion":-1}}', "has the minReaderVersion '-1'"),
        ('{"protocol":{"readerFeatures":5}}', "has readerFeatures that are not a list"),
        ('{"metaData":{"partitionColumns":{"a":1}}}', "has partitionColumns that are not a list"),
        ('{"metaData":{"configuration":"on"}}', "configuration is not an object"),
        ('{"metaData":{"configuration":[1]}}', "configuration is not an object"),
    ],
)
def test_a_commit_that_cannot_be_read_says_where_and_why(body: str | bytes, why: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        parsed(body)
    assert "broken log: _delta_log/7.json" in caught.value.reason
    assert why in caught.value.reason
    assert caught.value.mend


def test_what_is_not_called_maintenance_changes_data() -> None:
    said: list[tuple[Any, bool]] = [(True, True), (False, False), ("false", False), ("true", True)]
    for value, expected in said:
        assert commit(add("a", dataChange=value)).adds[0].data_change is expected
    assert file_action({"path": "a"}, "here").data_change is True


def test_odd_sizes_and_statistics_are_unknown_and_spoil_nothing_else() -> None:
    file = commit(add("a", size=-5, stats={"numRecords": 5}, partitionValues="p=1")).adds[0]
    assert (file.path, file.size, file.stats, file.partition) == ("a", None, None, None)


def test_partition_values_that_are_no_texts_become_texts() -> None:
    file = commit(add("a", partitionValues={"p": 5, "q": None, "r": True, "s": "x"})).adds[0]
    assert file.partition == {"p": "5", "q": None, "r": "true", "s": "x"}


def test_partition_values_of_a_checkpoint_are_pairs() -> None:
    assert file_action({"path": "a", "partitionValues": [("p", "1")]}, "").partition == {"p": "1"}
    assert file_action({"path": "a", "partitionValues": [1, 2]}, "").partition is None


def test_a_vector_is_known_by_storage_path_and_offset() -> None:
    inline = commit(add("a", deletionVector=vector(1, 2))).adds[0]
    assert inline.cardinality == 2
    assert inline.vector_id == "i" + vector(1, 2)["pathOrInlineDv"]
    stored = {"storageType": "u", "pathOrInlineDv": "x", "offset": 1, "cardinality": "3"}
    file = commit(add("a", deletionVector=stored)).adds[0]
    assert (file.vector_id, file.cardinality) == ("ux@1", 3)
    plain = commit(add("a", deletionVector={"storageType": None})).adds[0]
    assert (plain.vector_id, plain.cardinality) == ("", 0)


def test_a_vector_that_does_not_say_its_size_is_unknown() -> None:
    odd = {"storageType": "u", "pathOrInlineDv": "x", "cardinality": -1}
    assert commit(add("a", deletionVector=odd)).adds[0].cardinality is None


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"inCommitTimestamp": 1_000, "timestamp": 2_000}, "1970-01-01T00:00:01+00:00"),
        ({"timestamp": 2_000}, "1970-01-01T00:00:02+00:00"),
        ({"timestamp": "2000"}, "1970-01-01T00:00:02+00:00"),
        ({"timestamp": 0}, "1970-01-01T00:00:00+00:00"),
        ({"timestamp": -5}, "2026-03-02T00:00:00+00:00"),
        ({"timestamp": 10**17}, "2026-03-02T00:00:00+00:00"),
        ({"timestamp": "yesterday"}, "2026-03-02T00:00:00+00:00"),
        ({}, "2026-03-02T00:00:00+00:00"),
    ],
)
def test_the_time_is_the_in_commit_one_then_the_stated_one_then_the_file_s(
    stated: Action, expected: str
) -> None:
    assert commit({"commitInfo": stated}).at.isoformat() == expected


def test_a_commit_without_commit_info_has_the_file_s_time_and_no_operation() -> None:
    for odd in ({}, {"commitInfo": "by hand"}, {"commitInfo": {"operation": 5}}):
        found = commit(odd, add("a", 1))
        assert (found.at, found.operation) == (WRITTEN, "")


def test_a_time_beyond_the_year_9999_is_none() -> None:
    assert time_of(253_402_300_799_000) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert time_of(253_402_300_799_001) is None


def test_metrics_are_found_under_either_name_in_any_form() -> None:
    assert commit(info("DELETE", {"numDeletedRows": "3"})).metric("numDeletedRows") == 3
    assert commit(info("DELETE", {"n": None, "m": 4})).metric("n", "m") == 4
    assert commit(info("DELETE", {"n": "many"})).metric("n") is None
    assert commit({"commitInfo": {"operationMetrics": "none"}}).metric("n") is None


def test_properties_of_a_table_are_texts() -> None:
    found = metadata_of({"configuration": {"delta.enableChangeDataFeed": True, "a": None}}, "here")
    assert found.properties == {"delta.enableChangeDataFeed": "true"}
    assert found.feed
    assert metadata_of({"configuration": [("a", "1")]}, "here").properties == {"a": "1"}


def test_an_absent_protocol_version_is_the_first() -> None:
    found = protocol_of({}, "here")
    assert (found.reader, found.writer, found.reader_features) == (1, 1, ())


def test_what_is_asked_of_writers_is_told_as_far_as_it_is_understood() -> None:
    found = protocol_of({"minWriterVersion": "new", "writerFeatures": ["a", 5, None]}, "here")
    assert (found.writer, found.writer_features) == (1, ("a",))


@pytest.mark.parametrize("odd", ["file", 5, None, {}, {"path": 5}, []])
def test_a_change_file_without_a_path_costs_no_more_than_the_feed(odd: Any) -> None:
    found = parsed(json.dumps({"cdc": odd}) + "\n" + lines([add("a", 1)]))
    assert [file.path for file in found.adds] == ["a"]
    assert [file.path for file in found.cdc] == ([] if odd is None else [""])
