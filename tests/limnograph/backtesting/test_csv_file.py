"""Series read from CSVs as people have them."""

import io
import tracemalloc
from pathlib import Path

import pytest

from limnograph.backtesting.csv_file import LISTED, read_csv, read_text
from limnograph.backtesting.series import Series
from monitors.errors import ConfigError

Pairs = list[tuple[str, float | None]]


def pairs(series: Series) -> Pairs:
    return [
        (f"{at:%d %H:%M}", value) for at, value in zip(series.times, series.values, strict=True)
    ]


def read(text: str) -> Series:
    return read_text(io.StringIO(text, newline=""), "x.csv")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read(text)
    return str(refused.value).splitlines()


TWO: Pairs = [("01 00:00", 5.0), ("02 00:00", 6.5)]


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,value\n2014-07-01,5\n2014-07-02,6.5\n",
        "2014-07-01,5\n2014-07-02,6.5\n",
        "2014-07-01,5\r\n2014-07-02,6.5",
        '"timestamp","value"\r\n"2014-07-01","5"\r\n"2014-07-02","6.5"\r\n',
        "value,ds\n5,2014-07-01\n6.5,2014-07-02\n",
        "Value , Time\n5, 2014-07-01\n6.5, 2014-07-02\n",
        "id,host,happened,cpu\n1,web,2014-07-01,5\n2,web,2014-07-02,6.5\n",
        "timestamp,is_anomaly,value\n2014-07-01,0,5\n2014-07-02,1,6.5\n",
        ",timestamp,value\n0,2014-07-01,5\n1,2014-07-02,6.5\n",
        ",0\n2014-07-01,5\n2014-07-02,6.5\n",
        "Datum;Wert\n2014-07-01;5\n2014-07-02;6,5\n",
        "sep=;\nDatum;Wert\n2014-07-01;5\n2014-07-02;6,5\n",
        "day\trows\n2014-07-01\t5\n2014-07-02\t6.5\n",
        "\n\ntimestamp,value\n\n2014-07-01,5\n , \n2014-07-02,6.5\n\n",
        "1404172800,5\n1404259200,6.5\n",
        "2014-07-01;5,0\n2014-07-02;6,5\n",
        "2014-07-01 00:00:00,000;5,0\n2014-07-02 00:00:00,000;6,5\n",
        "2014-07-01,5,a;b\n2014-07-02,6.5,c;d\n",
        "2014-07-01|5\n2014-07-02|6.5\n",
        "2014-07-01,5\r2014-07-02,6.5\r",
        "5,1404172800000\n6.5,1404259200000\n",
    ],
)
def test_one_series_in_many_forms(text: str) -> None:
    assert pairs(read(text)) == TWO


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_with_and_without_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "x.csv"
    file.write_text("timestamp,value,né\n2014-07-01,5,é\n2014-07-02,6.5,\n", encoding=encoding)
    assert pairs(read_csv(file)) == TWO


def test_a_column_in_another_encoding_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"timestamp,value,n\xe9\n2014-07-01,5,\xe9\n2014-07-02,6.5,\n")
    assert pairs(read_csv(file)) == TWO


def test_rows_keep_their_order_and_duplicates_stay() -> None:
    found = read("2014-07-02,7\n2014-07-01,5\n2014-07-02,8\n")
    assert pairs(found) == [("02 00:00", 7.0), ("01 00:00", 5.0), ("02 00:00", 8.0)]


def test_the_column_of_values_can_be_named() -> None:
    text = "at,id,cpu,Memory\n2014-07-01,1,9,5\n2014-07-02,2,9,6.5\n"
    guessed = read(text)
    assert pairs(guessed)[0] == ("01 00:00", 9.0)
    assert guessed.note == "the value is cpu; --column NAME takes another, such as Memory"
    for column in ("memory", "Memory "):
        found = read_text(io.StringIO(text), "x.csv", column=column)
        assert (pairs(found), found.note) == (TWO, "")
    with pytest.raises(ConfigError, match=r"no column is called 'memry'; did you mean 'memo"):
        read_text(io.StringIO(text), "x.csv", column="memry")
    no_names = text.partition("\n")[2]
    assert pairs(read_text(io.StringIO(no_names), "x.csv", column="4")) == TWO
    with pytest.raises(ConfigError, match="the columns have no names; give the number of one"):
        read_text(io.StringIO(no_names), "x.csv", column="memory")


