"""The whole demo: built, read in two looks and reported, with and without trouble."""

from collections.abc import Collection
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from exporters.report import to_json
from limnograph.demo.building import Lakehouse, build
from limnograph.demo.command import look, report_on, run, sighted
from limnograph.demo.lakehouse import TABLES, Table, named
from limnograph.demo.seeing import Sightings
from limnograph.demo.troubles import ALL, WHERE, Trouble

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
AFTER_SUMMER_TIME = datetime(2026, 10, 26, 0, tzinfo=UTC)
QUIET = named("dim.topics")


def _watch(lakehouse: Lakehouse, tables: Collection[Table] = TABLES) -> Sightings:
    lakehouse.history(tables)
    look(lakehouse, lakehouse.first_look)
    lakehouse.between(tables)
    look(lakehouse, lakehouse.now)
    return sighted(lakehouse, to_json(report_on(lakehouse)))


def _watch_only(lakehouse: Lakehouse, tables: Collection[Table]) -> None:
    """Leave the other tables out of the configuration."""
    content: dict[str, Any] = yaml.safe_load(lakehouse.config.read_text(encoding="utf-8"))
    content["tables"] = [{"name": table.name, "uri": f"lake/{table.folder}"} for table in tables]
    lakehouse.config.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_every_planted_trouble_is_seen_and_the_exit_code_says_so(tmp_path: Path) -> None:
    output = StringIO()
    code = run(tmp_path / "demo", seed=1, now=NOW, console=Console(file=output, width=150))
    text = output.getvalue()
    assert code == 0, text
    assert f"Planted troubles seen: {len(ALL)} of {len(ALL)}" in text
    assert "NOT SEEN" not in text
    assert "unplanted" not in text
    assert "Lakehouse report, 2026-11-20 10:00 UTC" in text


def test_a_demo_without_trouble_shows_none(tmp_path: Path) -> None:
    lakehouse = build(tmp_path, seed=2, now=AFTER_SUMMER_TIME, troubles=())
    sightings = _watch(lakehouse)
    assert sightings == Sightings((), (), ())
    report = to_json(report_on(lakehouse))
    assert report["troubles"] == []
    assert report["summary"]["readable"] == len(TABLES)
    assert all(table["rows"] for table in report["tables"])


@pytest.mark.parametrize("trouble", list(Trouble))
def test_each_trouble_alone_is_seen_alone(tmp_path: Path, trouble: Trouble) -> None:
    tables = [named(WHERE[trouble]), QUIET]
    lakehouse = build(tmp_path, seed=3, now=NOW, troubles={trouble})
    _watch_only(lakehouse, tables)
    sightings = _watch(lakehouse, tables)
    assert [truth.trouble for truth in sightings.seen] == [trouble]
    assert not sightings.missed
    assert not sightings.surplus


def test_a_trouble_that_the_report_does_not_name_is_missed(tmp_path: Path) -> None:
    tables = [named(WHERE[Trouble.REPLACED]), QUIET]
    lakehouse = build(tmp_path, seed=3, now=NOW, troubles={Trouble.REPLACED})
    _watch_only(lakehouse, tables)
    lakehouse.history(tables)
    look(lakehouse, lakehouse.first_look)
    sightings = sighted(lakehouse, to_json(report_on(lakehouse)))
    assert [truth.trouble for truth in sightings.missed] == [Trouble.REPLACED]
    assert not sightings.complete
