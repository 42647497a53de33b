"""Whatever a file holds: settings, or a ConfigError. Never another exception."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limnograph.paths import CONFIG
from limnograph.settings import check, load, show
from limnograph.settings.models import File, Http, Run, Table
from monitors import freshness, ingestion
from monitors.errors import ConfigError

pytestmark = pytest.mark.wide

KNOWN = {"ingestion": ingestion.MONITOR, "freshness": freshness.MONITOR}
EXAMPLE = (CONFIG / "limnograph.example.yaml").read_text()
WORDS = st.sampled_from(
    sorted(
        {*File.model_fields, *Http.model_fields, *Run.model_fields, *Table.model_fields}
        | {"url", "families", "freshness", "ingestion", "scan", "event_time"}
    )
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.sampled_from(
        ("15m", "5 * * * *", "env:X", "file:", "./a", "s3://b/*", "s3:/", "**", "/", "a.b", "${X}")
    )
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
PART = st.dictionaries(WORDS, VALUES, max_size=6)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "store": VALUES,
        "http": VALUES | PART,
        "run": VALUES | PART,
        "metrics": VALUES | PART,
        "defaults": VALUES | PART,
        "tables": VALUES | st.lists(VALUES | PART, max_size=4),
    },
)
FEW = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def assert_settings_or_problems(file: Path) -> None:
    problems = check(file, KNOWN)
    if problems:
        with pytest.raises(ConfigError) as caught:
            load(file, KNOWN)
        assert str(caught.value).splitlines() == [str(problem) for problem in problems]
    else:
        assert show(load(file, KNOWN))


@FEW
@given(
    content=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda t: t.encode(errors="surrogatepass"))
)
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.yaml").write_bytes(content)
    assert_settings_or_problems(tmp_path / "c.yaml")


@FEW
@given(text=st.text(alphabet="-:{}[]&*!|>'\"%@`#?,. \n\tab<0", max_size=60))
def test_any_marks_of_yaml(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.yaml").write_text(f"tables:\n{text}")
    assert_settings_or_problems(tmp_path / "c.yaml")


@FEW
@given(value=VALUES | FILES)
def test_any_values(tmp_path: Path, value: Any) -> None:
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(value, allow_unicode=True), errors="replace")
    assert_settings_or_problems(tmp_path / "c.yaml")


@FEW
@given(start=st.integers(0, len(EXAMPLE)), length=st.integers(0, 40), text=st.text(max_size=5))
def test_any_change_of_the_example(tmp_path: Path, start: int, length: int, text: str) -> None:
    changed = EXAMPLE[:start] + text + EXAMPLE[start + length :]
    (tmp_path / "c.yaml").write_text(changed, errors="replace")
    assert_settings_or_problems(tmp_path / "c.yaml")


@pytest.mark.parametrize("mark", ["[", "{a: ", "- ", "? ", "&a [*a, "])
def test_depth_is_bounded(tmp_path: Path, mark: str) -> None:
    (tmp_path / "c.yaml").write_text(mark * 100_000)
    assert_settings_or_problems(tmp_path / "c.yaml")


def test_indentation_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("".join(" " * depth + "a:\n" for depth in range(1000)))
    assert_settings_or_problems(tmp_path / "c.yaml")


def test_aliases_of_aliases_do_not_explode(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (tmp_path / "c.yaml").write_text("\n".join([*lines, "tables: *a11"]))
    assert_settings_or_problems(tmp_path / "c.yaml")
