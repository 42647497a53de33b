import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import DeltaTable

from limnograph.demo.building import CONFIG, MARKER, STORE, TRUTH, build, whole_hour
from limnograph.demo.lakehouse import TABLES, named
from limnograph.demo.troubles import ALL, WHERE, Trouble, from_json, planted
from limnograph.settings import load, roster
from monitors.errors import ConfigError

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_prepared_folder_has_the_configuration_and_the_truth(tmp_path: Path) -> None:
    build(tmp_path / "demo", seed=3, now=NOW)
    truth = json.loads((tmp_path / "demo" / TRUTH).read_text())
    assert (truth["seed"], truth["now"]) == (3, NOW.isoformat())
    assert from_json(truth) == planted(ALL, NOW)
    settings = load(tmp_path / "demo" / CONFIG)
    assert settings.store_url == f"sqlite:///{tmp_path}/demo/{STORE}"


def test_only_the_chosen_troubles_are_in_the_truth(tmp_path: Path) -> None:
    build(tmp_path, seed=1, now=NOW, troubles={Trouble.DROP})
    truth = json.loads((tmp_path / TRUTH).read_text())
    assert [entry["kind"] for entry in truth["troubles"]] == ["drop"]


def test_the_configuration_finds_every_table_by_its_name(tmp_path: Path) -> None:
    lakehouse = build(tmp_path, seed=1, now=NOW)
    for table in TABLES:
        (lakehouse.lake / table.folder / "_delta_log").mkdir(parents=True)
        (lakehouse.lake / table.folder / "_delta_log" / f"{0:020d}.json").touch()
    found = roster(load(lakehouse.config))
    assert found.problems == found.warnings == ()
    assert {table.name: table.uri for table in found.tables} == {
        table.name: str(lakehouse.lake / table.folder) for table in TABLES
    }


@pytest.mark.slow
def test_the_past_and_what_came_after_make_the_whole_plan(tmp_path: Path) -> None:
    lakehouse = build(tmp_path, seed=1, now=NOW)
    tables = [named(WHERE[Trouble.REPLACED]), named("dim.topics")]
    told: dict[str, int] = {}
    lakehouse.history(tables, lambda name, commits: told.update({name: commits}))
    then = {table.name: DeltaTable(lakehouse.lake / table.folder) for table in tables}
    assert told == {name: table.version() + 1 for name, table in then.items()}
    lakehouse.between(tables)
    for table in tables:
        after = DeltaTable(lakehouse.lake / table.folder)
        planned = lakehouse.steps(table)
        assert planned[-1].at < NOW
        times = [entry["timestamp"] for entry in after.history(1)]
        assert times == [planned[-1].at.timestamp() * 1000]
    replaced = DeltaTable(lakehouse.lake / tables[0].folder)
    assert replaced.metadata().id != then[tables[0].name].metadata().id


def test_an_earlier_demo_is_replaced_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    first = build(tmp_path, seed=1, now=NOW)
    (first.lake / "bronze").mkdir()
    (tmp_path / STORE).touch()
    (tmp_path / f"{STORE}-wal").touch()
    (tmp_path / "notes.txt").write_text("mine")
    build(tmp_path, seed=2, now=NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [MARKER, CONFIG, TRUTH, "lake", "notes.txt"]
    )
    assert not any(first.lake.iterdir())


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "precious").write_text("data")
    with pytest.raises(ConfigError, match="not an earlier demo; choose a new folder with --dir"):
        build(tmp_path, seed=1, now=NOW)
    assert [path.name for path in tmp_path.rglob("*")] == ["lake", "precious"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(ConfigError, match="is not a folder"):
        build(tmp_path / "demo", seed=1, now=NOW)


def test_an_empty_folder_and_a_nested_one_are_taken(tmp_path: Path) -> None:
    build(tmp_path, seed=1, now=NOW)
    build(tmp_path / "a" / "b", seed=1, now=NOW)
    assert (tmp_path / "a" / "b" / MARKER).is_file()


def test_now_is_rounded_down_to_the_hour_in_utc() -> None:
    assert whole_hour(datetime.fromisoformat("2026-11-20T11:59:59+01:30")) == NOW
    with pytest.raises(ValueError, match="time zone"):
        whole_hour(datetime(2026, 11, 20))
