import gzip
import random
from collections.abc import Callable, Iterable

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client import Metric as ClientMetric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporters.exposition import Exposition, Format, Rendered, StoredCollector
from exporters.prometheus import SERIES_DROPPED, Sample
from monitors.core import TABLE_LABELS, Metric

generate_openmetrics: Callable[[CollectorRegistry], bytes] = openmetrics.generate_latest
parse_openmetrics: Callable[[str], Iterable[ClientMetric]] = (
    openmetrics_parser.text_string_to_metric_families
)

ROWS = Metric("lakehouse_table_rows", "Live rows.", labels=TABLE_LABELS, unit="rows")
SIZE = Metric("lakehouse_table_size_bytes", "Size.", labels=TABLE_LABELS, unit="bytes", drop_rank=2)
CHANGES = Metric(
    "lakehouse_table_row_changes_total",
    'Rows that "changed", by \\ kind.',
    kind="counter",
    labels=(*TABLE_LABELS, "change"),
    unit="rows",
)
COMMITS = Metric(
    "lakehouse_table_commits_total",
    "Commits.",
    kind="counter",
    labels=(*TABLE_LABELS, "operation"),
    opt_in=True,
    drop_rank=3,
)
METRICS = (ROWS, SIZE, CHANGES, COMMITS)
NOTHING_DROPPED = [
    'lakehouse_series_dropped_total{reason="max_series"} 0.0',
    'lakehouse_series_dropped_total{reason="undeclared"} 0.0',
]


def rows(table: str, value: float) -> Sample:
    return (ROWS.name, ("main", "bronze", table), value)


def size(table: str, value: float) -> Sample:
    return (SIZE.name, ("main", "bronze", table), value)


def inserted(table: str, value: float) -> Sample:
    return (CHANGES.name, ("main", "bronze", table, "insert"), value)


def commits(table: str, value: float) -> Sample:
    return (COMMITS.name, ("main", "bronze", table, "MERGE"), value)


def lines(rendered: Rendered, *names: str) -> list[str]:
    """The lines of a page without its heads."""
    text = rendered.body(Format.TEXT, names=names).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def filled(exposition: Exposition, tables: int = 40) -> Exposition:
    """Tables with odd names and values of every size, some of them without some families."""
    rng = random.Random(7)
    for number in range(tables):
        table = f'ta"b\\le\n{number}'
        samples = [rows(table, rng.random() * 10 ** rng.randrange(12)), inserted(table, number)]
        if number % 3:
            samples.append(size(table, float(rng.randrange(10**12))))
        exposition.replace(f"table:{number}", samples)
    return exposition


def values(families: Iterable[ClientMetric]) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    return {
        family.name: {tuple(sorted(s.labels.items())): s.value for s in family.samples}
        for family in families
    }


def test_a_page_says_what_each_family_is() -> None:
    exposition = Exposition(METRICS)
    exposition.replace("table:posts", [rows("posts", 3), inserted("posts", 5)])
    page = exposition.render()
    assert page.body(Format.TEXT).decode() == (
        "# HELP lakehouse_series_dropped_total " + SERIES_DROPPED.help + "\n"
        "# TYPE lakehouse_series_dropped_total counter\n" + "\n".join(NOTHING_DROPPED) + "\n"
        '# HELP lakehouse_table_row_changes_total Rows that "changed", by \\\\ kind.\n'
        "# TYPE lakehouse_table_row_changes_total counter\n"
        "lakehouse_table_row_changes_total"
        '{catalog="main",change="insert",schema="bronze",table="posts"} 5.0\n'
        "# HELP lakehouse_table_rows Live rows.\n"
        "# TYPE lakehouse_table_rows gauge\n"
        'lakehouse_table_rows{catalog="main",schema="bronze",table="posts"} 3.0\n'
    )
    assert page.body(Format.OPENMETRICS, names=[ROWS.name]).decode() == (
        "# HELP lakehouse_table_rows Live rows.\n"
        "# TYPE lakehouse_table_rows gauge\n"
        "# UNIT lakehouse_table_rows rows\n"
        'lakehouse_table_rows{catalog="main",schema="bronze",table="posts"} 3.0\n'
        "# EOF\n"
    )


def test_both_formats_are_byte_for_byte_what_prometheus_client_writes() -> None:
    exposition = filled(Exposition(METRICS))
    for number in (3, 11, 38):
        exposition.drop(f"table:{number}")
    exposition.replace("table:5", [size("five", 1)])
    page = exposition.render()
    registry = CollectorRegistry(auto_describe=True)
    registry.register(StoredCollector(exposition))
    assert page.body(Format.TEXT) == generate_latest(registry)
    assert page.body(Format.OPENMETRICS) == generate_openmetrics(registry)


