"""What a good file means: defaults, absolute places, stanzas of monitors."""

from datetime import timedelta
from pathlib import Path

import pytest

from limnograph.settings import Cron, Every, Settings, TableSettings, check, load
from limnograph.settings.models import MetricRetention
from monitors import freshness, ingestion
from monitors.secrets import Secret

KNOWN = {"ingestion": ingestion.MONITOR, "freshness": freshness.MONITOR}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def settings(folder: Path, text: str) -> Settings:
    file = folder / "c.yaml"
    file.write_text(text)
    return load(file, KNOWN)


def only_table(folder: Path, text: str) -> TableSettings:
    (table,) = settings(folder, text).tables
    return table


def test_a_name_and_a_uri_are_enough(folder: Path) -> None:
    found = settings(folder, "tables:\n  - {name: main.bronze.posts, uri: lake/posts}\n")
    assert found.tables == (
        TableSettings(
            name="main.bronze.posts",
            uri=f"{folder}/lake/posts",
            owner="",
            tags=(),
            description="",
            time_zone="UTC",
            schedule=Every(900),
            storage_options={},
            monitors={"ingestion": ingestion.Config(), "freshness": freshness.Config()},
        ),
    )
    assert found.tables[0].subject.id == "table:main.bronze.posts"
    assert found.store_url == f"sqlite:///{folder}/limnograph.db"
    assert (found.http.host, found.http.port) == ("127.0.0.1", 9899)
    assert (found.run.concurrency, found.run.workers, found.run.timeout) == (32, 2, 60)
    assert found.run.log_only is False
    assert (found.metrics.max_series, found.metrics.families) == (200_000, ())
    assert found.globs == ()


def test_how_long_the_store_keeps_what_is_settled_by_metric(folder: Path) -> None:
    found = settings(
        folder,
        """
        store:
          retention: {points: 2d, events: , facts: 2y}
          metrics: {lakehouse_table_rows: {points: 4w, hourly: }, lakehouse_table_files: }
        tables: []
        """,
    ).store
    assert found.url == f"sqlite:///{folder}/limnograph.db"
    assert (found.retention.points, found.retention.facts) == (timedelta(2), timedelta(730))
    assert (found.retention.hourly, found.retention.events) == (timedelta(90), timedelta(400))
    assert found.metrics == {
        "lakehouse_table_rows": MetricRetention.model_validate({"points": "28d"}),
        "lakehouse_table_files": MetricRetention(),
    }


def test_every_part_may_be_left_empty(folder: Path) -> None:
    text = "store:\nhttp:\nrun:\nmetrics: {families: }\ndefaults:\ntables: []\n"
    assert settings(folder, text).store_url == f"sqlite:///{folder}/limnograph.db"


def test_a_table_overrides_the_defaults_field_by_field(folder: Path) -> None:
    found = settings(
        folder,
        """
defaults:
  owner: platform
  tags: [a]
  time_zone: Europe/Berlin
  schedule: 1h
tables:
  - {name: x, uri: ./x}
  - {name: y, uri: ./y, owner: me, tags: [b, c], time_zone: UTC, schedule: "5 8 * * *"}
  - {name: z, uri: ./z, owner: , tags: , time_zone: , schedule: }
""",
    )
    assert [(t.owner, t.tags, t.time_zone, t.schedule) for t in found.tables] == [
        ("platform", ("a",), "Europe/Berlin", Every(3600)),
        ("me", ("b", "c"), "UTC", Cron("5 8 * * *")),
        ("", (), "UTC", Every(900)),
    ]


def test_storage_options_merge_by_name_in_any_case(folder: Path) -> None:
    table = only_table(
        folder,
        """
defaults:
  storage_options:
    aws_region: eu-west-1
    aws_endpoint_url: http://localhost:9000
    aws_allow_http: true
    timeout: 30s
    max_retries: 5
tables:
  - name: x
    uri: s3://b/x
    storage_options: {AWS_REGION: us-east-1, aws_endpoint_url: }
""",
    )
    assert table.storage_options == {
        "aws_allow_http": "true",
        "timeout": "30s",
        "max_retries": "5",
        "AWS_REGION": "us-east-1",
    }


