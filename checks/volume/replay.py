"""The end of a replayed series, remembered: between two slots a check asks for the same again."""

import hashlib
import math
from array import array
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from checks.volume.backtest import backtest
from checks.volume.series import Series
from checks.volume.words import Judged, Tuning

_MOST = 50_000
"""So many ends are remembered, of less than a kilobyte each."""


@dataclass(frozen=True, slots=True)
class End:
    """The judgement of the newest slot, and that of the newest known one with its index."""

    newest: Judged
    known: Judged | None
    index: int


_remembered: OrderedDict[bytes, End] = OrderedDict()
_lock = Lock()


def end(series: Series, tuning: Tuning) -> End:
    """What a replay says of the end of a series, which is not empty."""
    key = _key(series, tuning)
    with _lock:
        found = _remembered.pop(key, None)
    if found is None:
        found = _replayed(series, tuning)
    with _lock:
        _remembered[key] = found
        if len(_remembered) > _MOST:
            _remembered.popitem(last=False)
    return found


def _replayed(series: Series, tuning: Tuning) -> End:
    judged = backtest(series.times, series.values, tuning)
    known = [index for index, point in enumerate(judged) if point.value is not None]
    index = known[-1] if known else -1
    return End(judged[-1], judged[index] if known else None, index)


def _key(series: Series, tuning: Tuning) -> bytes:
    values = array("d", (math.nan if value is None else value for value in series.values))
    stamps = array("d", (at.timestamp() for at in series.times))
    digest = hashlib.blake2b(repr(tuning).encode(), digest_size=16)
    digest.update(values.tobytes())
    digest.update(stamps.tobytes())
    return digest.digest()
