"""What holds for rows: values are set, keys occur once, times are past, parents exist."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from checks.expectations.kinds import NUMBERS, TIMES, ColumnKind
from limnograph.proposals.keys import guess
from limnograph.suggesting import names
from limnograph.suggesting.columns import Profile
from limnograph.suggesting.forms import Forms, rule
from limnograph.suggesting.proposal import Proposal, slug, written
from monitors.core import Column
from monitors.lakes.rows.sql import quoted

LEAST = 30
"""Rows below which nothing is said of them, but for what is exact."""

_FLOOR = 0.5  # a column that is null more often is not about being set
_STEP = 0.05
_KEY_KINDS = (ColumnKind.INTEGER, ColumnKind.TEXT)


@dataclass(frozen=True, slots=True)
class Looked:
    """How much was looked at, for the evidence: rows of so many of all files; `all` of them."""

    rows: int
    files: int
    of: int
    all: bool

    @property
    def text(self) -> str:
        files = f"{self.files} file{'s' if self.files != 1 else ''}"
        if self.all:
            return f"all {self.rows:,} rows"
        return f"{self.rows:,} rows of {files}"


def set_values(
    profile: Profile, looked: Looked, forms: Forms, key: Sequence[str], batches: Sequence[float]
) -> Iterator[Proposal]:
    """A column that is never null, or seldom.

    `batches` are the shares of set values of single commits, where there are enough rows.
    """
    name = profile.name
    meaning = ("not_null", name)
    if profile.rows < LEAST or profile.is_odd:  # what is no number counts as null elsewhere
        return
    told = profile.log.nulls
    if not profile.nulls and not told:
        log = "" if looked.all else "; the log does not tell of the others"
        if told == 0 and profile.log.rows is not None and not looked.all:
            log = f"; the log says 0 in all {profile.log.rows:,}"
        severity = "critical" if name in key else "warning"
        why = (f"0 nulls in {looked.text}{log}.",)
        yield Proposal(meaning, forms.not_null(name, severity), why)
        return
    least = min((profile.set / profile.rows, *batches))
    mostly = round(int((least - _STEP / 2) / _STEP) * _STEP, 2)
    if mostly >= _FLOOR:
        share = f"{100 * profile.nulls / profile.rows:.3g}"
        why = (
            f"{share} % nulls in {looked.text}, at most {100 * (1 - least):.3g} % in any commit "
            "of some size.",
        )
        yield Proposal(meaning, forms.not_null(name, "info", mostly), why, learned=True)


def key_columns(
    table: str, columns: Sequence[Column], predicates: Sequence[str], rows: pa.Table
) -> tuple[tuple[str, ...], str]:
    """The columns that identify a row as far as these rows tell, and why; else none."""
    found = guess(table.rpartition(".")[2].lower(), columns, predicates)
    if found is None or any(name not in rows.column_names for name in found.columns):
        return (), ""
    keys = rows.select(list(found.columns))
    if keys.num_rows < LEAST or any(column.null_count for column in keys.columns):
        return (), ""
    distinct = keys.group_by(list(found.columns)).aggregate([]).num_rows
    return (found.columns, found.why) if distinct == keys.num_rows else ((), "")


def unique(key: Sequence[str], why: str, proof: str) -> Proposal:
    """No two rows have the same key; `proof` says how that is known."""
    told = ", ".join(key)
    fields = written("unique", slug(*key, "unique"), "critical", columns=list(key))
    return Proposal(("unique", *sorted(key)), fields, (f"{told} may be the key: {why}. {proof}",))


def past_times(profile: Profile, now: datetime) -> Iterator[Proposal]:
    """Times that lie in the past; a day of grace bears clocks and zones that differ."""
    timely = profile.kind in TIMES or profile.kind is ColumnKind.DATE
    if not timely or profile.set < LEAST or names.may_be_later(profile.name):
        return
    if profile.greatest is None or _moment(profile.greatest) > now + timedelta(hours=12):
        return
    column = quoted(profile.name)
    limit = "current_timestamp() + interval 1 day"
    if profile.kind is ColumnKind.DATE:
        limit = "date_add(current_date(), 1)"
    elif profile.kind is ColumnKind.TIMESTAMP_NTZ:
        limit = f"cast({limit} as timestamp_ntz)"
    fields = rule(slug(profile.name, "not-in-future"), f"{column} > {limit}")
    why = (f"None of {profile.set:,} times lies in the future.",)
    yield Proposal(("past", profile.name), fields, why)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    assert isinstance(value, date)
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def ordered(found: Sequence[Profile], rows: pa.Table) -> Iterator[Proposal]:
    """Two columns of which the first is never greater, where their names say so too."""
    comparable = [p for p in found if p.kind in TIMES or p.kind in (*NUMBERS, ColumnKind.DATE)]
    for first, second in permutations(comparable, 2):
        if first.kind is not second.kind or not names.come_in_order(first.name, second.name):
            continue
        pair = rows.select([first.name, second.name]).drop_null()
        if pair.num_rows < LEAST or not _never_greater(pair):
            continue
        bad = f"{quoted(first.name)} > {quoted(second.name)}"
        fields = rule(slug(first.name, "before", second.name), bad)
        why = (f"{first.name} is not after {second.name} in {pair.num_rows:,} rows with both.",)
        yield Proposal(("ordered", first.name, second.name), fields, why)


def _never_greater(pair: pa.Table) -> bool:
    return bool(pc.all(pc.less_equal(pair.column(0), pair.column(1))).as_py())


def references(
    found: Sequence[Profile], table: str, others: Mapping[str, Sequence[tuple[str, ColumnKind]]]
) -> Iterator[Proposal]:
    """Columns that by their names hold keys of another table, which trying has to prove.

    `others` are the columns of the other declared tables by name.
    """
    for profile in found:
        if profile.kind not in _KEY_KINDS or profile.set < LEAST:
            continue
        for other, columns in others.items():
            if other == table or not names_parent(profile.name, other):
                continue
            to = _target(profile, columns)
            if to is None:
                continue
            id = slug(profile.name, "in", other.rpartition(".")[2])
            fields = written(
                "references", id, "warning", columns=[profile.name], table=other, to=[to]
            )
            meaning = ("references", profile.name, other)
            yield Proposal(meaning, fields, (f"{profile.name} names rows of {other} ({to}).",))


def names_parent(column: str, table: str) -> bool:
    """Whether a column by its name holds keys of a table.

    >>> names_parent("author_id", "main.dim.authors"), names_parent("id", "main.dim.authors")
    (True, False)
    """
    parts = names.words(column)
    if len(parts) < 2 or parts[-1] not in ("id", "key"):
        return False
    thing, last = "_".join(parts[:-1]), "_".join(names.words(table.rpartition(".")[2]))
    return last in (thing, f"{thing}s", f"{thing}es", f"{thing.removesuffix('y')}ies")


def _target(profile: Profile, columns: Sequence[tuple[str, ColumnKind]]) -> str | None:
    """The column of a parent that has the keys."""
    wanted = ("id", "_".join(names.words(profile.name)), "key", "uuid")
    fitting = {"_".join(names.words(name)): name for name, kind in columns if kind is profile.kind}
    return next((fitting[name] for name in wanted if name in fitting), None)