def test_references_become_secrets_and_their_files_absolute(folder: Path) -> None:
    table = only_table(
        folder,
        "tables:\n  - {name: x, uri: s3://b/x, storage_options: {aws_access_key_id: AKIA1, "
        "aws_secret_access_key: env:KEY, token: file:secrets/token, region: env:REGION}}\n",
    )
    assert table.storage_options == {
        "aws_access_key_id": "AKIA1",
        "aws_secret_access_key": Secret("env:KEY"),
        "token": Secret(f"file:{folder}/secrets/token"),
        "region": Secret("env:REGION"),
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///a.db", "sqlite:///{folder}/a.db"),
        ("sqlite:////var/lib/a.db", "sqlite:////var/lib/a.db"),
        ("sqlite:///../a.db?timeout=5", "sqlite:///{parent}/a.db?timeout=5"),
        ("postgresql+psycopg://me@h:5432/db", "postgresql+psycopg://me@h:5432/db"),
    ],
)
def test_a_store_in_a_relative_file_lies_beside_the_configuration(
    folder: Path, written: str, meant: str
) -> None:
    found = settings(folder, f"store: {written}\ntables: []\n")
    assert found.store_url == meant.format(folder=folder, parent=folder.parent)


@pytest.mark.parametrize("written", ["env:STORE", "{url: env:STORE}"])
def test_a_store_may_be_a_reference(folder: Path, written: str) -> None:
    assert settings(folder, f"store: {written}\ntables: []\n").store_url == Secret("env:STORE")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("./lake/posts/", "{folder}/lake/posts"),
        ("/lake/posts", "/lake/posts"),
        ("../lake/a b%20c", "{parent}/lake/a b%20c"),
        ("file:///lake/a%20b", "/lake/a b"),
        ("s3://b/lake//posts/", "s3://b/lake/posts"),
        ("S3A://b/posts", "s3a://b/posts"),
        ("abfss://c@a.dfs.core.windows.net/t", "abfss://c@a.dfs.core.windows.net/t"),
        ("gs://b", "gs://b"),
    ],
)
def test_uris_are_made_absolute_and_lose_their_last_slash(
    folder: Path, written: str, meant: str
) -> None:
    table = only_table(folder, f"tables:\n  - {{name: x, uri: '{written}'}}\n")
    assert table.uri == meant.format(folder=folder, parent=folder.parent)


def test_a_relative_configuration_resolves_against_its_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "conf").mkdir()
    (folder / "conf" / "c.yaml").write_text("tables: [{name: x, uri: ./x}]\n")
    monkeypatch.chdir(folder)
    found = load(Path("conf/c.yaml"), KNOWN)
    assert found.path == folder / "conf" / "c.yaml"
    assert found.tables[0].uri == f"{folder}/conf/x"
    assert found.tables[0].place.file == "conf/c.yaml"


def test_stanzas_merge_with_those_of_the_defaults(folder: Path) -> None:
    found = settings(
        folder,
        """
defaults:
  monitors: {freshness: {event_time: at, scan: true}, ingestion: false}
tables:
  - {name: inherited, uri: ./a}
  - {name: own_field, uri: ./b, monitors: {freshness: {event_time: made}}}
  - {name: emptied, uri: ./c, monitors: {freshness: {event_time: }}}
  - {name: off, uri: ./d, monitors: {freshness: false}}
  - {name: on_again, uri: ./e, monitors: {freshness: , ingestion: true}}
""",
    )
    both = freshness.Config(event_time="at", scan=True)
    assert {table.name: table.monitors for table in found.tables} == {
        "inherited": {"freshness": both},
        "own_field": {"freshness": freshness.Config(event_time="made", scan=True)},
        "emptied": {"freshness": freshness.Config(event_time=None, scan=True)},
        "off": {},
        "on_again": {"freshness": both, "ingestion": ingestion.Config()},
    }


