import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporters.prometheus import (
    family,
    line_writer,
    openmetrics_head,
    over_budget,
    text_head,
    visible,
)
from monitors.core import TABLE_LABELS, Metric

ROWS = Metric("lakehouse_table_rows", "Live rows.", labels=TABLE_LABELS, unit="rows")
CHANGES = Metric(
    "lakehouse_table_row_changes_total",
    'Rows "changed",\nby \\ kind.',
    kind="counter",
    labels=(*TABLE_LABELS, "change"),
    unit="rows",
)
BYTES = Metric("lakehouse_received_bytes_total", "Bytes.", kind="counter", unit="bytes")


def test_what_is_current_is_shown_whole() -> None:
    samples = (("lakehouse_table_rows", ("", "", "t"), 1.0),)
    assert visible(samples, current=True) == samples


def test_of_what_is_not_current_only_counters_and_timestamps_stay() -> None:
    names = (
        "lakehouse_table_rows",
        "lakehouse_table_row_changes_total",
        "lakehouse_table_last_commit_timestamp_seconds",
        "lakehouse_table_delay_seconds",
    )
    shown = visible([(name, (), 1.0) for name in names], current=False)
    assert [name for name, _, _ in shown] == [names[1], names[2]]


def test_a_line_has_its_labels_by_name() -> None:
    assert line_writer(CHANGES)(("c", "s", "t", "insert"), 3) == (
        'lakehouse_table_row_changes_total{catalog="c",change="insert",schema="s",table="t"} 3.0\n'
    )


def test_a_line_without_labels_has_no_braces() -> None:
    assert line_writer(BYTES)((), 0) == "lakehouse_received_bytes_total 0.0\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.0"),
        (0.1, "0.1"),
        (999999, "999999.0"),
        (12345678, "1.2345678e+07"),
        (1772366400.25, "1.77236640025e+09"),
        (1e21, "1e+21"),
        (-12345678, "-12345678.0"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_floats_are_written_as_by_prometheus_client(value: float, text: str) -> None:
    assert line_writer(BYTES)((), value) == f"lakehouse_received_bytes_total {text}\n"


@pytest.mark.parametrize(
    "label", ['a"b', "a\\b", "a\nb", 'a\\"b', "\\n", "", " ", "día", "表", "%s", "{a}", "a,b=c"]
)
def test_every_label_is_read_back_as_it_was(label: str) -> None:
    line = line_writer(ROWS)(("c", label, "t"), 1)
    assert line.count("\n") == 1
    (found,) = text_string_to_metric_families(line)
    assert found.samples[0].labels == {"catalog": "c", "schema": label, "table": "t"}


def test_the_heads_of_a_gauge() -> None:
    assert text_head(ROWS) == (
        b"# HELP lakehouse_table_rows Live rows.\n# TYPE lakehouse_table_rows gauge\n"
    )
    assert openmetrics_head(ROWS) == (
        b"# HELP lakehouse_table_rows Live rows.\n"
        b"# TYPE lakehouse_table_rows gauge\n"
        b"# UNIT lakehouse_table_rows rows\n"
    )


def test_the_heads_of_a_counter_whose_unit_is_not_in_its_name() -> None:
    assert text_head(CHANGES) == (
        b'# HELP lakehouse_table_row_changes_total Rows "changed",\\nby \\\\ kind.\n'
        b"# TYPE lakehouse_table_row_changes_total counter\n"
    )
    assert openmetrics_head(CHANGES) == (
        b'# HELP lakehouse_table_row_changes Rows \\"changed\\",\\nby \\\\ kind.\n'
        b"# TYPE lakehouse_table_row_changes counter\n"
    )


def test_the_unit_of_a_counter_stands_before_total() -> None:
    assert openmetrics_head(BYTES).splitlines()[1:] == [
        b"# TYPE lakehouse_received_bytes counter",
        b"# UNIT lakehouse_received_bytes bytes",
    ]


def test_a_family_of_prometheus_client_has_the_same_names() -> None:
    counter = family(CHANGES, [(CHANGES.name, ("c", "s", "t", "insert"), 3.0)])
    assert (counter.name, counter.type, counter.unit) == (
        "lakehouse_table_row_changes",
        "counter",
        "",
    )
    assert [(s.name, s.value) for s in counter.samples] == [(CHANGES.name, 3.0)]


A, B, C, D = (
    Metric("lakehouse_a", "A.", drop_rank=1),
    Metric("lakehouse_b", "B.", drop_rank=3),
    Metric("lakehouse_c", "C.", drop_rank=1),
    Metric("lakehouse_d", "D."),
)
SERIES = {"lakehouse_a": 10, "lakehouse_b": 10, "lakehouse_c": 10, "lakehouse_d": 10}


@pytest.mark.parametrize(
    ("limit", "dropped"),
    [
        (None, ()),
        (40, ()),
        (39, ("lakehouse_b",)),
        (30, ("lakehouse_b",)),
        (29, ("lakehouse_b", "lakehouse_a")),
        (10, ("lakehouse_b", "lakehouse_a", "lakehouse_c")),
        (0, ("lakehouse_b", "lakehouse_a", "lakehouse_c", "lakehouse_d")),
    ],
)
def test_whole_families_go_until_the_rest_fits(limit: int | None, dropped: tuple[str, ...]) -> None:
    assert over_budget(SERIES, [D, C, B, A], limit) == dropped


def test_a_family_without_series_is_not_dropped() -> None:
    assert over_budget({"lakehouse_a": 2}, [A, B], 1) == ("lakehouse_a",)
