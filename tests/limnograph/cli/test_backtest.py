"""`limnograph backtest` as people call it."""

import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.limnograph.cli.conftest import Command, Ended
from tests.limnograph.cli.written_history import dated

pytestmark = pytest.mark.wide

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
DAYS = 90
DROP, SPIKE = 60, 75


def rows() -> Iterator[tuple[datetime, int]]:
    """A value a day, weekends low, with a day without any rows and one with four times as many."""
    drawn = random.Random(3)
    for day in range(DAYS):
        at = START + timedelta(days=day)
        value = drawn.lognormvariate(9, 0.07) * (0.4 if at.weekday() > 4 else 1)
        yield at, round(value * {DROP: 0, SPIKE: 4}.get(day, 1))


@pytest.fixture
def csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the working directory, which holds no configuration."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "counts.csv"
    lines = "".join(f"{at:%Y-%m-%d %H:%M:%S},{value}\n" for at, value in rows())
    file.write_text(f"timestamp,value\n{lines}")
    return file


def document(ended: Ended) -> dict[str, Any]:
    assert (ended.code, ended.err) == (0, "")
    found: dict[str, Any] = json.loads(ended.out)
    return found


def flagged(ended: Ended) -> list[str]:
    return [point["timestamp"][:10] for point in document(ended)["points"] if point["flag"]]


BAD_DAYS = [f"{START + timedelta(days=day):%Y-%m-%d}" for day in (DROP, SPIKE)]


def test_a_file_as_a_document(csv: Path, command: Command) -> None:
    found = document(command("backtest", "counts.csv", "-o", "json"))
    assert list(found) == [
        *("schema_version", "source", "time_zone", "cadence_seconds", "false_alarms", "summary"),
        "points",
    ]
    assert (found["source"], found["cadence_seconds"]) == ("counts.csv", 86400.0)
    assert [(point["timestamp"], point["value"]) for point in found["points"]] == [
        (f"{at:%Y-%m-%dT%H:%M:%SZ}", value) for at, value in rows()
    ]
    assert all(0 <= point["score"] <= 1 for point in found["points"])
    assert not any(p["flag"] for p in found["points"] if p["state"] == "learning")
    assert [p["timestamp"][:10] for p in found["points"] if p["flag"]] == BAD_DAYS
    assert (found["summary"]["flagged"], found["summary"]["alarms"]) == (2, 2)


def test_a_file_as_a_table(csv: Path, command: Command) -> None:
    ended = command("backtest", "counts.csv")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "counts.csv"
    assert [line[:10] for line in lines if line[:4] == "2026"] == BAD_DAYS
    assert "90 points, one every 1 d" in lines
    assert lines[-1].startswith("2 points flagged, in 2 alarms: ")


