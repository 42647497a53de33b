"""Aggregates of many checks in one statement for each relation and condition."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from checks.core import Rows, Verdict
from checks.rows.core import Aggregate
from checks.rows.outcome import failed, guarded
from checks.rows.statements import form_of, relation
from monitors.errors import UnavailableError

Group = tuple[str, str]
"""A relation and a condition on its rows."""


def grouped(aggregates: Iterable[Aggregate]) -> Mapping[Group, list[Aggregate]]:
    """The aggregates that one statement can compute together; those that need none left out."""
    groups: dict[Group, list[Aggregate]] = {}
    for aggregate in (a for a in aggregates if a.expressions):
        key = relation(form_of(aggregate.check).rows), aggregate.condition
        groups.setdefault(key, []).append(aggregate)
    return groups


def statement(group: Group, aggregates: Sequence[Aggregate]) -> str:
    """One SELECT for some aggregates; its columns are `a0_0`, `a0_1`, `a1_0` and so on."""
    source, condition = group
    columns = [
        f"{expression} as a{number}_{part}"
        for number, aggregate in enumerate(aggregates)
        for part, expression in enumerate(aggregate.expressions.values())
    ]
    where = f" where (\n{condition}\n)" if condition else ""
    return f"select {', '.join(columns)} from {source}{where}"


def statements(aggregates: Iterable[Aggregate]) -> list[str]:
    """Every statement that `judged` will ask, if all of them can be answered."""
    return [statement(group, members) for group, members in grouped(aggregates).items()]


def judged(aggregates: Sequence[Aggregate], rows: Rows) -> dict[str, Verdict]:
    """The verdicts by the check's id; one aggregate that fails does not touch the others."""
    settled = (a for a in aggregates if not a.expressions)
    found = {a.check.id: guarded(partial(a.judge, {})) for a in settled}
    for group, members in grouped(aggregates).items():
        found |= _of_group(group, members, rows)
    return found


def _of_group(group: Group, members: Sequence[Aggregate], rows: Rows) -> dict[str, Verdict]:
    try:
        row = rows.query(statement(group, members)).to_pylist()[0]
    except UnavailableError as error:
        return {member.check.id: failed(error) for member in members}
    except Exception as error:
        if len(members) == 1:
            return {members[0].check.id: failed(error)}
        # Whose fault it is shows when each is asked alone.
        return {k: v for member in members for k, v in _of_group(group, [member], rows).items()}
    return {
        member.check.id: guarded(partial(member.judge, _values(member, number, row)))
        for number, member in enumerate(members)
    }


def _values(aggregate: Aggregate, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[f"a{number}_{part}"] for part, name in enumerate(aggregate.expressions)}
