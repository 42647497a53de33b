"""Which table is meant, and what the store still knows of it."""

from pathlib import Path

import pytest

from limnograph.suggesting.finding import history, meant
from monitors.errors import ConfigError
from tests.limnograph.cli.conftest import Command, command
from tests.limnograph.suggesting.tables import numbered, written

__all__ = ["command"]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of a declared table and of a glob, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("posts", "found/labels"):
        written(tmp_path / name, numbered(3, 5))
    file = tmp_path / "limnograph.yaml"
    file.write_text(
        "store: sqlite:///s.db\ntables:\n"
        "  - {name: main.posts, uri: ./posts}\n  - glob: ./found/*\n"
    )
    return file


def test_a_table_is_meant_by_its_name_or_by_its_place(config: Path) -> None:
    for text in ("main.posts", "./posts", str(config.parent / "posts"), "posts"):
        found = meant(text, config, given=False, options={})
        assert (found.table.name, found.listed) == ("main.posts", True)
    assert meant("labels", config, given=False, options={}).listed
    assert [one.name for one in found.others] == ["labels", "main.posts"]


def test_a_place_that_is_not_listed_gets_a_name(config: Path) -> None:
    written(config.parent / "other", numbered(1, 5))
    found = meant("./other", config, given=True, options={"a": "b"})
    assert (found.table.name, found.listed) == ("other", False)
    assert found.table.storage_options == {"a": "b"}
    assert history(found) == ()


def test_what_is_no_place_and_no_name_is_told(config: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'main\.posts'"):
        meant("main.post", config, given=False, options={})
    with pytest.raises(ConfigError, match="ftp"):
        meant("ftp://x/y", config, given=False, options={})


def test_the_store_tells_its_commits_where_there_is_one(config: Path, command: Command) -> None:
    found = meant("main.posts", config, given=False, options={})
    assert history(found) == ()
    assert not (config.parent / "s.db").exists()
    assert command("run").code == 0
    assert [fact.version for fact in history(found)] == [0, 1, 2]
