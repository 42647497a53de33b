"""What checks have to agree with beside their own forms: metrics that exist, other tables."""

from collections.abc import Iterator, Mapping, Sequence

from checks.metrics import ALL as OF_CHECKS
from checks.rows.references import Form as References
from checks.threshold.form import ThresholdForm
from limnograph.settings.problems import Problem, did_you_mean
from limnograph.settings.resolved import CheckSettings, TableGlob, TableSettings
from limnograph.settings.scalars import described
from monitors.core import Metric, Monitor


def disagreements(
    tables: Sequence[TableSettings],
    globs: Sequence[TableGlob],
    known: Mapping[str, Monitor],
) -> Iterator[Problem]:
    """Every problem once, however many tables have the check from the defaults."""
    metrics = {m.name: m for monitor in known.values() for m in (*monitor.metrics, *OF_CHECKS)}
    names = {table.name for table in tables}
    seen: set[int] = set()
    for table in (*tables, *(glob.like for glob in globs)):
        for check in table.checks:
            if id(check) in seen:
                continue
            seen.add(id(check))
            yield from _of_metric(check, metrics)
            # Which tables a glob finds is known only when it is listed.
            if not globs:
                yield from _of_table(check, names)


def _of_metric(check: CheckSettings, metrics: Mapping[str, Metric]) -> Iterator[Problem]:
    form = check.form
    if not isinstance(form, ThresholdForm):
        return
    if form.metric not in metrics:
        mend = did_you_mean(form.metric, metrics, "`limnograph metrics` lists them")
        yield check.place.problem(f"{described(form.metric)} is no metric; {mend}", "metric")


def _of_table(check: CheckSettings, names: set[str]) -> Iterator[Problem]:
    form = check.form
    if isinstance(form, References) and form.table not in names:
        mend = did_you_mean(form.table, names, "add it to the tables")
        yield check.place.problem(f"there is no table {described(form.table)}; {mend}", "table")
