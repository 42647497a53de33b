"""The whole demo: built, read in two looks and reported, with and without trouble."""

from collections.abc import Collection
from dataclasses import replace
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
from limnograph.demo.flaws import ALL as FLAWS
from limnograph.demo.flaws import SPOILINGS, Flaw, flawed, found, planted_rows, spoiled
from limnograph.demo.lakehouse import TABLES, Act, Table, named, steps
from limnograph.demo.rows import fresh_ids, table_rows
from limnograph.demo.seeing import Sightings
from limnograph.demo.troubles import ALL, WHERE, Trouble

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
UPKEEP = datetime(2026, 11, 22, 3, tzinfo=UTC)  # rows are deleted and files compacted
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


@pytest.mark.parametrize("now", [NOW, UPKEEP])
def test_every_planted_trouble_is_seen_and_the_exit_code_says_so(
    tmp_path: Path, now: datetime
) -> None:
    output = StringIO()
    code = run(tmp_path / "demo", seed=1, now=now, console=Console(file=output, width=150))
    text = output.getvalue()
    assert code == 0, text
    planted = len(ALL) + len(FLAWS)
    assert f"Planted troubles seen: {planted} of {planted}" in text
    assert "NOT SEEN" not in text
    assert "unplanted" not in text
    assert f"Lakehouse report, {now:%Y-%m-%d %H}:00 UTC" in text


def test_a_demo_without_trouble_shows_none(tmp_path: Path) -> None:
    lakehouse = build(tmp_path, seed=2, now=AFTER_SUMMER_TIME, troubles=(), flaws=())
    sightings = _watch(lakehouse)
    assert sightings == Sightings((), (), ())
    report = to_json(report_on(lakehouse))
    assert report["troubles"] == []
    assert [(one["id"], one["reason"]) for one in report["checks"] if one["status"] != "pass"] == []
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


@pytest.mark.parametrize("flaw", list(Flaw))
def test_flawed_rows_are_in_the_newest_load_alone(flaw: Flaw) -> None:
    [(table, rows)] = [(one.table, one.rows) for one in SPOILINGS if one.flaw is flaw]
    usual = steps(named(table), 1, NOW)
    plan = flawed(named(table), usual, {flaw})
    assert [step for step in plan if step.flaws] == [
        replace([step for step in usual if step.act is Act.APPEND][-1], flaws=(flaw,))
    ]
    good = table_rows(table, fresh_ids(NOW, 50), NOW)
    bad = spoiled(table, good, [flaw])
    assert bad.schema == good.schema
    pairs = zip(good.to_pylist(), bad.to_pylist(), strict=True)
    assert sum(before != after for before, after in pairs) == rows


def test_a_check_that_finds_another_number_of_rows_has_not_seen_the_flaw() -> None:
    [truth] = planted_rows({Flaw.ORPHAN})
    entry = {"table": truth.table, "check": truth.check, "status": "fail", "bad": truth.rows}
    assert found(truth, {"checks": [entry]})
    assert not found(truth, {"checks": [{**entry, "bad": truth.rows + 1}]})
    assert not found(truth, {"checks": [{**entry, "status": "error"}]})
