"""A configuration that changes while the service works, seen from outside."""

import asyncio
import os
import signal
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from limnograph.config_file import ConfigFile
from limnograph.cycle import LoadStates
from limnograph.reloading import Reloader
from limnograph.service import Service, opened
from limnograph.settings import TableSettings, load
from limnograph.store import Store
from monitors.core import State
from monitors.secrets import Secret
from tests.limnograph.lake_in_memory import MemoryLake, MemorySource, MemoryTable, commit
from tests.limnograph.served import NOON, Served, served, write_table

pytestmark = pytest.mark.slow

CONFIG = """\
store: sqlite:///limnograph.db
tables:
  - {name: posts, uri: lake/posts}
"""
WITH_LABELS = CONFIG + "  - {name: labels, uri: lake/labels}\n"
SUCCESSFUL = "lakehouse_config_last_reload_successful"
LOADED = "lakehouse_config_last_reload_success_timestamp_seconds"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write_table(tmp_path / "lake" / "posts", 2)
    write_table(tmp_path / "lake" / "labels", 5)
    path = tmp_path / "limnograph.yaml"
    path.write_text(CONFIG)
    return path


def rows_of(name: str) -> str:
    return f'lakehouse_table_rows{{table="{name}"}}'


def test_tables_come_and_go_with_the_file(config: Path) -> None:
    async def scenario(it: Served) -> None:
        await it.until(lambda: it.metrics("monitor_up"))
        assert it.metrics("table_rows") == {rows_of("posts"): 2}
        assert len(it.get("/api/v1/report")[1]["tables"]) == 1
        config.write_text(WITH_LABELS)
        await it.reloader.reload()
        assert len(it.get("/api/v1/report")[1]["tables"]) == 2
        await it.until(lambda: len(it.metrics("table_rows")) == 2)
        assert it.metrics("table_rows") == {rows_of("posts"): 2, rows_of("labels"): 5}
        config.write_text(WITH_LABELS.replace("posts", "posters"))
        await it.reloader.reload()
        assert it.metrics("posts") == {}
        await it.until(
            lambda: (
                [row.left_at for row in it.service.store.subjects("table")] == [None, None, NOON]
            )
        )
        config.write_text(WITH_LABELS)
        await it.reloader.reload()
        assert it.metrics("table_rows")[rows_of("posts")] == 2

    served(config, scenario)


def test_what_is_not_valid_is_refused_with_all_its_problems(config: Path) -> None:
    async def scenario(it: Served) -> None:
        await it.until(lambda: it.metrics("monitor_up"))
        assert it.metrics("config") == {SUCCESSFUL: 1, LOADED: NOON.timestamp()}
        config.write_text(CONFIG.replace("posts}", "posts, ownr: me, schedule: soon}"))
        with capture_logs() as logs:
            await it.later(5)
        told = [line["problem"] for line in logs if line["event"] == "configuration refused"]
        assert len(told) == 2
        assert all(str(problem).startswith(f"{config}:3:") for problem in told)
        assert it.metrics("config") == {SUCCESSFUL: 0, LOADED: NOON.timestamp()}
        assert it.metrics("table_rows") == {rows_of("posts"): 2}
        status, answer = it.get("/readyz")
        assert (status, answer["status"]) == (200, "ready")
        assert answer["warnings"] == [
            "the configuration was refused at 2026-11-20 12:05:00 UTC; the one of "
            "2026-11-20 12:00:00 UTC stays in force, and the log says what is wrong"
        ]
        config.write_text(CONFIG)
        await it.later(5)
        assert it.metrics("config") == {SUCCESSFUL: 1, LOADED: NOON.timestamp() + 600}
        assert it.get("/readyz") == (200, {"status": "ready"})

    served(config, scenario)


def test_an_expectation_that_its_class_refuses_is_refused(config: Path) -> None:
    async def scenario(it: Served) -> None:
        wrong = "expect_column_values_to_match_strftime_format, column: id, strftime_format: '%Q'"
        config.write_text(CONFIG.replace("posts}", f"posts, checks: [{{type: {wrong}}}]}}"))
        with capture_logs() as logs:
            await it.later(5)
        (told,) = [line["problem"] for line in logs if line["event"] == "configuration refused"]
        assert told.startswith(f"{config}:3:")
        assert ".checks[0].strftime_format: " in told
        assert it.metrics("config")[SUCCESSFUL] == 0

    served(config, scenario)


def test_the_page_follows_its_budget_and_its_families(config: Path) -> None:
    async def scenario(it: Served) -> None:
        await it.until(lambda: it.metrics("monitor_up"))
        family = opt_in_family(it)
        assert not it.metrics(family)
        config.write_text(CONFIG + f"metrics: {{families: [{family}]}}\n")
        await it.reloader.reload()
        await it.until(lambda: it.metrics(family))
        config.write_text(CONFIG + "metrics: {max_series: 1}\n")
        await it.reloader.reload()
        assert not it.metrics("table_rows", family)
        assert it.metrics("dropped")['lakehouse_series_dropped_total{reason="max_series"}'] > 0
        config.write_text(CONFIG)
        await it.reloader.reload()
        assert it.metrics("table_rows") == {rows_of("posts"): 2}

    served(config, scenario)


