"""Suggested checks as lines of YAML, each below its evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

from limnograph.proposals.cadence import short
from limnograph.proposals.writing import comment, mapping
from limnograph.suggesting.proposal import Alarms, Proposal

_STEP = "  "


def items(proposals: Sequence[Proposal], dash: str, inner: str) -> list[str]:
    """The checks as items of a list; `dash` and `inner` are the indentations of both."""
    lines: list[str] = []
    for proposal in proposals:
        lines += comment(evidence(proposal), dash)
        first, *rest = mapping(proposal.fields, {}, inner)
        lines += [f"{dash}-{first[len(dash) + 1 :]}", *rest]
    return lines


def evidence(proposal: Proposal) -> list[str]:
    """The sentences above a check: why, and how many false alarms it would have been."""
    told = " ".join(proposal.why)
    if proposal.alarms is None:
        return [told]
    return [told, alarm_sentence(proposal.alarms)]


def alarm_sentence(alarms: Alarms) -> str:
    """The estimate in words.

    >>> alarm_sentence(Alarms(0, 43, 14.2))
    'It would have failed on 0 of 43 newer commits: under 1 alarm in 14d 5h.'
    """
    from datetime import timedelta

    plural = "s" if alarms.of != 1 else ""
    told = f"It would have failed on {alarms.failed:,} of {alarms.of:,} {alarms.unit}{plural}"
    rate = alarms.per_month
    if rate:
        return f"{told}: {rate:.2g} alarms in 30 days."
    if alarms.days <= 0:
        return f"{told}."
    return f"{told}: under 1 alarm in {short(timedelta(days=alarms.days))}."


def document(header: Sequence[str], proposals: Sequence[Proposal]) -> str:
    """The `checks` of a table, to be pasted below it."""
    lines = [*comment(header), "checks:", *items(proposals, _STEP, _STEP * 2)]
    return "".join(f"{line}\n" for line in lines)


def can_be_written(proposal: Proposal) -> bool:
    """Whether the lines of a check are read as what they are: some characters of values are not."""
    from limnograph.settings.document import parse

    text = document([], [proposal])
    parsed, report = parse(text.encode("utf-8", "replace"), "suggestion")
    return not report.problems and parsed.root.value == {"checks": values([proposal])}


def values(proposals: Sequence[Proposal]) -> list[Mapping[str, Any]]:
    """The same as plain values."""
    return [dict(proposal.fields) for proposal in proposals]
