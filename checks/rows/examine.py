"""Every row-level check of a table, in as few passes over its rows as they allow.

The rows are read once: examiners look at each batch on its way into the relation that statements
are asked of; aggregates of many checks share a statement. What was bad is looked at again only for
the checks that failed and that show samples or keep a quarantine. One check that cannot be
evaluated never stops another.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from checks.core import Finding, Rows, Status, Verdict
from checks.rows import aggregated, expected, own, sql_rule
from checks.rows.core import Aggregate, RowCheck
from checks.rows.outcome import failed, guarded, standing
from checks.rows.quarantined import Quarantine, columns, shown, told
from checks.rows.statements import form_of

if TYPE_CHECKING:
    import pyarrow as pa


def statements(checks: Sequence[RowCheck], schema: "pa.Schema") -> list[str]:
    """What `examine` will ask of rows of this schema, if all of it can be answered."""
    plan = _Plan(checks, schema)
    alone = [own.statement(asked.check) for asked in plan.alone if own.unlearned(asked) is None]
    return [*aggregated.statements(plan.aggregates), *alone]


def examine(
    checks: Sequence[RowCheck], rows: Rows, quarantine: Quarantine | None = None
) -> list[Finding]:
    """One finding for each check, in their order; never raises for what is wrong with rows.

    Without a `quarantine` no row is written anywhere.
    """
    try:
        plan = _Plan(checks, rows.schema())
    except Exception as error:
        return [Finding(asked.check.id, failed(error)) for asked in checks]
    verdicts = expected.examined(plan.expectations, rows)
    verdicts |= aggregated.judged(plan.aggregates, rows)
    verdicts |= {asked.check.id: guarded(partial(own.judged, asked, rows)) for asked in plan.alone}
    return [_finding(asked, verdicts[asked.check.id], rows, quarantine) for asked in checks]


class _Plan:
    """The checks by how they are evaluated."""

    def __init__(self, checks: Sequence[RowCheck], schema: "pa.Schema") -> None:
        self.alone: list[RowCheck] = []
        self.aggregates: list[Aggregate] = []
        expectations: list[RowCheck] = []
        for asked in checks:
            if asked.check.kind not in own.ASKED:
                expectations.append(asked)
            elif _is_condition(asked):
                self.aggregates.append(sql_rule.aggregate(asked.check))
            else:
                self.alone.append(asked)
        self.expectations = expected.Expectations(expectations, schema)
        self.aggregates += self.expectations.aggregates


def _is_condition(asked: RowCheck) -> bool:
    """Whether a check can share a statement: one with parameters has values of its own."""
    form = asked.check.form
    is_condition = isinstance(form, sql_rule.Form) and form.query is None
    return is_condition and not own.parameters(asked.check)


def _finding(
    asked: RowCheck, verdict: Verdict, rows: Rows, quarantine: Quarantine | None
) -> Finding:
    check = asked.check
    if _judges_new_rows(asked):
        verdict = standing(check, verdict, rows.left_out)
    if verdict.status not in (Status.FAIL, Status.WARN):
        return Finding(check.id, verdict)
    if not verdict.look and check.kind in own.ASKED:
        verdict = replace(verdict, look=own.look(check))
    verdict = _with_samples(asked, verdict, rows)
    if quarantine is None or form_of(check).quarantine is None or verdict.status != Status.FAIL:
        return Finding(check.id, verdict)
    try:
        bad = _bad_rows(asked, rows, quarantine)
        written = None if bad is None else quarantine.write(check, verdict.reason, bad)
    except Exception as error:
        return told(check, verdict, None, error)
    return told(check, verdict, written, None)


def _judges_new_rows(asked: RowCheck) -> bool:
    check = asked.check
    if check.kind in own.ASKED:
        return own.asks_new_rows(check)
    return form_of(check).rows == "new"


def _with_samples(asked: RowCheck, verdict: Verdict, rows: Rows) -> Verdict:
    if not form_of(asked.check).samples or verdict.samples:
        return verdict
    try:
        if asked.check.kind in own.ASKED:
            found = own.sampled(asked, rows)
        else:
            found = expected.sampled(asked, rows)
    except Exception as error:
        why = failed(error).reason
        return replace(verdict, detail={**verdict.detail, "samples": why})
    return replace(verdict, samples=shown(asked.check, found))


def _bad_rows(
    asked: RowCheck, rows: Rows, quarantine: Quarantine
) -> "Callable[[], Iterator[pa.RecordBatch]] | None":
    """What gives the bad rows of a check that failed; None for one that is not about rows."""
    wanted = columns(asked.check, rows.schema().names)
    if asked.check.kind not in own.ASKED:
        return expected.bad_rows(asked, rows, wanted)
    sql = own.bad_rows(asked.check, wanted)
    if sql is None:
        return None
    return lambda: quarantine.select(sql, own.values(asked.parameters))
