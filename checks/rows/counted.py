"""Verdicts on how many rows were bad."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from checks.core import Status, Verdict
from checks.wording import percent, plural, verb


def of_rows(
    rows: int,
    bad: int,
    *,
    bad_are: str,
    max_bad: int = 0,
    mostly: float | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Verdict:
    """Whether the bad ones of some rows are few enough: at most `max_bad`, or a share.

    `bad_are` says in words what the bad rows are; `mostly` is the least share of good rows, from 0
    to 1, and then `max_bad` does not count. Without rows there is nothing to judge.
    """
    if not rows:
        return Verdict.not_assessed("there are no rows to judge", rows=0, bad=0)
    good = (rows - bad) / rows
    if mostly is None:
        passes = bad <= max_bad
        observed, lower, upper = float(bad), None, float(max_bad)
        expected = f"at most {max_bad:,} bad rows" if max_bad else "no bad row"
    else:
        passes = good >= mostly
        observed, lower, upper = good, mostly, None
        expected = f"at least {percent(mostly)} of the rows good"
    return Verdict(
        Status.PASS if passes else Status.FAIL,
        f"{bad:,} of {plural(rows, 'row')} {bad_are}",
        observed=observed,
        expected=expected,
        lower=lower,
        upper=upper,
        rows=rows,
        bad=bad,
        detail=detail or {},
    )


def ignoring_nulls(verdict: Verdict) -> Verdict:
    """A verdict on keys that says how many rows had none; `null_keys` of its detail counts them."""
    nulls = verdict.detail.get("null_keys", 0)
    if not nulls:
        return verdict
    have = verb(nulls, "has", "have")
    told = f"{verdict.reason}; {plural(nulls, 'row')} {have} no whole key"
    return replace(verdict, reason=told)