def test_blank_values_are_unknown() -> None:
    found = read("timestamp,value\n2014-07-01,\n2014-07-02,NaN\n2014-07-03,0\n")
    assert [value for _, value in pairs(found)] == [None, None, 0.0]
    assert [value for _, value in pairs(read("2014-07-01,\n2014-07-02,\n"))] == [None, None]


def test_a_file_with_nothing_but_a_header_has_no_points() -> None:
    assert pairs(read("timestamp,value\n")) == []


def test_every_row_that_cannot_be_read_is_a_problem() -> None:
    mend = "write ISO 8601, such as 2026-03-01T06:00:00Z, or Unix time"
    found = problems(
        "timestamp,rows\n2014-07-01,inf\nsoon,3\n2014-07-03,x\n,4\n2014-07-04\n\n"
        '"2014-07-05","1\n2"\n2014-07-06,5\n2014-99-01,y\n'
    )
    assert found == [
        "x.csv:2: rows: 'inf' has no end; leave it blank where the value is unknown",
        f"x.csv:3: timestamp: 'soon' is no time; {mend}",
        "x.csv:4: rows: 'x' is no number; leave it blank where the value is unknown",
        "x.csv:5: timestamp: is missing; every row needs a time",
        "x.csv:6: rows: is missing; end the row with a separator where the value is unknown",
        "x.csv:8: rows: '1\\n2' is no number; leave it blank where the value is unknown",
        f"x.csv:11: timestamp: '2014-99-01' is no time of the calendar; {mend}",
        "x.csv:11: rows: 'y' is no number; leave it blank where the value is unknown",
    ]


def test_problems_are_listed_up_to_a_number() -> None:
    found = problems("timestamp,value\n" + "2014-07-01,x\n" * (LISTED + 1234))
    assert len(found) == LISTED + 1
    assert found[-1] == "x.csv: 1,234 more problems like these"


def test_a_first_row_that_cannot_be_read_is_no_header() -> None:
    assert problems("2014-07-01;1,234\n2014-07-02;2\n") == [
        "x.csv:1: column 2: '1,234' may be 1234 or 1.234; write it without a comma"
    ]
    assert problems("soon,1\n2014-07-02,2\n")[0].startswith("x.csv:1: column 1: 'soon' is no time")
    assert problems("2014-07-01,many\n2014-07-02,2\n")[0].startswith("x.csv:1: column 2: 'many'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "x.csv: is empty; give it rows such as 2026-03-01T06:00:00Z,1234"),
        ("\n \n", "x.csv: is empty; give it rows such as 2026-03-01T06:00:00Z,1234"),
        (
            "name,value\na,1\n",
            "x.csv: no column holds times (the columns are 'name', 'value'); give it the columns "
            "timestamp and value, such as 2026-03-01T06:00:00Z,1234",
        ),
        (
            "2014-07-01,a,b\n",
            "x.csv: no column holds numbers (the first rows have no header); give it the columns "
            "timestamp and value, such as 2026-03-01T06:00:00Z,1234",
        ),
        (
            'timestamp,value\n2014-07-01,1\n"2014-07-02,2\n2014-07-03,3\n',
            "x.csv: unexpected end of data; look for a quotation mark that is not closed",
        ),
    ],
)
def test_files_that_hold_no_series(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_bytes_that_are_no_text_are_refused_in_one_printable_line(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(bytes(range(256)) * 50)
    with pytest.raises(ConfigError) as refused:
        read_csv(file)
    assert len(str(refused.value)) < 2000
    assert str(refused.value).isprintable()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nope.csv: No such file or directory; name a CSV, or -"):
        read_csv(tmp_path / "nope.csv")
    with pytest.raises(ConfigError, match="Is a directory; name a CSV, or - for stdin"):
        read_csv(tmp_path)


@pytest.mark.slow
def test_many_rows_need_no_more_than_what_they_hold(tmp_path: Path) -> None:
    file, rows = tmp_path / "x.csv", 200_000
    with file.open("w") as lines:
        lines.writelines(f"{1_404_172_800 + 60 * n},{n}.25,of no use\n" for n in range(rows))
    tracemalloc.start()
    try:
        found = read_csv(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.times) == len(found.values) == rows
    assert peak < 150 * rows  # a datetime, a float and a place in two lists
