"""What becomes of a verdict: errors caught per check, and what was left out never silent."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from checks.core import Check, Status, Unread, Verdict
from monitors.errors import LimnographError, UnavailableError

AGAIN = "again"
"""In the detail of an error that another try may mend: the rows have not been judged yet."""

_DEFECT = "this may be a defect of limnograph: --debug shows where it happened"
_SHOWN = 3


def failed(error: Exception) -> Verdict:
    """The verdict of a check that could not be evaluated."""
    if isinstance(error, LimnographError):
        passing = isinstance(error, UnavailableError)
        return Verdict.error(error.reason, error.mend, detail={AGAIN: passing})
    if isinstance(error, MemoryError):
        mend = "judge fewer rows at once, or give the workers more memory"
        return Verdict.error("the check needs more memory than there is", mend)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Verdict.error(text[:500], _DEFECT)


def guarded(step: Callable[[], Verdict]) -> Verdict:
    """The verdict of a step, whatever it raises."""
    try:
        return step()
    except Exception as error:
        return failed(error)


def standing(check: Check, verdict: Verdict, left_out: Sequence[Unread]) -> Verdict:
    """A verdict on new rows, given that some of them were left out: it can no longer pass."""
    if not left_out:
        return verdict
    reasons = _reasons(left_out)
    detail = {**verdict.detail, "left_out": [unread.reason for unread in left_out]}
    if verdict.status not in (Status.PASS, Status.NOT_ASSESSED):
        return replace(verdict, reason=f"{verdict.reason}; {reasons}", detail=detail)
    worst = next((unread for unread in left_out if unread.error), left_out[0])
    status = Status.ERROR if worst.error else Status.NOT_ASSESSED
    reason = reasons if not verdict.rows else f"{reasons}; of the others, {verdict.reason}"
    return replace(verdict, status=status, reason=reason, mend=worst.mend, detail=detail)


def _reasons(left_out: Sequence[Unread]) -> str:
    shown = "; ".join(unread.reason for unread in left_out[:_SHOWN])
    more = len(left_out) - _SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown
