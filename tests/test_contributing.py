"""The worked examples of CONTRIBUTING.md run as they are printed."""

import asyncio
import importlib.util
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from checks.core import Check, Kind, Past, Status, Verdict
from exporters.core import Change, ChannelKind, Delivery, DeliveryError, Message
from limnograph.inspection import InThread
from limnograph.settings.check_schema import check_schemas
from monitors.core import Monitor, Subject
from monitors.lakes.embedded import Access, EmbeddedTable
from tests.checks.past import LiteralPast

GUIDE = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def example_of(name: str, folder: Path) -> ModuleType:
    """The example that is to be saved as `<name>.py`."""
    text = GUIDE.read_text(encoding="utf-8")
    block = rf"`[a-z/]*{name}\.py`:\n\n```python\n(.*?)^```$"
    [code] = re.findall(block, text, re.DOTALL | re.MULTILINE)
    file = folder / f"{name}.py"
    file.write_text(code)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def example(tmp_path: Path) -> ModuleType:
    return example_of("churn", tmp_path)


@pytest.fixture
def pauses(tmp_path: Path) -> Kind:
    kind: Kind = example_of("pauses", tmp_path).KIND
    return kind


@pytest.fixture
def journal(tmp_path: Path) -> ChannelKind:
    kind: ChannelKind = example_of("journal", tmp_path).CHANNEL
    return kind


def test_the_example_monitor_reads_a_real_table(example: ModuleType, tmp_path: Path) -> None:
    uri = str(tmp_path / "posts")
    write_deltalake(uri, pa.table({"id": [1, 2, 3, 4, 5]}))
    DeltaTable(uri).delete("id = 1")
    monitor: Monitor = example.MONITOR
    table = EmbeddedTable(uri, {}, Access(InThread()), NOW)
    reading = asyncio.run(
        monitor.read(table, Subject("table", "posts"), monitor.config(), None, {}, NOW)
    )
    [measurement] = reading.measurements
    assert (measurement.labels, measurement.value) == (("", "", "posts"), 0.25)
    assert reading.cursor is not None


def test_the_example_has_nothing_to_say_of_an_empty_table(example: ModuleType) -> None:
    assert example.churn([], 0) is None
    assert example.churn([], None) is None


def judged(kind: Kind, past: Past) -> Verdict:
    form = kind.form.model_validate({"type": kind.name, "longest": "2h"})
    assert kind.judge is not None
    check = Check("often", kind.name, kind.name, form, Subject("table", "posts"))
    [verdict] = kind.judge(check, past)
    return verdict


@pytest.mark.parametrize(("hours", "status"), [(2, Status.PASS), (3, Status.FAIL)])
def test_the_example_check_judges_the_pauses(pauses: Kind, hours: int, status: Status) -> None:
    changed = [NOW - timedelta(hours=hours * n) for n in (3, 2, 1)]
    verdict = judged(pauses, LiteralPast(NOW, changed=changed))
    assert (verdict.status, verdict.observed, verdict.upper) == (status, hours * 3600, 7200)
    assert verdict.expected == "a median of at most 2 h"


def test_the_example_check_is_never_green_without_an_answer(pauses: Kind) -> None:
    seldom = LiteralPast(NOW, changed=[NOW - timedelta(days=1)])
    assert judged(pauses, seldom).status is Status.NOT_ASSESSED
    unread = LiteralPast(NOW, unreadable=("no permission", "grant it"))
    assert judged(pauses, unread) == Verdict.error("no permission", "grant it")


def test_the_fields_of_the_example_check_reach_the_editor(pauses: Kind) -> None:
    _, definitions = check_schemas({"pauses": pauses})
    form = definitions["check.pauses"]
    assert form["required"] == ["type", "longest"]
    assert form["properties"]["window"]["default"] == "7d"


def delivered(channel: ChannelKind, form: object, message: Message) -> Delivery:
    async def deliver() -> Delivery:
        return await channel.deliver(form, message, {})

    return asyncio.run(deliver())


def test_the_example_channel_appends_every_message(journal: ChannelKind, tmp_path: Path) -> None:
    file = tmp_path / "told.jsonl"
    form = journal.form(path=str(file))
    for sequence in (1, 2):
        message = told(sequence)
        assert delivered(journal, form, message) == Delivery()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2]


def test_the_example_channel_says_why_a_message_was_not_taken(
    journal: ChannelKind, tmp_path: Path
) -> None:
    form = journal.form(path=str(tmp_path))
    with pytest.raises(DeliveryError, match="Is a directory") as caught:
        delivered(journal, form, told(1))
    assert not caught.value.permanent


def told(sequence: int) -> Message:
    return Message(
        event_id=f"e{sequence}",
        incident="8f3a",
        sequence=sequence,
        change=Change.OPENED,
        title="posts/often fails",
        status="fail",
        severity="warning",
        table="posts",
        check="often",
        reason="late",
        at=NOW,
    )
