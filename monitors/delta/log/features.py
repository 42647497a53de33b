"""Which tables the log reader may trust itself with.

A reader must refuse a table whose protocol asks for a reader feature it does not know. What is
listed here was held against "Table Features" of
https://github.com/delta-io/delta/blob/master/PROTOCOL.md: either the feature does not change what
the log's actions mean, or the log reader implements it.
"""

from monitors.delta.log.actions import Metadata, Protocol
from monitors.errors import UnreadableError

_CATALOG_MANAGED = frozenset({"catalogManaged", "catalogOwned", "catalogOwned-preview"})
_KNOWN = frozenset(
    {
        "collations",
        "collations-preview",
        "columnMapping",
        "deletionVectors",
        "geospatial",
        "geospatial-preview",
        "timestampNtz",
        "typeWidening",
        "typeWidening-preview",
        "v2Checkpoint",
        "vacuumProtocolCheck",
        "variantShredding",
        "variantShredding-preview",
        "variantType",
        "variantType-preview",
    }
)
# Features of writers only: some writers list them among those of readers as well.
_WRITERS_ONLY = frozenset(
    {
        "allowColumnDefaults",
        "appendOnly",
        "changeDataFeed",
        "checkConstraints",
        "checkpointProtection",
        "clustering",
        "domainMetadata",
        "generatedColumns",
        "icebergCompatV1",
        "icebergCompatV2",
        "icebergCompatV3",
        "identityColumns",
        "inCommitTimestamp",
        "invariants",
        "materializePartitionColumns",
        "rowTracking",
    }
)
_BY_FEATURES = 3
_BY_WRITER_VERSION = (
    (2, ("appendOnly", "invariants")),
    (3, ("checkConstraints",)),
    (4, ("changeDataFeed", "generatedColumns")),
    (5, ("columnMapping",)),
    (6, ("identityColumns",)),
)


def demand_readable(protocol: Protocol) -> None:
    """Raise UnreadableError, with the mend, when the protocol asks for more than we know."""
    asked = {*protocol.reader_features, *protocol.writer_features}
    if managed := sorted(_CATALOG_MANAGED & asked):
        raise UnreadableError(
            f"the table's commits are managed by its catalog ({', '.join(managed)}), "
            "so its log on storage may lack the newest",
            "read it through a SQL warehouse of its catalog",
        )
    if protocol.reader > _BY_FEATURES:
        raise UnreadableError(
            f"the table asks for reader version {protocol.reader}, "
            f"this program knows {_BY_FEATURES}",
            "upgrade limnograph, or read the table through its own engine",
        )
    # Below that version the list asks for nothing.
    listed = protocol.reader_features if protocol.reader >= _BY_FEATURES else ()
    if unknown := sorted(set(listed) - _KNOWN - _WRITERS_ONLY):
        raise UnreadableError(
            f"the table uses unknown reader features: {', '.join(unknown)[:300]}",
            "upgrade limnograph, or read the table through its own engine",
        )


def names(protocol: Protocol, metadata: Metadata) -> tuple[str, ...]:
    """The features a table really uses, sorted: those of its protocol and its properties."""
    listed = {*protocol.reader_features, *protocol.writer_features}
    if protocol.writer < 7 and not listed:
        listed = _switched_on(protocol, metadata)
    return tuple(sorted(listed))


def _switched_on(protocol: Protocol, metadata: Metadata) -> set[str]:
    """Legacy versions imply features wholesale; only those in use tell a person something."""
    properties = metadata.properties
    supported = {name for at, new in _BY_WRITER_VERSION if protocol.writer >= at for name in new}
    used = {
        "changeDataFeed": metadata.feed,
        "columnMapping": properties.get("delta.columnMapping.mode", "none") != "none",
        "appendOnly": properties.get("delta.appendOnly", "").lower() == "true",
        "checkConstraints": any(key.startswith("delta.constraints.") for key in properties),
        "generatedColumns": "delta.generationExpression" in metadata.schema_string,
        "identityColumns": "delta.identity." in metadata.schema_string,
        "invariants": "delta.invariants" in metadata.schema_string,
    }
    return {name for name in supported if used.get(name)}