def test_a_glob_keeps_its_fixed_prefix_and_its_pattern(folder: Path) -> None:
    found = settings(
        folder,
        "tables:\n  - {glob: ./lake/**, owner: me}\n  - {glob: 's3://b/raw/*/events_?'}\n"
        "  - {glob: '*/posts'}\n",
    )
    assert [(glob.prefix, glob.pattern, glob.text) for glob in found.globs] == [
        (f"{folder}/lake", ("**",), f"{folder}/lake/**"),
        ("s3://b/raw", ("*", "events_?"), "s3://b/raw/*/events_?"),
        (str(folder), ("*", "posts"), f"{folder}/*/posts"),
    ]
    assert [glob.like.owner for glob in found.globs] == ["me", "", ""]


def test_anchors_and_merges_share_what_tables_have_in_common(folder: Path) -> None:
    found = settings(
        folder,
        """
tables:
  - &posts {name: posts, uri: ./posts, owner: me, tags: &tags [a, b]}
  - {<<: *posts, name: labels, uri: ./labels}
  - {<<: [{owner: you}, *posts], name: ids, uri: ./ids, tags: *tags}
""",
    )
    assert [(table.name, table.owner, table.tags) for table in found.tables] == [
        ("posts", "me", ("a", "b")),
        ("labels", "me", ("a", "b")),
        ("ids", "you", ("a", "b")),
    ]


def test_an_alias_may_stand_for_a_key(folder: Path) -> None:
    table = only_table(folder, "tables:\n  - {name: x, uri: ./x, &key owner: me, tags: [*key]}\n")
    assert (table.owner, table.tags) == ("me", ("owner",))
    table = only_table(folder, "tables:\n  - {name: x, uri: ./x, tags: [&key owner], *key : me}\n")
    assert table.owner == "me"


def test_text_that_yaml_1_1_would_turn_into_something_else_stays_text(folder: Path) -> None:
    table = only_table(
        folder,
        "tables:\n  - {name: no, uri: on, owner: 1:30, tags: [2024-01-01, 0x1F, 007, !!str 5]}\n",
    )
    assert (table.name, table.uri, table.owner) == ("no", f"{folder}/on", "1:30")
    assert table.tags == ("2024-01-01", "0x1F", "007", "5")


def test_a_description_may_hold_what_looks_like_a_template(folder: Path) -> None:
    table = only_table(folder, "tables:\n  - {name: x, uri: ./x, description: 'costs ${x}'}\n")
    assert table.description == "costs ${x}"


def test_a_file_may_begin_with_a_byte_order_mark_and_have_windows_lines(folder: Path) -> None:
    (folder / "c.yaml").write_bytes(b"\xef\xbb\xbfhttp:\r\n  prot: 1\r\ntables: []\r\n")
    (problem,) = check(folder / "c.yaml", KNOWN)
    assert (problem.line, problem.column, problem.field) == (2, 3, "http.prot")


def test_a_key_counts_its_column_in_characters(folder: Path) -> None:
    (folder / "c.yaml").write_text("tables:\n  - {name: 'Käthe 🎈', uri: ./x, tag: a}\n")
    (problem,) = check(folder / "c.yaml", KNOWN)
    assert (problem.line, problem.column, problem.field) == (2, 33, "tables[0].tag")


def test_an_alias_has_the_place_where_it_is_used(folder: Path) -> None:
    (folder / "c.yaml").write_text(
        "http: {host: &host somewhere}\ntables:\n  - {name: a, uri: ./a, tags: *host}\n"
    )
    (problem,) = check(folder / "c.yaml", KNOWN)
    assert (problem.line, problem.column, problem.field) == (3, 25, "tables[0].tags")