def test_rows_of_stdin_keep_their_order(
    csv: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, *lines = csv.read_text().splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    mixed = io.TextIOWrapper(io.BytesIO("".join([head, *lines]).encode()))
    monkeypatch.setattr(sys, "stdin", mixed)
    found = document(command("backtest", "-", "-o", "json"))
    assert found["source"] == "stdin"
    assert [p["timestamp"][:10] for p in found["points"]] == [line[:10] for line in lines]
    assert sorted(p["timestamp"][:10] for p in found["points"] if p["flag"]) == BAD_DAYS


@pytest.mark.slow
def test_it_reads_from_a_pipe(csv: Path) -> None:
    program = [sys.executable, "-m", "limnograph", "backtest", "-", "-o", "json"]
    done = subprocess.run(program, input=csv.read_bytes(), capture_output=True, check=True)
    assert json.loads(done.stdout)["summary"]["points"] == DAYS


@pytest.mark.slow
def test_options_tune_what_is_flagged(csv: Path, command: Command) -> None:
    def of(*options: str) -> list[str]:
        return flagged(command("backtest", "counts.csv", "-o", "json", *options))

    assert of("--side", "low") == BAD_DAYS[:1]
    assert of("--side", "high") == BAD_DAYS[1:]
    assert of("--since", "2026-03-10") == BAD_DAYS[1:]
    assert of("--until", BAD_DAYS[0]) == BAD_DAYS[:1]
    assert of("--until", f"{BAD_DAYS[0]}T00:00:00Z") == []
    assert of("--max", "1e6", "--min", "0", "--floor", "1000") == []
    below = [f"{at:%Y-%m-%d}" for at, value in rows() if value < 5000 and at.weekday() > 4]
    assert set(below) <= set(of("--min", "5000"))
    assert of("--min", "5000")[0] == below[0]  # declared bounds need no history


def test_a_window_limits_what_is_told_and_not_what_is_learned(csv: Path, command: Command) -> None:
    told = document(
        command(
            "backtest", "counts.csv", "-o", "json", "--since", BAD_DAYS[0], "--until", "2026-03-31"
        )
    )
    whole = document(command("backtest", "counts.csv", "-o", "json"))["points"]
    assert told["points"] == whole[DROP : DROP + 26]


@pytest.mark.slow
def test_a_sweep_says_what_each_sensitivity_would_cost(csv: Path, command: Command) -> None:
    found = document(command("backtest", "counts.csv", "-o", "json", "--sweep", "0.1, 1,100"))
    assert [one["false_alarms"] for one in found["sweep"]] == [0.1, 1.0, 100.0]
    counts = [one["flagged"] for one in found["sweep"]]
    assert counts == sorted(counts)
    assert counts[1] == found["summary"]["flagged"]
    table = command("backtest", "counts.csv", "--sweep", "0.1,1").out
    assert "False alarms expected" in table


def test_a_short_history_says_what_is_missing(csv: Path, command: Command) -> None:
    csv.write_text("2026-01-01,5\n2026-01-02,6\n")
    out = command("backtest", "counts.csv").out.splitlines()
    assert out[-1].startswith("nothing was judged: history is ")


@pytest.mark.slow
def test_plots_and_files_are_written(csv: Path, command: Command, tmp_path: Path) -> None:
    ended = command(
        *("backtest", "counts.csv", "--plot", "a.png", "--plot", "b.svg", "--plot", "c.HTML"),
        *("--output-file", "json=d.json", "--output-file", "table=e.txt"),
    )
    assert (ended.code, ended.err) == (0, "")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "c.HTML").read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "d.json").read_text())["summary"]["flagged"] == 2
    assert (tmp_path / "e.txt").read_text() == ended.out


def test_rows_that_cannot_be_read_end_it_with_2(csv: Path, command: Command) -> None:
    csv.write_text("timestamp,value\n2026-01-01,5\nsoon,6\n2026-01-03,inf\n")
    ended = command("backtest", "counts.csv", "-o", "json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "counts.csv:3: timestamp: 'soon' is no time; write ISO 8601, such as 2026-03-01T06:00:00Z, "
        "or Unix time",
        "counts.csv:4: value: 'inf' has no end; leave it blank where the value is unknown",
    ]


def test_a_guessed_column_is_told_on_stderr(csv: Path, command: Command) -> None:
    csv.write_text("timestamp,cpu,mem\n2026-01-01,5,7\n")
    ended = command("backtest", "counts.csv", "-o", "json")
    assert ended.err == "limnograph: the value is cpu; --column NAME takes another, such as mem\n"
    assert json.loads(ended.out)["points"][0]["value"] == 5.0
    found = document(command("backtest", "counts.csv", "-o", "json", "--column", "mem"))
    assert found["points"][0]["value"] == 7.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a CSV (- for stdin), or a table by --table"),
        (("nope.csv",), "nope.csv: No such file or directory; name a CSV, or - for stdin"),
        (("counts.csv", "--table", "x"), "goes with --table, not with a FILE"),
        (("counts.csv", "--check", "x"), "goes with --table, not with a FILE"),
        (("counts.csv", "--label", "a=b"), "goes with --table, not with a FILE"),
        (("--table", "x", "--column", "y"), "goes with a FILE; see --metric"),
        (("--table", "x", "--time-zone", "UTC"), "a table has its own"),
        (("--table", "x", "--label", "b"), "'b' is not NAME=VALUE"),
        (("counts.csv", "--time-zone", "Europe/Berln"), "did you mean 'Europe/Berlin'?"),
        (("counts.csv", "--holidays", "XX"), "--holidays: 'XX' is neither a date nor a known"),
        (("counts.csv", "--min", "5", "--max", "3"), "min (5) is greater than max (3)"),
        (("counts.csv", "--min", "nan"), "--min: nan is no bound; leave it out"),
        (("counts.csv", "--false-alarms", "0"), "--false-alarms: Input should be greater than 0"),
        (("counts.csv", "--floor", "-1"), "'--floor'"),
        (("counts.csv", "--sweep", "1,nan"), "is no list of numbers above 0"),
        (("counts.csv", "--sweep", ""), "is no list of numbers above 0"),
        (("counts.csv", "--since", "v12"), "'v12' is no time; write a day (2026-11-27)"),
        (
            ("counts.csv", "--since", "2026-02-01", "--until", "2026-01-01"),
            "2026-02-01 does not lie before 2026-01-01",
        ),
        (("counts.csv", "--plot", "x.pdf"), "end it with .png, .svg or .html"),
        (("counts.csv", "--plot", "nope/x.svg"), "cannot write nope/x.svg: No such file"),
        (("counts.csv", "--output-file", "x"), "write table=PATH or json=PATH"),
        (("counts.csv", "--output-file", "json=nope/x"), "cannot write nope/x: No such file"),
    ],
)
def test_what_cannot_be_understood_ends_it_with_2(
    csv: Path, command: Command, arguments: tuple[str, ...], said: str
) -> None:
    ended = command("backtest", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())


