"""The verdict on a table's definition: what differs from the contract, and forbidden changes."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from checks.core import Check, Past, Status, Verdict
from checks.schema.contract import Difference, differences
from checks.schema.forbidden import breaches
from checks.schema.form import BREAKING, SchemaForm
from checks.wording import length, listed, moment, plural
from monitors.core import Definition
from monitors.delta.evolution.change import ChangeKind

_MOST = 20  # findings told one by one in the detail


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the definition that brought it."""

    what: str
    path: str
    expected: Any
    observed: Any
    message: str
    mend: str
    by: Definition

    @property
    def text(self) -> str:
        """What is wrong, and since which commit."""
        how = f", {self.by.operation}" if self.by.operation else ""
        who = f" by {self.by.user}" if self.by.user else ""
        return f"{self.message} (since version {self.by.version}, {moment(self.by.at)}{how}{who})"

    def detail(self) -> dict[str, Any]:
        """As a JSON value, but for its time."""
        return {
            "what": self.what,
            "path": self.path,
            "expected": self.expected,
            "observed": self.observed,
            "message": self.message,
            "mend": self.mend,
            "version": self.by.version,
            "at": self.by.at,
            "operation": self.by.operation,
            "user": self.by.user,
        }


def judge(check: Check, past: Past) -> Sequence[Verdict]:
    """One verdict with everything that is wrong."""
    form = check.form
    assert isinstance(form, SchemaForm)
    look = shlex.join(["limnograph", "schema", check.subject.name, "--history"])
    if past.unreadable is not None:
        return (Verdict.error(*past.unreadable, look=look),)
    definitions = past.definitions(None)
    if not definitions:
        reason = "how the table is defined is not known"
        mend = "switch the monitor schema on for it, and see with `limnograph report` what it lacks"
        return (Verdict.not_assessed(reason, mend, look=look),)
    accepted = _accepted_until(form, past, check.id)
    found = [
        *_differences(form, definitions),
        *_breaches(check, definitions, accepted),
    ]
    window = (min(definitions[-1].at, past.now), past.now)
    return (_verdict(form, definitions[-1], found, look, window),)


def _accepted_until(form: SchemaForm, past: Past, check: str) -> datetime:
    """Changes up to then are no longer held against the table."""
    # A span ends before its second time.
    ends = [end - timedelta(microseconds=1) for _, end in past.expected(check)]
    return max([past.now - length(form.remember), *ends])


def _differences(form: SchemaForm, definitions: Sequence[Definition]) -> Iterator[Finding]:
    """What differs from the contract now, each with the definition since which it does."""
    newest = {_identity(one): one for one in differences(form, definitions[-1])}
    since = dict.fromkeys(newest, definitions[-1])
    open_ = set(newest)
    for definition in reversed(definitions[:-1]):
        if not open_:
            break
        open_ &= {_identity(one) for one in differences(form, definition)}
        since.update(dict.fromkeys(open_, definition))
    for identity, one in newest.items():
        yield Finding(
            one.what, one.path, one.expected, one.observed, one.message, one.mend, since[identity]
        )


def _identity(one: Difference) -> tuple[str, str, str]:
    return one.what, one.path, one.observed


def _breaches(
    check: Check, definitions: Sequence[Definition], accepted_until: datetime
) -> Iterator[Finding]:
    form = check.form
    assert isinstance(form, SchemaForm)
    if not form.forbidden:
        return
    for breach in breaches(definitions, form.forbidden, accepted_until):
        change, day = breach.change, breach.by.at.astimezone(ZoneInfo(check.subject.time_zone))
        expect = ["limnograph", "check", "expect", check.full_id, "--from", f"{day:%Y-%m-%d}"]
        mend = f"revert it, or say that it was expected: `{shlex.join(expect)}`"
        message = f"forbidden: {change.message}"
        yield Finding(
            str(change.kind), change.path, change.before, change.after, message, mend, breach.by
        )


def _verdict(
    form: SchemaForm,
    newest: Definition,
    found: Sequence[Finding],
    look: str,
    window: tuple[datetime, datetime],
) -> Verdict:
    columns = plural(sum(len(column.path) == 1 for column in newest.columns), "column")
    as_of = f"{columns} as of version {newest.version}, {moment(newest.at)}"
    return Verdict(
        Status.FAIL if found else Status.PASS,
        listed((one.text for one in found), joint="; ") if found else f"{as_of}: as it should be",
        found[0].mend if found else "",
        observed=float(len(found)),
        expected=_expected(form),
        upper=0.0,
        window=window,
        look=look,
        detail={
            "version": newest.version,
            "count": len(found),
            "findings": [one.detail() for one in found[:_MOST]],
        },
    )


def _expected(form: SchemaForm) -> str:
    """What would pass, in words."""
    parts = []
    if form.columns:
        only = "only " if form.extra == "forbid" else ""
        parts.append(f"{only}{plural(len(form.columns), 'column')} as in the contract")
    if form.properties:
        many = len(form.properties)
        parts.append(f"{many} propert{'y' if many == 1 else 'ies'} as in the contract")
    if form.partitioned_by is not None:
        parts.append(f"partitioned by {', '.join(form.partitioned_by) or 'nothing'}")
    if form.clustered_by is not None:
        parts.append(f"clustered by {', '.join(form.clustered_by) or 'nothing'}")
    if form.features:
        parts.append(f"features {', '.join(form.features)}")
    if form.forbidden:
        parts.append(_forbidden(form.forbidden))
    return "; ".join(parts)


def _forbidden(kinds: frozenset[ChangeKind]) -> str:
    if kinds == frozenset(ChangeKind):
        return "no change"
    if kinds == frozenset(BREAKING):
        return "no breaking change"
    allowed = frozenset(ChangeKind) - kinds
    if len(allowed) < len(kinds):
        return f"no change but {listed(map(str, sorted(allowed)))}"
    return f"no {listed(map(str, sorted(kinds)))}"
