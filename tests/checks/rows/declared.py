"""Checks as a configuration declares them on one table, and what becomes of them on real tables."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.core import Check, Finding, Kind, Verdict
from checks.expectations.form import ExpectationForm
from checks.rows import references, sql, sql_rule, unique
from checks.rows.core import RowCheck
from limnograph.row_checks import RowJob, RowOutcome, run_job
from monitors.core import Subject

NOW = datetime(2026, 11, 28, tzinfo=UTC)
POSTS = Subject("table", "main.bronze.posts")
KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (sql_rule.KIND, unique.KIND, references.KIND, sql.KIND)
}


def declared(kind: str, id: str = "a-check", **fields: Any) -> Check:
    """A check of one of our own kinds."""
    form = KINDS[kind].form(type=kind, id=id, **fields)
    return Check(id, kind, kind, form, POSTS)


def due(kind: str, id: str = "a-check", **fields: Any) -> RowCheck:
    """The same, as it runs."""
    return RowCheck(declared(kind, id, **fields))


def learned(check: RowCheck, **bounds: float | None) -> RowCheck:
    """A check with bounds that were learned, or will be (None)."""
    return RowCheck(check.check, bounds)


def expected(
    type: str, id: str = "a-check", more: Mapping[str, Any] | None = None, **arguments: Any
) -> RowCheck:
    """An expectation with its arguments, as it runs; `more` are fields that every check has."""
    form = ExpectationForm(type=type, id=id, arguments=arguments, **(more or {}))
    return RowCheck(Check(id, type, "expectation", form, POSTS))


def job(
    folder: Path,
    *checks: RowCheck,
    position: str | None = None,
    others: Mapping[str, Path] | None = None,
    batch_rows: int = 1024,
) -> RowJob:
    """The job of some checks on the table in a folder."""
    named: dict[str, tuple[str, dict[str, str]]] = {
        name: (str(path), {}) for name, path in (others or {}).items()
    }
    return RowJob(POSTS, str(folder), {}, checks, position, named, "run-1", NOW, batch_rows)


def outcome(folder: Path, *checks: RowCheck, **more: Any) -> RowOutcome:
    """What becomes of some checks, in this process."""
    return run_job(job(folder, *checks, **more))


def finding(folder: Path, check: RowCheck, **more: Any) -> Finding:
    (found,) = outcome(folder, check, **more).findings
    return found


def verdict(folder: Path, check: RowCheck, **more: Any) -> Verdict:
    return finding(folder, check, **more).verdict
