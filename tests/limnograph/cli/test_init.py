"""`limnograph init` on real lakes."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from limnograph import settings
from tests.limnograph.cli.conftest import Command

pytestmark = pytest.mark.wide


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with four tables in ./lake and no configuration."""
    monkeypatch.chdir(tmp_path)
    write_deltalake(str(tmp_path / "lake/bronze/posts"), pa.table({"id": [1, 2]}))
    for name in ("bronze/users", "gold/labels", "odd/deep/one"):
        (tmp_path / "lake" / name / "_delta_log").mkdir(parents=True)
        log = tmp_path / "lake/bronze/posts/_delta_log/00000000000000000000.json"
        (tmp_path / "lake" / name / "_delta_log" / log.name).write_bytes(log.read_bytes())
    (tmp_path / "lake/.hidden/x/_delta_log").mkdir(parents=True)
    (tmp_path / "lake/empty").mkdir()
    return tmp_path


def names(path: str = "limnograph.yaml") -> list[str]:
    return [table.name for table in settings.roster(settings.load(Path(path))).tables]


def test_a_lake_becomes_a_configuration_that_runs_at_once(lake: Path, command: Command) -> None:
    ended = command("init", "lake")
    assert ended.code == 0
    assert ended.out.splitlines()[:3] == [
        "limnograph.yaml: 4 tables",
        "  ./lake/*/*  finds 3: bronze.posts, bronze.users, gold.labels",
        "  odd.deep.one  ./lake/odd/deep/one",
    ]
    assert f"{lake}/lake: 4 tables" in ended.err
    assert names() == ["bronze.posts", "bronze.users", "gold.labels", "odd.deep.one"]
    checked = command("config", "check")
    assert (checked.code, checked.out) == (0, "limnograph.yaml: no problems\n")


@pytest.mark.slow
def test_run_takes_what_init_wrote(lake: Path, command: Command) -> None:
    assert command("init", "lake", "--only", "bronze.posts", "--out", "b.yaml").code == 0
    ran = command("run", "-c", "b.yaml", "-o", "json")
    assert (ran.code, json.loads(ran.out)["tables"]) == (0, 1)


def test_the_file_reads_as_a_form(
    lake: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_SECRET", "hunter2hunter2")
    ended = command(
        *("init", "lake", "--owner", "data: platform", "--time-zone", "Europe/Berlin"),
        *("--storage-option", "aws_secret_access_key=env:THE_SECRET"),
    )
    assert (ended.code, "hunter2" in ended.out + ended.err) == (0, False)
    lines = (lake / "limnograph.yaml").read_text().splitlines()
    parts = {line.split(":")[0]: at for at, line in enumerate(lines) if line[:1].isalpha()}
    assert list(parts) == ["store", "http", "defaults", "tables"]
    assert all(lines[at - 1].startswith("# ") for at in parts.values())
    assert "  owner: 'data: platform'  # team or person who answers for the tables" in lines
    assert "    aws_secret_access_key: env:THE_SECRET" in lines


def test_a_file_that_is_there_stays_without_force(lake: Path, command: Command) -> None:
    (lake / "limnograph.yaml").write_text("mine\n")
    refused = command("init", "lake")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("limnograph.yaml: is already there; ")
    assert (lake / "limnograph.yaml").read_text() == "mine\n"
    assert command("init", "lake", "--force").code == 0
    assert len(names()) == 4


def test_a_link_is_followed_and_stays_a_link(lake: Path, command: Command) -> None:
    (lake / "etc").mkdir()
    (lake / "etc/real.yaml").write_text("old\n")
    (lake / "etc/real.yaml").chmod(0o640)
    os.symlink("etc/real.yaml", lake / "limnograph.yaml")
    assert command("init", "lake", "--force").code == 0
    assert (lake / "limnograph.yaml").is_symlink()
    assert (lake / "etc/real.yaml").stat().st_mode & 0o777 == 0o640
    assert os.listdir(lake / "etc") == ["real.yaml"]


def test_loops_of_links_end_and_no_table_is_entered(lake: Path, command: Command) -> None:
    os.symlink(lake / "lake", lake / "lake/gold/back")
    (lake / "lake/bronze/posts/inner/_delta_log").mkdir(parents=True)
    assert command("init", "lake").code == 0
    assert names() == ["bronze.posts", "bronze.users", "gold.labels", "odd.deep.one"]


def test_a_depth_ends_the_search_and_says_so(lake: Path, command: Command) -> None:
    ended = command("init", "lake", "--depth", "2", "-o", "json")
    assert "below depth 2 were not looked at" in ended.err
    document = json.loads(ended.out)
    assert [(e["glob"], len(e["tables"])) for e in document["entries"]] == [("./lake/*/*", 3)]
    assert document["schema_version"] == 1


def test_tables_one_by_one(lake: Path, command: Command) -> None:
    command("init", "lake", "--each", "--exclude", "odd.*")
    assert settings.load(Path("limnograph.yaml")).globs == ()
    assert names() == ["bronze.posts", "bronze.users", "gold.labels"]


def test_a_table_as_the_place_itself(lake: Path, command: Command) -> None:
    assert command("init", "lake/bronze/posts", "lake/bronze").code == 0
    assert sorted(names()) == ["posts", "users"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lake/empty",), "no table to monitor in 1 folders"),
        (("lake", "--only", "nothing"), "no table to monitor"),
        (("lake/nowhere",), "lake/nowhere does not exist"),
        (("lake/bronze/posts/_delta_log/00000000000000000000.json",), "is no folder"),
    ],
)
def test_nothing_found_is_4_and_nothing_is_written(
    arguments: tuple[str, ...], message: str, lake: Path, command: Command
) -> None:
    ended = command("init", *arguments)
    assert (ended.code, ended.out) == (4, "")
    assert message in ended.err
    assert not (lake / "limnograph.yaml").exists()


def test_what_can_be_listed_is_written_and_the_rest_is_4(lake: Path, command: Command) -> None:
    ended = command("init", "lake", "nowhere")
    assert ended.code == 4
    assert f"limnograph: {lake}/nowhere does not exist; name the folder" in ended.err
    assert len(names()) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--storage-option", "aws_secret_access_key=hunter2"), "a secret must be a reference"),
        (("--storage-option", "hunter2"), "write KEY=VALUE"),
        (("--time-zone", "Europe/Berln"), "did you mean 'Europe/Berlin'?"),
        (("--owner", "${OWNER}"), "defaults.owner: templates are not filled in"),
        (("--out", "no/such/x.yaml"), "its folder does not exist"),
        (("--storage-option", "aws_token=env:NOT_SET_HERE"), "NOT_SET_HERE"),
    ],
)
def test_wrong_answers_are_2_with_the_mend(
    arguments: tuple[str, ...], message: str, lake: Path, command: Command
) -> None:
    ended = command("init", "lake", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert message in " ".join(ended.err.replace("│", "").split())
    assert "hunter2" not in ended.err
    assert not (lake / "limnograph.yaml").exists()