def test_holidays_are_days_like_no_other(csv: Path, command: Command) -> None:
    day = BAD_DAYS[0]
    for holidays in ((day, "DE-BY"), (f"US-CA,{day}",)):
        options = [part for each in holidays for part in ("--holidays", each)]
        assert BAD_DAYS[1] in flagged(command("backtest", "counts.csv", "-o", "json", *options))


# What is stored


@pytest.fixture
def read(folder: Path, command: Command) -> Path:
    """A folder whose table has a commit a day, read once."""
    lines = [
        "store: sqlite:///limnograph.db",
        "tables:",
        "  - name: main.bronze.posts",
        "    uri: lake/daily",
        "    checks:",
        "      - {type: volume, id: posts-a-day, side: low}",
        "      - {type: freshness, id: fresh, max_age: 100d}",
    ]
    (folder / "limnograph.yaml").write_text("\n".join(lines) + "\n")
    path = folder / "lake" / "daily"
    times = [
        datetime.now(UTC).replace(hour=9, minute=0) - timedelta(days=back)
        for back in range(40, 0, -1)
    ]
    for number in range(len(times)):
        count = 1 if number == 35 else 50 + number % 3
        write_deltalake(str(path), pa.table({"id": list(range(count))}), mode="append")
    dated(path, times)
    assert command("run", "--log-level", "error").code == 0
    return folder


@pytest.mark.slow
def test_the_rows_and_gauges_of_a_table(read: Path, command: Command) -> None:
    table = ("backtest", "--table", "main.bronze.posts", "-o", "json")
    found = document(command(*table))
    assert found["source"] == "main.bronze.posts rows_written by day"
    values = [point["value"] for point in found["points"]]
    assert values[:4] == [50, 51, 52, 50]
    assert values[35] == 1
    assert [n for n, point in enumerate(found["points"]) if point["flag"]] == [35]
    hours = document(command(*table, "--grain", "hour", "--metric", "rows_inserted"))
    assert hours["cadence_seconds"] == 3600.0
    assert sum(point["value"] for point in hours["points"]) == sum(values)
    gauge = document(command(*table, "--metric", "table_rows"))
    assert gauge["points"][-1]["value"] == sum(values)
    check = document(command(*table, "--check", "posts-a-day"))
    assert [point["upper"] for point in check["points"]] == [None] * len(check["points"])


@pytest.mark.slow
def test_what_is_not_stored_is_said(read: Path, command: Command) -> None:
    def said(*options: str) -> tuple[int, str]:
        ended = command("backtest", *options)
        return ended.code, ended.err

    code, err = said("--table", "main.bronze.post")
    assert code == 2
    assert "'main.bronze.post' is no table of the configuration; did you mean" in err
    code, err = said("--table", "main.bronze.posts", "--metric", "rows_writen")
    assert code == 2
    assert "did you mean 'rows_written'? there is rows_written, rows_inserted, " in err
    code, err = said("--table", "main.bronze.posts", "--check", "posts")
    assert code == 2
    assert "main.bronze.posts has no check 'posts'" in err
    code, err = said("--table", "main.bronze.posts", "--check", "fresh")
    assert code == 2
    assert "'fresh' is a freshness check, and only volume checks learn; see what it" in err


def test_a_table_that_was_never_read_ends_it_with_4(folder: Path, command: Command) -> None:
    ended = command("backtest", "--table", "main.bronze.posts")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err == (
        "limnograph: main.bronze.posts: no complete day of commits is stored; let `limnograph run` "
        "read the table, and the time pass\n"
    )
