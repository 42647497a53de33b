"""How configurations are changed in practice, and what is noticed of it."""

import os
from pathlib import Path

import pytest

from limnograph.config_file import ConfigFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "limnograph.yaml"
    path.write_text("tables: [a]\n")
    return path


def looks(file: ConfigFile, times: int = 3) -> list[bool]:
    return [file.changed() for _ in range(times)]


def test_a_file_that_stays_is_no_news(path: Path) -> None:
    assert looks(ConfigFile(path)) == [False, False, False]


def test_a_file_written_in_place_is_news_once_it_keeps_still(path: Path) -> None:
    file = ConfigFile(path)
    with path.open("w") as handle:
        handle.write("tables: [a")
        handle.flush()
        assert not file.changed()
        handle.write(", b]\n")
    assert looks(file) == [False, True, False]


def test_an_editor_replaces_the_file_by_another(path: Path) -> None:
    file = ConfigFile(path)
    other = path.with_suffix(".swp")
    other.write_text("tables: [b]\n")
    other.rename(path)
    assert looks(file) == [False, True, False]


def test_a_config_map_swaps_a_link_above_the_file(tmp_path: Path) -> None:
    for version, text in (("..1", "tables: [a]\n"), ("..2", "tables: [b]\n")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "limnograph.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "limnograph.yaml").symlink_to("..data/limnograph.yaml")
    file = ConfigFile(tmp_path / "limnograph.yaml")
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").rename(tmp_path / "..data")
    assert looks(file) == [False, True, False]


def test_the_same_content_in_another_file_is_no_news(path: Path) -> None:
    file = ConfigFile(path)
    os.utime(path, (1, 1))
    assert looks(file) == [False, False, False]


def test_a_file_that_is_away_for_a_moment_is_no_news(path: Path) -> None:
    file = ConfigFile(path)
    path.rename(path.with_suffix(".bak"))
    assert not file.changed()
    path.with_suffix(".bak").rename(path)
    assert looks(file) == [False, False, False]


def test_a_file_that_stays_away_is_news_and_so_is_its_return(path: Path) -> None:
    file = ConfigFile(path)
    path.rename(path.with_suffix(".bak"))
    assert looks(file) == [False, True, False]
    path.with_suffix(".bak").rename(path)
    assert looks(file) == [False, True, False]


def test_what_was_loaded_for_another_reason_is_no_news(path: Path) -> None:
    file = ConfigFile(path)
    path.write_text("tables: [c]\n")
    file.know()
    assert looks(file) == [False, False, False]


def test_a_relative_path_means_the_same_file_wherever_one_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    file = ConfigFile(Path(path.name))
    monkeypatch.chdir("/")
    assert looks(file) == [False, False, False]
