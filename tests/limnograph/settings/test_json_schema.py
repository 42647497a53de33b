from typing import Any

import pytest
import yaml

from limnograph.paths import CONFIG
from limnograph.settings import json_schema, load, show
from limnograph.settings.models import Defaults, File, Http, Metrics, Run, Table

jsonschema: Any = pytest.importorskip("jsonschema")

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def complaints(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def test_it_is_a_schema_of_draft_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("form", [Http, Run, Metrics, Defaults, Table])
def test_every_field_says_what_it_is(form: type) -> None:
    for name, field in SCHEMA["$defs"][form.__name__]["properties"].items():
        assert field["description"].endswith("."), name
        assert field["title"], name


def test_every_part_says_what_it_is() -> None:
    assert set(SCHEMA["properties"]) == set(File.model_fields)
    for name, part in SCHEMA["properties"].items():
        reference = part.get("anyOf", [{}])[0].get("$ref", "").rpartition("/")[2]
        words = part.get("description") or SCHEMA["$defs"][reference]["description"]
        assert words.endswith("."), name


def test_the_example_and_what_show_prints_are_valid() -> None:
    example = CONFIG / "limnograph.example.yaml"
    assert complaints(example.read_text()) == []
    assert complaints(show(load(example))) == []


def test_a_form_that_is_not_filled_in_is_valid() -> None:
    text = "store:\nhttp: {port: }\nrun:\nmetrics: {families: }\ndefaults: {monitors: }\ntables: []"
    assert complaints(text) == []
    assert complaints("store: {url: , retention: , metrics: }\ntables: []") == []
    assert complaints("store: {retention: {points: }}\ntables: []") == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("tables: []\nhtpp: {}", "$"),
        ("http: {port: web}\ntables: []", "$.http"),
        ("store: {retention: {points: 6h}}\ntables: []", "$.store"),
        ("store: {metrics: {rows: {points: 7d}}}\ntables: []", "$.store"),
        ("run: {timeout: 60}\ntables: []", "$.run"),
        ("metrics: {families: [lakehouse_table_rows]}\ntables: []", "$.metrics"),
        ("tables: [{name: a}]", "$.tables[0]"),
        ("tables: [{name: a, uri: ./a, glob: ./b/*}]", "$.tables[0]"),
        ("tables: [{name: a, uri: ./a, schedule: soon}]", "$.tables[0].schedule"),
        ("tables: [{name: a, uri: ./a, monitors: {freshnes: {}}}]", "$.tables[0].monitors"),
        ("tables: [{name: a, uri: ./a, monitors: {ingestion: {x: 1}}}]", "$.tables[0].monitors"),
    ],
)
def test_an_editor_sees_these_mistakes(text: str, path: str) -> None:
    assert complaints(text) == [path]
