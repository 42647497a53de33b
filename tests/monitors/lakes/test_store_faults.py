"""An object store that fails: the tables concerned are errors, and nothing is lost or doubled."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.cycle import CycleResult
from limnograph.store import open_store
from monitors.core import Cost, Outcome
from monitors.lakes.workers import Workers
from tests.monitors.lakes.loopback import Cut, Fault, LoopbackStore, Request, loopback, refusal
from tests.monitors.lakes.rounds import Counted, Rounds, of, outcomes, table

FEED = {"delta.enableChangeDataFeed": "true"}
# What a store repeats of a request, and nobody else may.
LEAKY = "AKIALOOPBACK not-for-logs X-Amz-Signature=1f list-type=2"
SECRETS = ("AKIALOOPBACK", "not-for-logs", "X-Amz-Signature", "list-type")
ALL = [
    Counted(0, 3, 0, 0, "log", True),
    Counted(1, 2, 0, 0, "log", True),
    Counted(2, 0, 3, 0, "feed", True),
]
TOTALS = {"insert": 5, "update": 3, "delete": 0}
WHERE: dict[str, Callable[[Request], bool]] = {
    "list": lambda request: request.lists,
    "log": lambda request: "/_delta_log/" in request.path,
    "data": lambda request: request.path.endswith(".parquet"),
}
FORBIDDEN, BAD = HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST
FAULTS: dict[str, tuple[Fault, str, str]] = {
    "throttled": (
        refusal(HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown", LEAKY),
        "the store throttles (503 SlowDown)",
        "read fewer tables at once or less often (run.concurrency, schedule)",
    ),
    "too many requests": (
        refusal(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", LEAKY),
        "the store throttles (429 TooManyRequests)",
        "run.concurrency",
    ),
    "internal error": (
        refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", LEAKY),
        "the store failed (500 InternalError)",
        "it is tried again in the next cycle",
    ),
    "expired session": (
        refusal(BAD, "ExpiredToken", LEAKY),
        "KEY has expired (400 ExpiredToken)",
        "renew it",
    ),
    "expired token": (
        refusal(FORBIDDEN, "ExpiredToken", LEAKY),
        "KEY has expired (403 ExpiredToken)",
        "renew it",
    ),
    "unknown key": (
        refusal(FORBIDDEN, "InvalidAccessKeyId", LEAKY),
        "the store refused KEY (403 InvalidAccessKeyId)",
        "check that it is of this account",
    ),
    "wrong secret": (
        refusal(FORBIDDEN, "SignatureDoesNotMatch", LEAKY),
        "the store refused KEY (403 SignatureDoesNotMatch)",
        "check that it is of this account",
    ),
    "no permission": (
        refusal(FORBIDDEN, "AccessDenied", LEAKY),
        "KEY has no permission (403 AccessDenied)",
        "grant it read and list access",
    ),
    "wrong clock": (
        refusal(FORBIDDEN, "RequestTimeTooSkewed", LEAKY),
        "this machine's clock is wrong (403 RequestTimeTooSkewed)",
        "set it by NTP",
    ),
    "other region": (
        refusal(HTTPStatus.MOVED_PERMANENTLY, "PermanentRedirect", LEAKY),
        "the bucket is in another region",
        "set aws_region to the bucket's region",
    ),
    "other region, named": (
        refusal(BAD, "AuthorizationHeaderMalformed", "is wrong; expecting 'eu-west-1'"),
        "the bucket is in another region (400 AuthorizationHeaderMalformed)",
        "set aws_region to eu-west-1",
    ),
    "reset": (Cut.RESET, "the connection broke", "it is tried again in the next cycle"),
    "half a body": (Cut.HALF, "its answer broke off", "it is tried again in the next cycle"),
    "stall": (Cut.STALL, "it did not answer", "read_timeout"),
}
CASES = [(name, where) for name in FAULTS for where in WHERE]


def named(name: str, where: str) -> str:
    return f"{name}_{where}".replace(" ", "_").replace(",", "")


def rows(*ids: int) -> pa.Table:
    at = [datetime(2026, 3, i, tzinfo=UTC) for i in ids]
    return pa.table({"id": pa.array(ids, pa.int64()), "at": at})


@dataclass(frozen=True)
class Lake:
    """The folder that is served; `before` and `after` are one table, two commits apart."""

    served: Path
    before: Path
    after: Path

    def put(self, name: str) -> None:
        shutil.copytree(self.before, self.served / name)

    def change(self, name: str) -> None:
        """An append, and an update of which only the feed tells what it did."""
        shutil.copytree(self.after, self.served / name, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("template")
    before, after = folder / "before", folder / "after"
    write_deltalake(str(before), rows(1, 2, 3), configuration=FEED)
    shutil.copytree(before, after)
    write_deltalake(str(after), rows(4, 5), mode="append")
    DeltaTable(str(after)).update(updates={"id": "id + 10 * (id % 2)"}, predicate="id > 0")
    return Lake(folder, before, after)


@contextmanager
def served(
    template: Lake, folder: Path, *names: str
) -> Iterator[tuple[Lake, LoopbackStore, Rounds]]:
    """A new store with some tables, read once."""
    lake = replace(template, served=folder / "lake")
    for name in names:
        lake.put(name)
    database = f"sqlite:///{folder / 'limnograph.db'}"
    with loopback(LoopbackStore(lake.served)) as server, open_store(database) as store:
        short = {"read_timeout": "300ms"}
        tables = [
            table(name, server.uri(name), server.options | (short if "stall" in name else {}))
            for name in names
        ]
        rounds = Rounds(store, tables)
        rounds.run()
        yield lake, server, rounds


@dataclass(frozen=True)
class Trial:
    """What became of tables with a fault each, and of one without: `failed` under the faults,
    `mended` in the cycle after them.
    """

    failed: CycleResult
    mended: CycleResult
    rounds: Rounds


@pytest.fixture(scope="module")
def trial(template: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    faults = {named(name, where): (FAULTS[name][0], WHERE[where]) for name, where in CASES}

    def fault(request: Request) -> Fault:
        about = (request.query.get("prefix") or request.path.removeprefix("/lake/")).split("/")[0]
        given, which = faults.get(about, (None, WHERE["list"]))
        return given if which(request) else None

    folder, names = tmp_path_factory.mktemp("trial"), ("sound", *faults)
    with served(template, folder, *names) as (lake, server, rounds):
        for name in names:
            lake.change(name)
        server.fault = fault
        failed = rounds.run()
        server.fault = lambda _: None
        yield Trial(failed, rounds.run(), rounds)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "where"), CASES)
def test_a_fault_is_the_error_of_its_table_with_reason_and_mend(
    trial: Trial, name: str, where: str
) -> None:
    _, reason, mend = FAULTS[name]
    who = "the credential" if where == "data" else "the access key of storage_options"
    found = of(trial.failed, named(name, where))
    assert {result.outcome for result in found} == {Outcome.ERROR}
    for result in found:
        assert reason.replace("KEY", who) in result.reason
        assert mend in result.mend


@pytest.mark.slow
@pytest.mark.parametrize(("name", "where"), CASES)
def test_after_a_fault_every_count_is_exact(trial: Trial, name: str, where: str) -> None:
    subject = named(name, where)
    assert outcomes(trial.mended, subject) == {Outcome.ASSESSED}
    assert trial.rounds.facts(subject) == ALL
    assert trial.rounds.totals(subject) == TOTALS


@pytest.mark.slow
def test_a_sound_table_beside_many_that_fail_is_read(trial: Trial) -> None:
    assert outcomes(trial.failed, "sound") == {Outcome.ASSESSED}
    assert trial.rounds.facts("sound") == ALL


@pytest.mark.slow
def test_neither_log_nor_readings_repeat_what_was_secret(trial: Trial) -> None:
    assert [secret for secret in SECRETS if secret in trial.rounds.said] == []


def test_a_store_that_throttles_now_and_then_costs_nothing_but_tries(
    template: Lake, tmp_path: Path
) -> None:
    throttled, _, _ = FAULTS["throttled"]
    with served(template, tmp_path, "posts") as (lake, server, rounds):
        lake.change("posts")
        server.seen.clear()
        tries: Counter[str] = Counter()

        def twice(request: Request) -> Fault:
            asked = f"{request.target} {request.headers.get('range')}"
            tries[asked] += 1
            return throttled if tries[asked] <= 2 else None

        server.fault = twice
        assert outcomes(rounds.run(), "posts") == {Outcome.ASSESSED}
        assert rounds.facts("posts") == ALL
        assert set(tries.values()) == {3}


@pytest.mark.slow
def test_a_store_that_dies_after_any_request_of_a_cycle_costs_no_count(
    template: Lake, tmp_path: Path
) -> None:
    lives = 0
    while True:
        with served(template, tmp_path / str(lives), "posts") as (lake, server, rounds):
            lake.change("posts")
            server.seen.clear()
            dies_after = lives
            server.fault = lambda r, n=dies_after: Cut.RESET if r.number > n else None  # type: ignore[misc]
            broken = outcomes(rounds.run(), "posts")
            server.fault = lambda _: None
            rounds.run()
            assert rounds.facts("posts") == ALL
            assert rounds.totals("posts") == TOTALS
        if broken == {Outcome.ASSESSED}:
            break
        lives += 1
    assert lives > 3


def test_a_store_that_is_down_is_an_error_and_read_on_when_it_is_back(
    template: Lake, tmp_path: Path
) -> None:
    with served(template, tmp_path, "posts") as (lake, _, rounds):
        lake.change("posts")
        down = [
            replace(item, storage_options={**item.storage_options, "aws_endpoint": DEAD})
            for item in rounds.tables
        ]
        up, rounds.tables = rounds.tables, down
        failed = rounds.run()
        rounds.tables = up
        rounds.run()
        assert rounds.facts("posts") == ALL
    for result in of(failed, "posts"):
        assert result.reason.endswith("cannot be read: the connection was refused")
        assert "see whether the store runs" in result.mend


DEAD = "http://127.0.0.1:1"


def test_a_store_slower_than_the_time_limit_is_an_error_of_its_table_only(
    template: Lake, tmp_path: Path
) -> None:
    with served(template, tmp_path, "posts", "labels") as (lake, server, rounds):
        lake.change("posts")
        lake.change("labels")
        rounds.timeout = 0.05
        server.fault = lambda r: Cut.STALL if "posts" in r.query.get("prefix", r.path) else None
        patient = {"read_timeout": "1h"}
        quick, slow = rounds.tables, []
        for item in rounds.tables:
            slow.append(replace(item, storage_options={**item.storage_options, **patient}))
        rounds.tables = slow
        failed = rounds.run()
        rounds.tables, rounds.timeout = quick, 60
        server.fault = lambda _: None
        rounds.run()
        assert [rounds.facts(name) for name in ("posts", "labels")] == [ALL, ALL]
    assert "took longer than 0.05 s" in of(failed, "posts")[0].reason


def test_a_missing_bucket_is_an_error_and_no_gap(template: Lake, tmp_path: Path) -> None:
    with served(template, tmp_path, "posts") as (lake, server, rounds):
        lake.change("posts")
        server.fault = lambda _: refusal(HTTPStatus.NOT_FOUND, "NoSuchBucket")
        failed = rounds.run()
        server.fault = lambda _: None
        rounds.run()
        assert rounds.facts("posts") == ALL
        assert rounds.store.events("table:posts") == []
    assert "there is no such bucket or container (404 NoSuchBucket)" in failed.results[0].reason


def test_a_table_at_rest_costs_one_list_for_all_its_monitors(
    template: Lake, tmp_path: Path
) -> None:
    with served(template, tmp_path, "posts") as (_, server, rounds):
        server.seen.clear()
        idle = rounds.run()
        assert [request.lists for request in server.seen] == [True]
        assert idle.cost == Cost(requests=1, bytes=0)


@pytest.mark.slow
def test_change_data_slower_than_the_time_limit_is_an_error_and_no_guess(
    template: Lake, tmp_path: Path
) -> None:
    with served(template, tmp_path, "posts") as (lake, server, rounds), Workers(limit=1) as workers:
        lake.change("posts")
        (quick,) = rounds.tables
        patient = {**quick.storage_options, "read_timeout": "1h"}
        rounds.tables = [replace(quick, storage_options=patient)]
        rounds.caller, rounds.timeout = workers, 1
        server.fault = lambda request: Cut.STALL if WHERE["data"](request) else None
        failed = rounds.run()
        rounds.timeout = 60
        server.fault = lambda _: None
        rounds.run()
        assert rounds.facts("posts") == ALL
    assert "took longer than 1 s" in of(failed, "posts")[0].reason