def test_both_parsers_read_back_every_value() -> None:
    exposition = filled(Exposition(METRICS))
    page = exposition.render()
    expected = values(StoredCollector(exposition).collect())
    assert values(parse_text(page.body(Format.TEXT).decode())) == expected
    assert values(parse_openmetrics(page.body(Format.OPENMETRICS).decode())) == expected
    assert page.series == sum(len(family) for family in expected.values())


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("names", [(), (ROWS.name, SIZE.name), ("unknown",)])
def test_the_gzip_twin_holds_the_same_bytes(form: Format, names: tuple[str, ...]) -> None:
    page = filled(Exposition(METRICS)).render()
    packed = page.body(form, gzip=True, names=names)
    assert gzip.decompress(packed) == page.body(form, names=names)


def test_an_empty_page_is_valid_in_both_formats() -> None:
    page = Rendered()
    assert page.body(Format.TEXT) == b""
    assert page.body(Format.OPENMETRICS) == b"# EOF\n"
    assert gzip.decompress(page.body(Format.OPENMETRICS, gzip=True)) == b"# EOF\n"


def test_a_replaced_subject_shows_its_new_samples_only() -> None:
    exposition = Exposition(METRICS)
    exposition.replace("table:posts", [rows("posts", 1), size("posts", 1)])
    exposition.replace("table:labels", [rows("labels", 2)])
    exposition.replace("table:posts", [rows("posts", 9)])
    assert lines(exposition.render(), ROWS.name, SIZE.name) == [
        'lakehouse_table_rows{catalog="main",schema="bronze",table="posts"} 9.0',
        'lakehouse_table_rows{catalog="main",schema="bronze",table="labels"} 2.0',
    ]


def test_a_dropped_subject_leaves() -> None:
    exposition = Exposition(METRICS)
    exposition.replace("table:posts", [rows("posts", 1), ("lakehouse_gone", (), 1)])
    exposition.drop("table:posts")
    exposition.drop("table:never-there")
    assert lines(exposition.render()) == NOTHING_DROPPED


def test_a_family_leaves_the_page_with_its_last_series() -> None:
    exposition = Exposition(METRICS)
    exposition.replace("table:posts", [rows("posts", 1), size("posts", 1)])
    assert len(lines(exposition.render(), SIZE.name)) == 1
    exposition.replace("table:posts", [rows("posts", 1)])
    assert SIZE.name.encode() not in exposition.render().body(Format.TEXT)


def test_nothing_is_rendered_again_without_a_change() -> None:
    exposition = filled(Exposition(METRICS))
    page = exposition.render()
    assert exposition.render() is page
    exposition.replace("table:1", [rows("one", 1)])
    changed = exposition.render()
    exposition.replace("table:1", [rows("one", 1)])
    assert changed is not page
    assert exposition.render() is changed


def test_a_change_touches_only_its_families() -> None:
    exposition = filled(Exposition(METRICS))
    before = {family.name: family for family in exposition.render().families}
    exposition.replace("table:new", [rows("new", 1)])
    after = {family.name: family for family in exposition.render().families}
    assert after[ROWS.name].lines is not before[ROWS.name].lines
    assert after[SIZE.name].lines is before[SIZE.name].lines


def test_a_scrape_never_sees_half_a_change() -> None:
    exposition = Exposition(METRICS)
    exposition.replace("table:posts", [rows("posts", 1)])
    page = exposition.render()
    exposition.replace("table:posts", [rows("posts", 2)])
    assert exposition.rendered is page


def test_of_two_samples_with_equal_labels_the_last_is_shown() -> None:
    exposition = Exposition(METRICS)
    exposition.replace("table:posts", [rows("posts", 1), rows("posts", 2)])
    assert lines(exposition.render(), ROWS.name) == [
        'lakehouse_table_rows{catalog="main",schema="bronze",table="posts"} 2.0'
    ]


def test_opt_in_families_are_shown_only_when_asked_for() -> None:
    samples = [rows("posts", 1), commits("posts", 4)]
    plain, asked = Exposition(METRICS), Exposition(METRICS, opt_in=[COMMITS.name])
    for exposition in (plain, asked):
        exposition.replace("table:posts", samples)
    assert COMMITS.name.encode() not in plain.render().body(Format.TEXT)
    assert 'operation="MERGE"' in lines(asked.render(), COMMITS.name)[0]
    assert lines(plain.render(), SERIES_DROPPED.name) == NOTHING_DROPPED