def opt_in_family(it: Served) -> str:
    monitors = it.service.settings.monitors.values()
    return next(m.name for each in monitors for m in each.metrics if m.opt_in and m.kind == "gauge")


def test_the_next_cycle_runs_as_the_file_says(config: Path) -> None:
    async def scenario(it: Served) -> None:
        await it.until(lambda: it.metrics("monitor_up"))
        config.write_text(
            CONFIG.replace("posts}", "posts, schedule: 1m}")
            + "run: {workers: 1, concurrency: 1, timeout: 5s, log_only: true}\n"
        )
        await it.reloader.reload()
        write_table(it.folder / "lake" / "posts", 3)
        await it.until_read(2)
        assert it.metrics("table_rows") == {rows_of("posts"): 5}

    served(config, scenario)


def test_what_only_a_restart_can_change_is_named_and_the_rest_applies(config: Path) -> None:
    async def scenario(it: Served) -> None:
        config.write_text(
            WITH_LABELS.replace("limnograph.db", "other.db") + "http: {host: '::1', port: 1234}\n"
        )
        with capture_logs() as logs:
            await it.reloader.reload()
        told = {"event": "takes effect after a restart", "log_level": "warning"}
        for name in ("store", "http.host", "http.port"):
            assert {**told, "setting": name} in logs
        await it.until(lambda: len(it.metrics("table_rows")) == 2)
        assert it.metrics(SUCCESSFUL) == {SUCCESSFUL: 1}
        assert not (it.folder / "other.db").exists()
        assert (
            "http.port was changed, which takes effect after a restart"
            in (it.get("/readyz")[1]["warnings"])
        )

    served(config, scenario)


def test_new_secrets_are_masked_before_anything_can_tell_them(config: Path) -> None:
    masked: list[Secret] = []

    async def reload() -> None:
        with opened(load(config)) as service:
            option = "storage_options: {token: env:NO_SUCH_TOKEN}"
            config.write_text(CONFIG + f"  - {{name: far, uri: s3://b/far, {option}}}\n")
            assert await Reloader(service, ConfigFile(config), masked.extend).reload()

    asyncio.run(reload())
    assert masked == [Secret("env:NO_SUCH_TOKEN")]


class HeldLake(MemoryLake):
    """A lake whose tables are read when it is let go."""

    def __init__(self, **tables: MemoryTable) -> None:
        super().__init__(tables)
        self.began, self.let_go = asyncio.Event(), asyncio.Event()

    def open(
        self, table: TableSettings, head: State | None, load_states: LoadStates, now: datetime
    ) -> MemorySource:
        async def held() -> Mapping[str, State]:
            self.began.set()
            await self.let_go.wait()
            return await load_states()

        return super().open(table, head, held, now)


def test_a_cycle_under_way_ends_as_it_began_and_the_next_one_follows(
    config: Path, store: Store
) -> None:
    lake = HeldLake(posts=MemoryTable([commit(0, 3)]), labels=MemoryTable([commit(0, 4)]))
    service = Service(load(config), store, lambda run: lake, lambda: NOON)
    reloader = Reloader(service, ConfigFile(config))

    async def scenario(stop: asyncio.Event) -> None:
        await lake.began.wait()
        config.write_text(config.read_text().replace("posts", "labels"))
        assert await reloader.reload()
        assert [table.name for table in service.tables] == ["labels"]
        lake.let_go.set()
        while not store.latest(["table:labels"]):
            await asyncio.sleep(0)
        stop.set()

    asyncio.run(service.keep_reading(scenario))
    assert dict.fromkeys(name for name, _, _ in lake.opened) == {"posts": None, "labels": None}
    assert lake.most_open == 1
    both = ["table:labels", "table:posts"]
    assert sorted({row.subject for row in store.outcomes(both)}) == both
    left = {row.name: row.left_at for row in store.subjects("table")}
    assert left == {"posts": NOON, "labels": None}


def test_a_change_of_the_file_and_a_hangup_reload_it_until_the_stop(config: Path) -> None:
    async def scenario(it: Served) -> None:
        stop = asyncio.Event()
        watching = asyncio.create_task(it.reloader.watch(stop))
        config.unlink()
        await it.until(lambda: it.metrics(SUCCESSFUL)[SUCCESSFUL] == 0)
        config.write_text(WITH_LABELS)
        await it.until(lambda: it.metrics(SUCCESSFUL)[SUCCESSFUL] == 1)
        assert len(it.service.tables) == 2
        it.time.now += it.time.now - NOON.replace(hour=11)
        os.kill(os.getpid(), signal.SIGHUP)
        await it.until(lambda: it.metrics(LOADED)[LOADED] == it.time.now.timestamp())
        os.kill(os.getpid(), signal.SIGHUP)
        stop.set()
        await watching

    before = signal.getsignal(signal.SIGHUP)
    try:
        served(config, scenario)
    finally:
        signal.signal(signal.SIGHUP, before)
