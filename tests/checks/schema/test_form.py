"""What can be written in the form of a schema check."""

import pytest
from pydantic import ValidationError

from checks.schema.form import BREAKING, SchemaForm
from monitors.delta.evolution.change import ChangeKind


def form(**fields: object) -> SchemaForm:
    return SchemaForm.model_validate({"type": "schema", **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"columns": {"id": "strng"}}, "'strng' is no type; did you mean 'string'?"),
        ({"columns": {"id": {"type": 5}}},
         "expected the name of a type, got 5; write for example long"),
        ({"columns": {"a..b": "long"}},
         "'a..b' is no column; write for example id, address.city or `a.b`.c"),
        ({"columns": {"ID": "long", "id": "int"}},
         "'id' and 'ID' are the same column; leave one out"),
        ({"forbid": ["column_droped"]},
         "'column_droped' is no kind of change; did you mean 'column_dropped'?"),
        ({"forbid": [3]}, "3 is no kind of change; known: any, became_nullable, became_required, "
         "breaking, clustering_changed, column_added, column_dropped, column_renamed, "
         "columns_reordered, feature_added, feature_removed, partitioning_changed, "
         "property_changed, property_set, property_unset, protocol_lowered, protocol_raised, "
         "type_changed, type_narrowed, type_widened"),
        ({"forbid": "any", "allow": []},
         "allow and forbid are both set; what the one names the other does not"),
        ({"extra": "forbid"}, "extra: forbid needs columns; list them, or leave it out"),
        ({"ordered": True, "properties": {"a": "b"}},
         "ordered: true needs columns; list them, or leave it out"),
        ({"properties": {"fs.account.key": "x"}},
         "property fs.account.key looks like a secret; leave it out"),
        ({"remember": "500d"}, "'500d' is out of range; write a duration from 1s to 366d"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_mend(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        form(**fields)
    (error,) = raised.value.errors(include_url=False)
    assert error["msg"].removeprefix("Value error, ") == words


def test_without_anything_breaking_changes_are_forbidden() -> None:
    assert form().forbidden == frozenset(BREAKING)


def test_with_a_contract_no_change_is_forbidden_unless_it_is_named() -> None:
    assert form(columns={"id": "long"}).forbidden == frozenset()
    assert form(columns={"id": "long"}, forbid="column_added").forbidden == {
        ChangeKind.COLUMN_ADDED
    }


def test_all_that_is_not_allowed_is_forbidden() -> None:
    assert form(allow=["column_added"]).forbidden == set(ChangeKind) - {ChangeKind.COLUMN_ADDED}
    assert form(allow=[]).forbidden == set(ChangeKind)
    assert form(allow="any").forbidden == frozenset()


def test_values_of_properties_are_text() -> None:
    written = form(properties={"delta.enableChangeDataFeed": True, "delta.checkpointInterval": 10})
    assert written.properties == {
        "delta.enableChangeDataFeed": "true",
        "delta.checkpointInterval": "10",
    }
