"""Each mutation of a healthy table's log has its outcome: the exact numbers, or a clear error."""

import copy
import shutil
from pathlib import Path

import pytest

from tests.monitors.delta.log_builder import Log
from tests.monitors.delta.log_mutations import checkpoints, commits, data, folder, values
from tests.monitors.delta.log_mutations.healthy import READ_BEFORE, build, finish
from tests.monitors.delta.log_mutations.reading import Found, Reader
from tests.monitors.delta.log_mutations.spoiling import SAME, Fails, Mutation, Outcome

pytestmark = pytest.mark.wide

QUICK = commits.MUTATIONS | checkpoints.MUTATIONS | folder.MUTATIONS
ALL: dict[str, Mutation] = QUICK | values.MUTATIONS | data.MUTATIONS
CASES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in ALL]
NEWEST = "lakehouse_table_last_event_timestamp_seconds"


class Healthy:
    """The healthy table, built once, and what had been read of it before it was finished."""

    def __init__(self, folder: Path) -> None:
        self.table = folder / "healthy"
        self.table.mkdir()
        log = build(self.table)
        self.reader = Reader()
        self.before = self.reader.cycle(self.table)
        finish(log)
        self.found = Reader().cycle(self.table)

    def copy(self, folder: Path) -> Log:
        return Log(Path(shutil.copytree(self.table, folder / "table", symlinks=True)))


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    return Healthy(tmp_path_factory.mktemp("mutations"))


def held(found: Found, outcome: Outcome, after: int, healthy: Healthy) -> None:
    """Assert that what was found is what was to be found."""
    if isinstance(outcome, Fails):
        assert found.error is not None, f"it gave numbers: {found}"
        assert outcome.reason in found.error.reason
        assert outcome.mend in found.error.mend
        assert found.error.mend
        return
    assert found.error is None, found.error and found.error.reason
    assert found.counts == outcome.counts(after)
    assert found.doubts == {v: why for v, why in outcome.doubts.items() if v > after}
    told = [problem.reason for problem in found.problems]
    wanted = outcome.told(first=after < 0)
    assert len(told) == len(wanted), told
    for reason, fragment in zip(told, wanted, strict=True):
        assert fragment in reason
    assert all(problem.mend for problem in found.problems)
    assert found.events == outcome.events
    measured = found.measured
    assert measured.get("lakehouse_table_rows") == outcome.rows
    assert measured.get("lakehouse_table_files") == outcome.files
    assert measured.get("lakehouse_table_size_bytes") == outcome.size
    newest = measured.get(NEWEST)
    assert (newest and newest == healthy.found.measured[NEWEST]) is outcome.newest


def test_no_mutation_hides_another_of_its_name() -> None:
    tables = (commits, values, checkpoints, folder, data)
    assert sum(len(table.MUTATIONS) for table in tables) == len(ALL)


def test_the_healthy_table_is_healthy(healthy: Healthy) -> None:
    held(healthy.found, SAME, -1, healthy)
    held(copy.deepcopy(healthy.reader).cycle(healthy.table), SAME, READ_BEFORE, healthy)


@pytest.mark.parametrize("name", CASES)
def test_a_first_read_of_a_mutated_log_gives(name: str, healthy: Healthy, tmp_path: Path) -> None:
    mutation = ALL[name]
    log = healthy.copy(tmp_path)
    mutation.how(log)
    held(Reader().cycle(log.table), mutation.first, -1, healthy)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_reading_on_in_a_mutated_log_gives(name: str, healthy: Healthy, tmp_path: Path) -> None:
    mutation = ALL[name]
    log = healthy.copy(tmp_path)
    mutation.how(log)
    later = mutation.first if mutation.later is None else mutation.later
    after = -1 if mutation.anew else READ_BEFORE
    held(copy.deepcopy(healthy.reader).cycle(log.table), later, after, healthy)


def test_a_second_opinion_costs_one_request_on_a_first_read_and_none_later(
    healthy: Healthy, tmp_path: Path
) -> None:
    log = healthy.copy(tmp_path)
    first, without = Reader(), Reader()
    first.cycle(log.table)
    log.path("_last_checkpoint").unlink()
    without.cycle(log.table)
    assert first.requests == without.requests + 1
    first.cycle(log.table)
    assert first.requests == 1


def test_a_checkpoint_above_every_commit_is_told_as_long_as_it_lies_there(
    healthy: Healthy, tmp_path: Path
) -> None:
    log = healthy.copy(tmp_path)
    ALL["a checkpoint far ahead of the newest commit"].how(log)
    reader = Reader()
    told = [reader.cycle(log.table).problems for _ in range(2)]
    assert told[0] == told[1] != ()
