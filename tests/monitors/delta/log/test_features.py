"""Which tables the log reader trusts itself with, and which features it names."""

import pytest

from monitors.delta.log.actions import Metadata, Protocol
from monitors.delta.log.features import demand_readable, names
from monitors.errors import UnreadableError


def asking(*reader: str, version: int = 3, writer: tuple[str, ...] = ()) -> Protocol:
    return Protocol(version, 7, reader, writer or reader)


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol(1, 2),
        Protocol(2, 5),
        asking("deletionVectors", "v2Checkpoint", "columnMapping", "variantShredding-preview"),
        asking("typeWidening", "vacuumProtocolCheck", "timestampNtz"),
        asking(writer=("rowTracking", "clustering", "somethingOnlyWritersNeed")),
        asking("appendOnly", "changeDataFeed"),
        asking("timeTravelByDream", version=1),
    ],
)
def test_what_does_not_change_the_meaning_of_the_log_is_read(protocol: Protocol) -> None:
    demand_readable(protocol)


@pytest.mark.parametrize(
    ("protocol", "why"),
    [
        (asking("timeTravelByDream"), "unknown reader features: timeTravelByDream"),
        (asking("redirectReaderWriter"), "unknown reader features: redirectReaderWriter"),
        (asking("catalogManaged"), "managed by its catalog"),
        (asking("catalogOwned-preview"), "managed by its catalog"),
        (asking(writer=("catalogManaged",)), "managed by its catalog"),
        (Protocol(4, 7), "asks for reader version 4, this program knows 3"),
    ],
)
def test_what_does_is_refused_with_a_mend(protocol: Protocol, why: str) -> None:
    with pytest.raises(UnreadableError, match=why) as caught:
        demand_readable(protocol)
    assert caught.value.mend


def test_features_of_old_protocols_are_those_in_use() -> None:
    used = {
        "delta.enableChangeDataFeed": "true",
        "delta.appendOnly": "false",
        "delta.columnMapping.mode": "name",
    }
    assert names(Protocol(2, 5), Metadata("", "", (), used)) == ("changeDataFeed", "columnMapping")
    assert names(Protocol(1, 2), Metadata("", "", (), used)) == ()


def test_features_of_new_protocols_are_those_listed() -> None:
    protocol = asking("v2Checkpoint", writer=("v2Checkpoint", "appendOnly"))
    assert names(protocol, Metadata("", "", (), {})) == ("appendOnly", "v2Checkpoint")
