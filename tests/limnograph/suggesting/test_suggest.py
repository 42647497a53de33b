"""What real tables suggest: it passes on them, their history bears it out, it tells of nobody."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.settings import TableSettings, load
from monitors.errors import UnreadableError
from tests.limnograph.suggesting.tables import (
    NOW,
    UTC_TIME,
    check,
    configured,
    dropped,
    ids,
    not_passing,
    numbered,
    row_verdicts,
    suggestions,
    written,
)

pytestmark = pytest.mark.slow

LANGUAGES = ("de", "en", "fr")


def posts(commits: int = 20, rows: int = 40) -> list[pa.Table]:
    return numbered(
        commits,
        rows,
        uid=lambda n, _: str(uuid.UUID(int=n * 7919 << 64)),
        lang=lambda n, _: LANGUAGES[n % 3],
        email=lambda n, _: f"anna.{n}@example.org",
        score=lambda n, _: (n * 37 % 100) / 99,
        price=lambda n, _: 1.5 + n * 31 % 97,
        temperature=lambda n, _: (n * 31 % 97) / 4 - 10,
        meta=lambda n, _: f'{{"n": {n}}}',
        day=lambda n, _: f"2026-01-{1 + n % 28:02}",
        body=lambda n, _: "word " * (1 + n % 40),
    )


def test_a_clean_table_gets_checks_that_load_and_pass_on_it(tmp_path: Path) -> None:
    made = suggestions(written(tmp_path / "posts", posts()))
    table = configured(tmp_path, made)
    assert [one.id for one in table.checks] == ids(made)
    assert not_passing(row_verdicts(table)) == {}
    assert check(made, "id-unique") == {"type": "unique", "columns": ["id"]}
    assert check(made, "lang-values")["value_set"] == ["de", "en", "fr"]
    assert check(made, "score-share") == {
        "type": "expect_column_values_to_be_between",
        "column": "score",
        "min_value": 0,
        "max_value": 1,
    }
    wanted = {
        "schema", "fresh", "rows-not-shrinking", "id-not-null", "uid-uuid", "email-email",
        "price-range", "temperature-range", "meta-json", "day-format", "body-length",
    }  # fmt: skip
    assert wanted - set(ids(made)) == set()
    assert list(dropped(made)) == ["rows-by-day"]
    assert dropped(made)["rows-by-day"].startswith("not_assessed: history is ")


def test_each_check_says_why_and_what_the_newest_commits_would_have_made_of_it(
    tmp_path: Path,
) -> None:
    made = suggestions(written(tmp_path / "posts", posts()))
    assert made.header == [
        f"posts: {len(made.proposals)} checks, from 800 of 800 rows in 20 of 20 files, version "
        "19; the newest 20 % of the commits, from version 16 on, were held out to estimate "
        "false alarms."
    ]
    assert (
        "  # 3 values in 800 rows, each in at least 266.\n"
        "  # It would have failed on 0 of 4 newer commits: under 1 alarm in 1d.\n"
        "  - type: expect_column_values_to_be_in_set\n"
        "    id: lang-values\n"
        "    severity: warning\n"
        "    column: lang\n"
        "    value_set: [de, en, fr]\n"
    ) in made.yaml
    assert "  # 0 nulls in all 800 rows.\n" in made.yaml
    severity = {one.id: one.fields["severity"] for one in made.proposals}
    assert (severity["id-not-null"], severity["lang-not-null"]) == ("critical", "warning")


def test_no_value_of_a_person_is_told(tmp_path: Path) -> None:
    names = ("Berta", "Cosmo", "Dorte")
    commits = numbered(
        10,
        30,
        first_name=lambda n, _: names[n % 3],
        city=lambda n, _: ("Ulm", "Jena")[n % 2],
        api_token=lambda n, _: ("t0psecret", "t1psecret")[n % 2],
        salary=lambda n, _: 51_234 + 10 * (n % 9),
        contact=lambda n, _: ("eva@example.org", "max@example.org")[n % 2],
        hotline=lambda n, _: ("+49 731 5550100", "+49 731 5550101")[n % 2],
    )
    made = suggestions(written(tmp_path / "people", commits))
    text = made.yaml + str(made.dropped)
    for secret in (*names, "Ulm", "secret", "51", "eva", "5550"):
        assert secret not in text.replace(made.header[0], "")
    assert "first_name-not-null" in ids(made)


def test_numbers_that_move_get_no_range(tmp_path: Path) -> None:
    commits = numbered(
        20, 40, level=lambda n, c: c * 10.0 - 50 + n % 7, still=lambda n, _: n % 89 - 44.5
    )
    made = suggestions(written(tmp_path / "t", commits))
    assert "still-range" in ids(made)
    assert "level-range" not in ids(made)
    assert dropped(made)["level-range"] == ("its values move: newer ones go beyond all before them")


def test_a_range_that_newer_values_left_by_far_is_dropped(tmp_path: Path) -> None:
    commits = numbered(20, 40, x=lambda n, c: (n % 50) - 25 + (5000 if c == 18 and n == 730 else 0))
    made = suggestions(written(tmp_path / "t", commits))
    assert dropped(made)["x-range"] == (
        "it would have failed on 1 of 4 newer commits, also when widened"
    )
    assert "x-range" not in ids(made)


def test_a_range_that_newer_values_left_a_little_is_widened_once(tmp_path: Path) -> None:
    commits = numbered(20, 40, x=lambda n, c: (n % 50) - 25 + (120 if c == 18 and n == 730 else 0))
    made = suggestions(written(tmp_path / "t", commits))
    one = next(one for one in made.proposals if one.id == "x-range")
    assert one.why[-1] == (
        "Widened once more: as it was before, it would have failed on 1 of 4 newer commits."
    )
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}


def test_values_of_which_new_ones_come_are_no_set(tmp_path: Path) -> None:
    commits = numbered(
        20, 40, kind=lambda n, c: "new" if c == 18 and n % 4 == 0 else ("a", "b")[n % 2]
    )
    made = suggestions(written(tmp_path / "t", commits))
    assert "kind-values" not in ids(made)
    assert dropped(made)["kind-values"] == "it would have failed on 1 of 4 newer commits"


def test_a_null_that_only_the_log_tells_of_refutes_not_null(tmp_path: Path) -> None:
    commits = numbered(10, 200, x=lambda n, _: None if n == 1003 else n % 90)
    made = suggestions(written(tmp_path / "t", commits), rows=100)
    assert made.rows.looked.rows == 100
    assert "id-not-null" in ids(made)
    assert not any(id.startswith("x-not-null") for id in ids(made))
    assert "# 0 nulls in 100 rows of 10 files; the log says 0 in all 2,000." in made.yaml


def test_bounds_reach_as_far_as_the_log_says(tmp_path: Path) -> None:
    commits = numbered(10, 200, x=lambda n, _: -70_000 if n == 3 else n % 90 - 45)
    made = suggestions(written(tmp_path / "t", commits), rows=300)
    assert check(made, "x-range")["min_value"] <= -70_000
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}


def test_a_key_that_repeats_beyond_the_sample_is_no_key(tmp_path: Path) -> None:
    commits = numbered(10, 200)
    rows = commits[5]
    commits[5] = pa.concat_tables([rows.slice(0, 10), rows.slice(11, 1), rows.slice(11)])
    made = suggestions(written(tmp_path / "t", commits), rows=60)
    assert "id-unique" not in ids(made)
    assert dropped(made)["id-unique"].startswith("of all 2,000 rows 1 repeat a key")
    clean = suggestions(written(tmp_path / "u", numbered(10, 200)), rows=60)
    one = next(one for one in clean.proposals if one.id == "id-unique")
    assert one.why[0].endswith("Each occurs once in all 2,000 rows, by counting them.")


def test_columns_of_every_type_and_name_pass_where_they_suggest_something(tmp_path: Path) -> None:
    commits = []
    for commit in range(8):
        ns = range(commit * 30, commit * 30 + 30)
        commits.append(
            pa.table(
                {
                    "id": pa.array(ns, pa.int64()),
                    'a "quoted" `word`': [f"v{n % 3}" for n in ns],
                    "with.dot": [n % 50 for n in ns],
                    "größe (cm)": [n % 60 / 8 for n in ns],
                    "日本": [n % 7 - 3.5 for n in ns],
                    "on": [("yes", "no", "null")[n % 3] for n in ns],
                    "nothing": pa.nulls(30, pa.string()),
                    "sometimes": [n if n % 4 else None for n in ns],
                    "amount": pa.array([Decimal(n) / 100 for n in ns], pa.decimal128(12, 2)),
                    "debt": pa.array([Decimal(n % 40 - 20) / 8 for n in ns], pa.decimal128(20, 6)),
                    "on_day": [date(2026, 1, 1) + timedelta(days=n) for n in ns],
                    "seen_at": pa.array(
                        [NOW.replace(tzinfo=None) - timedelta(hours=n) for n in ns],
                        pa.timestamp("us"),
                    ),
                    "created_at": pa.array([NOW - timedelta(hours=n) for n in ns], UTC_TIME),
                    "updated_at": pa.array([NOW - timedelta(hours=n / 2) for n in ns], UTC_TIME),
                    "ok": [n % 2 == 0 for n in ns],
                    "raw": [bytes([n % 256]) for n in ns],
                    "tags": [["x"] * (n % 3) for n in ns],
                    "place": [{"lat": 1.0, "name": "z"} for _ in ns],
                    "odd": [float("nan") if n % 9 == 0 else n / 3 - 20 for n in ns],
                    "endless": [float("inf") if n == 5 else float(n) for n in ns],
                    "small": pa.array([n % 11 - 5 for n in ns], pa.int8()),
                    "single": pa.array([n / 7 - 3 for n in ns], pa.float32()),
                }
            )
        )
    made = suggestions(written(tmp_path / "t", commits))
    found = ids(made)
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}
    for id in ("with_dot-range", "a_quoted_word-values", "grosse_cm-range", "on-values",
               "amount-not-negative", "debt-range", "on_day-not-null", "seen_at-not-in-future",
               "created_at-before-updated_at", "raw-not-null", "tags-not-null", "ok-not-null",
               "sometimes-mostly-set"):  # fmt: skip
        assert id in found, dropped(made).get(id)
    assert not any(id.startswith(("nothing", "endless-r", "ok-v")) for id in found)
    assert len(set(found)) == len(found)


def test_partition_columns_and_deleted_rows_are_seen(tmp_path: Path) -> None:
    commits = numbered(8, 40, lang=lambda n, _: LANGUAGES[n % 3], x=lambda n, _: n % 9 - 4)
    path = written(tmp_path / "t", commits, partition_by=["lang"])
    DeltaTable(str(path)).delete("x = 4")
    made = suggestions(path)
    assert made.total == 320 - len([n for n in range(320) if n % 9 - 4 == 4])
    assert "lang-values" in ids(made)
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}
    assert "rows-not-shrinking" not in ids(made)


def test_keys_of_another_table_are_suggested_where_they_all_exist(tmp_path: Path) -> None:
    authors, lost = (tmp_path / name for name in ("authors", "labels"))
    write_deltalake(str(authors), pa.table({"id": list(range(20))}))
    write_deltalake(str(lost), pa.table({"id": list(range(5))}))
    commits = numbered(8, 40, author_id=lambda n, _: n % 20, label_id=lambda n, _: n % 9)
    path = written(tmp_path / "posts", commits)
    others = tuple(TableSettings(f"main.{one.name}", str(one)) for one in (authors, lost))
    made = suggestions(path, others=others)
    assert check(made, "author_id-in-authors") == {
        "type": "references",
        "columns": ["author_id"],
        "table": "main.authors",
        "to": ["id"],
    }
    assert "label_id-in-labels" not in ids(made)
    stanza = "".join(f"  - name: {one.name}\n    uri: {one.uri}\n" for one in others)
    table = configured(tmp_path, made, stanza)
    assert not_passing(row_verdicts(table, {one.name: one for one in others})) == {}


def test_a_parent_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "posts", numbered(6, 40, author_id=lambda n, _: n % 20))
    made = suggestions(path, others=(TableSettings("authors", str(tmp_path / "none")),))
    assert not any("authors" in id for id in ids(made))


def test_one_commit_is_too_short_a_history_to_hold_anything_out(tmp_path: Path) -> None:
    made = suggestions(written(tmp_path / "posts", posts(1, 200)))
    assert "no false alarms are estimated: 1 commit has live rows of their own" in made.header[0]
    assert all(one.alarms is None for one in made.proposals)
    assert {"schema", "id-unique", "lang-values"} <= set(ids(made))
    assert not {"fresh", "rows-by-day", "rows-not-shrinking"} & set(ids(made))
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}
    assert made.notes == ("one commit tells nothing of when data comes, nor of how much is usual",)


def test_a_few_rows_suggest_little(tmp_path: Path) -> None:
    assert ids(suggestions(written(tmp_path / "t", posts(1, 3)))) == ["schema"]


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    write_deltalake(str(path), pa.table({"id": pa.array([], pa.int64())}))
    with pytest.raises(UnreadableError, match="holds no rows, so nothing can be learned from it"):
        suggestions(path)
    full = written(tmp_path / "full", posts(2, 10))
    DeltaTable(str(full)).delete()
    with pytest.raises(UnreadableError, match="holds no rows"):
        suggestions(full)


def test_a_folder_that_is_no_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        suggestions(tmp_path / "nothing")


def test_without_great_expectations_only_our_own_kinds_are_suggested(tmp_path: Path) -> None:
    made = suggestions(written(tmp_path / "posts", posts()), expectations=False)
    kinds = {str(one.fields["type"]) for one in made.proposals}
    assert kinds == {"schema", "freshness", "threshold", "sql_rule", "unique"}
    assert {"id-not-null", "lang-values", "price-range", "body-length"} <= set(ids(made))
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}
    assert made.notes == (
        "great-expectations is not installed, so only our own kinds are suggested; "
        "pip install great-expectations brings the others",
    )


def test_what_is_there_is_not_suggested_again(tmp_path: Path) -> None:
    path = written(tmp_path / "posts", posts())
    first = suggestions(path)
    table = configured(tmp_path, first)
    assert ids(suggestions(path, table=table)) == []
    fewer = tuple(one for one in table.checks if one.id not in ("lang-values", "price-range"))
    again = suggestions(path, table=replace(table, checks=fewer))
    assert ids(again) == ["lang-values", "price-range"]


def test_an_id_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    path = written(tmp_path / "posts", posts(6))
    file = tmp_path / "limnograph.yaml"
    file.write_text(
        "store: sqlite:///s.db\n"
        f"tables:\n  - name: posts\n    uri: {path}\n    checks:\n"
        "      - {type: sql_rule, id: id-unique, bad_rows: id < 0}\n"
        "      - {type: sql_rule, id: mine, bad_rows: ID is  NULL}\n"
    )
    made = suggestions(path, table=load(file).tables[0])
    assert "id-unique-2" in ids(made)
    assert "id-not-null" not in ids(made)


def test_only_what_came_since_a_time_is_learned_from(tmp_path: Path) -> None:
    commits = numbered(20, 40, kind=lambda n, c: ("a", "b")[n % 2] if c < 10 else ("x", "y")[n % 2])
    path = written(tmp_path / "t", commits)
    made = suggestions(path, since=NOW - timedelta(hours=61))
    assert made.total == 400
    assert check(made, "kind-values")["value_set"] == ["x", "y"]
    with pytest.raises(UnreadableError, match="holds no rows that came since then"):
        suggestions(path, since=NOW)


def test_rows_that_were_compacted_are_nowhere_new(tmp_path: Path) -> None:
    path = written(tmp_path / "posts", posts(10))
    DeltaTable(str(path)).optimize.compact()
    made = suggestions(path)
    assert made.rows.halves.first is None
    assert "no false alarms are estimated: 0 commits have live rows of their own" in made.header[0]
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}


def test_values_that_yaml_cannot_hold_are_left_out(tmp_path: Path) -> None:
    commits = numbered(6, 40, mood=lambda n, _: ("😀 a: b", "plain")[n % 2])
    made = suggestions(written(tmp_path / "t", commits))
    assert not_passing(row_verdicts(configured(tmp_path, made))) == {}
    assert ("mood-values" in ids(made)) != ("mood-values" in dropped(made))