def test_beyond_the_budget_whole_families_leave_and_the_page_says_so() -> None:
    exposition = Exposition(METRICS, opt_in=[COMMITS.name], max_series=4)
    for table in ("a", "b"):
        samples = [rows(table, 1), size(table, 1), inserted(table, 1), commits(table, 1)]
        exposition.replace(f"table:{table}", samples)
    page = exposition.render()
    assert page.dropped == (COMMITS.name, SIZE.name)
    shown = [family.name for family in page.families]
    assert shown == [SERIES_DROPPED.name, CHANGES.name, ROWS.name]
    assert lines(page, SERIES_DROPPED.name) == [
        'lakehouse_series_dropped_total{reason="max_series"} 4.0',
        'lakehouse_series_dropped_total{reason="undeclared"} 0.0',
    ]
    assert [metric.name for metric, _ in exposition.families()] == shown


def test_a_series_counts_as_dropped_when_it_is_left_out_and_not_at_every_rendering() -> None:
    exposition = Exposition(METRICS, max_series=1)

    def dropped() -> str:
        return lines(exposition.render(), SERIES_DROPPED.name)[0].split()[-1]

    exposition.replace("table:a", [rows("a", 1), size("a", 1)])
    assert [dropped(), dropped()] == ["1.0", "1.0"]
    exposition.replace("table:a", [rows("a", 2)])
    assert dropped() == "1.0"
    exposition.replace("table:a", [rows("a", 2), size("a", 2)])
    assert dropped() == "2.0"


def test_families_come_back_when_the_budget_suffices_again() -> None:
    exposition = Exposition(METRICS, max_series=2)
    exposition.replace("table:a", [rows("a", 1), size("a", 1)])
    exposition.replace("table:b", [rows("b", 1)])
    assert exposition.render().dropped == (SIZE.name,)
    exposition.drop("table:b")
    assert exposition.render().dropped == ()
    assert len(lines(exposition.rendered, SIZE.name)) == 1


def test_what_nobody_declares_is_left_out_and_counted() -> None:
    exposition = Exposition(METRICS)
    unknown = ("lakehouse_removed_plugin", (), 1)
    old_labels = (ROWS.name, ("posts",), 1)
    exposition.replace("table:posts", [unknown, old_labels, rows("posts", 1)])
    page = exposition.render()
    assert len(lines(page, ROWS.name)) == 1
    assert lines(page, SERIES_DROPPED.name)[1].endswith('{reason="undeclared"} 2.0')


def test_a_name_that_is_no_text_does_not_take_the_page_down() -> None:
    exposition = Exposition(METRICS)
    exposition.replace("table:bad", [rows("b\udcffd", 1)])
    assert 'table="b?d"' in lines(exposition.render(), ROWS.name)[0]


def test_names_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="lakehouse_a is declared twice, differently"):
        Exposition([Metric("lakehouse_a", "A."), Metric("lakehouse_a", "Another.")])
    with pytest.raises(ValueError, match="lakehouse_a: counters, and only they, end in _total"):
        Exposition([Metric("lakehouse_a", "A.", kind="counter")])
    with pytest.raises(ValueError, match="lakehouse_a_total: counters, and only they"):
        Exposition([Metric("lakehouse_a_total", "A.")])


def test_registering_the_collector_does_not_collect() -> None:
    assert list(StoredCollector(Exposition(METRICS)).describe()) == []


def test_another_choice_of_families_and_budget_holds_from_the_next_rendering() -> None:
    exposition = Exposition(METRICS)
    samples = [rows("posts", 3), size("posts", 100), commits("posts", 2)]
    exposition.replace("table:posts", samples)
    assert "commits" not in str(lines(exposition.render()))
    exposition.choose(opt_in=[COMMITS.name])
    exposition.replace("table:posts", samples)
    assert lines(exposition.render(), COMMITS.name) == [
        'lakehouse_table_commits_total{catalog="main",operation="MERGE",schema="bronze",'
        'table="posts"} 2.0'
    ]
    exposition.choose(max_series=1)
    rendered = exposition.render()
    assert rendered.dropped == (SIZE.name,)
    assert [line.partition("{")[0] for line in lines(rendered)] == [
        SERIES_DROPPED.name,
        SERIES_DROPPED.name,
        ROWS.name,
    ]
    exposition.choose()
    assert lines(exposition.render(), SIZE.name)
