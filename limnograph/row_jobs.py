"""From declared checks over rows to a job for a worker: other tables found, secrets resolved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from checks.core import Check
from checks.forms import RowForm
from checks.rows.core import RowCheck
from limnograph.row_checks import RowJob
from limnograph.settings.resolved import TableSettings, reveal

OWN_RELATIONS = frozenset({"new_rows", "whole"})


def row_job(
    table: TableSettings,
    checks: Sequence[Check],
    bounds: Mapping[str, Mapping[str, float | None]],
    tables: Mapping[str, TableSettings],
    *,
    position: str | None,
    run: str,
    now: datetime,
) -> RowJob:
    """The job of some checks of a table that go on from one position.

    `bounds` are learned ones by check, `tables` all declared ones by name. Raises SecretError when
    an option of a store cannot be resolved.
    """
    # Statements know no case.
    by_name = {name.casefold(): other for name, other in tables.items()}
    others = [by_name[name] for name in named_tables(checks) if name in by_name]
    return RowJob(
        subject=table.subject,
        uri=table.uri,
        options=reveal(table.storage_options),
        checks=tuple(RowCheck(_resolved(check), bounds.get(check.id, {})) for check in checks),
        position=position,
        others={one.name: (one.uri, reveal(one.storage_options)) for one in others},
        run=run,
        now=now,
    )


def named_tables(checks: Iterable[Check]) -> list[str]:
    """The tables that statements of some checks name, in lower case, beside each one's own."""
    from checks.rows import own
    from monitors.lakes.rows.sql import tables_named

    names: set[str] = set()
    for check in checks:
        if check.kind in own.ASKED:
            names.update(map(str.casefold, tables_named(own.statement(check))))
    return sorted(names - OWN_RELATIONS)


def _resolved(check: Check) -> Check:
    """A check whose quarantine has the values of its secrets."""
    form = check.form
    if not isinstance(form, RowForm) or form.quarantine is None:
        return check
    options = reveal(form.quarantine.storage_options)
    quarantine = form.quarantine.model_copy(update={"storage_options": options})
    return replace(check, form=form.model_copy(update={"quarantine": quarantine}))
