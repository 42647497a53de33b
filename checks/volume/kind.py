"""Volume: the rows of an hour or a day against what is usual for it, learned from the past."""

from collections.abc import Sequence

from checks.core import Check, Kind, Past, Slot, Status, Verdict
from checks.volume.form import VolumeForm
from checks.volume.replay import end
from checks.volume.series import Series, partial, series, today_so_far, tuning
from checks.volume.wording import between, number
from checks.volume.words import Judged, State, Tuning

_LET_IT_RUN = "let it run; counts are learned from the commits that the log still holds"


def judge(check: Check, past: Past) -> Sequence[Verdict]:
    """One verdict about the newest complete slot, or about today so far if that is out of bounds.

    A slot out of bounds fails until a later complete one is not.
    """
    form = check.form
    assert isinstance(form, VolumeForm)
    look = f"limnograph backtest --table {check.subject.name} --check {check.id}"
    if past.unreadable:
        reason, mend = past.unreadable
        return [Verdict.error(reason, mend, look=look)]
    tuned = tuning(check, form, past)
    verdict = _complete(form, series(form, past), tuned, look)
    if form.grain == "day" and verdict.status is not Status.FAIL:
        verdict = _so_far(form, check, past, tuned, look, verdict)
    return [verdict]


def _complete(form: VolumeForm, known: Series, tuned: Tuning, look: str) -> Verdict:
    if not known.slots:
        return Verdict.not_assessed(f"no {form.grain} is complete yet", _LET_IT_RUN, look=look)
    said = end(known, tuned)
    newest = known.slots[-1]
    if said.known is not None and said.known.flag:
        slot = known.slots[said.index]
        if not _expected(tuned, slot):
            after = "" if slot == newest else "; what came after it is unknown"
            return _verdict(slot, said.known, form, look, after)
        if slot == newest:
            return _verdict(slot, said.known, form, look, "; that was expected", fails=False)
    if newest.value is None:
        return Verdict.not_assessed(
            f"the rows of the last {form.grain} are unknown: a commit could not be counted, or the "
            "log had a hole",
            "see the gaps and the uncounted commits of the table",
            window=(newest.start, newest.end),
            look=look,
        )
    return _verdict(newest, said.newest, form, look)


def _so_far(
    form: VolumeForm, check: Check, past: Past, tuned: Tuning, look: str, verdict: Verdict
) -> Verdict:
    """The verdict of the complete days, unless today is already out of bounds."""
    days = today_so_far(form, past, check.subject.time_zone)
    if not days.slots or days.slots[-1].value is None:
        return verdict
    today = end(days, partial(tuned)).newest
    if today.flag and not _expected(tuned, days.slots[-1]):
        return _verdict(days.slots[-1], today, form, look, " by this hour")
    so_far = {"observed": today.value, "expected": today.expected, "score": today.score}
    return _with(verdict, today_so_far=so_far)


def _with(verdict: Verdict, **more: object) -> Verdict:
    from dataclasses import replace

    return replace(verdict, detail={**verdict.detail, **more})


def _expected(tuned: Tuning, slot: Slot) -> bool:
    return any(start <= slot.start < end for start, end in tuned.expected)


def _verdict(
    slot: Slot, judged: Judged, form: VolumeForm, look: str, more: str = "", *, fails: bool = True
) -> Verdict:
    learning = judged.state is State.LEARNING
    declared = form.min is not None or form.max is not None
    status = Status.FAIL if judged.flag and fails else Status.PASS
    if learning and not declared:
        status = Status.NOT_ASSESSED
    return Verdict(
        status,
        judged.reason + more,
        _LET_IT_RUN if learning else "",
        observed=judged.value,
        expected=between(judged.lower, judged.upper),
        lower=judged.lower,
        upper=judged.upper,
        window=(slot.start, slot.end),
        look=look,
        detail={
            "score": judged.score,
            "state": str(judged.state),
            "usual": None if judged.expected is None else number(judged.expected),
        },
    )


KIND = Kind(
    name="volume",
    summary="Rows of an hour or a day against what is usual for it.",
    form=VolumeForm,
    judge=judge,
)
