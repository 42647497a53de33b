import re

import pytest

from limnograph.paths import CONFIG
from limnograph.settings import known_monitors, load
from limnograph.settings.models import (
    Defaults,
    File,
    Form,
    Http,
    MetricRetention,
    Metrics,
    Retention,
    Run,
    StoreForm,
    Table,
)

EXAMPLE = CONFIG / "limnograph.example.yaml"
TEXT = EXAMPLE.read_text()


def test_the_example_loads() -> None:
    settings = load(EXAMPLE)
    assert [table.name for table in settings.tables] == ["main.bronze.posts"]
    assert [glob.text for glob in settings.globs] == ["s3://acme-lake/*/*"]


@pytest.mark.parametrize(
    "form",
    [File, StoreForm, Retention, MetricRetention, Http, Run, Metrics, Defaults, Table],
)
def test_every_field_occurs_in_the_example(form: type[Form]) -> None:
    absent = [name for name in form.model_fields if not re.search(rf"\b{name}: ?", TEXT)]
    assert absent == []


@pytest.mark.parametrize("name", ["ingestion", "freshness"])
def test_every_field_of_our_own_monitors_occurs_in_the_example(name: str) -> None:
    fields = known_monitors([])[name].config.model_fields
    assert [field for field in (name, *fields) if not re.search(rf"\b{field}: ?", TEXT)] == []


def test_the_defaults_written_in_the_example_are_the_real_ones() -> None:
    settings = load(EXAMPLE)
    assert (settings.http, settings.run) == (Http(), Run())
    assert settings.metrics.max_series == Metrics().max_series
    assert settings.store.retention == Retention()
