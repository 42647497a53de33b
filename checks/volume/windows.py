"""What a single point hides: a shift, a leak or an unrest that shows over the last few points."""

from collections import deque
from itertools import islice

from checks.volume.tail import Tail

_CLIP = 6.0
_MEMORY = 300
_ENOUGH = 24


class Window:
    """The mean of the last deviations, held against all such means before."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._recent: deque[float] = deque(maxlen=length)
        self._sum = 0.0
        self._tail = Tail(together=length)
        self._last = self._squares = self._products = 0.0

    def add(self, deviation: float, *, train: bool) -> float:
        """The surprise of the window up to this deviation, which is in units of its spread.

        It is 0 when the last part of the window is back near zero, whatever came before.
        """
        if len(self._recent) == self.length:
            self._sum -= self._recent[0]
        clipped = max(-_CLIP, min(_CLIP, deviation))
        self._recent.append(clipped)
        self._sum += clipped
        if len(self._recent) < self.length:
            return 0.0
        mean = self.mean
        surprise = self._tail.surprise(mean) if self.ready else 0.0
        if train:
            self._tail.add(mean)
            self._squares += (clipped**2 - self._squares) / _MEMORY
            self._products += (clipped * self._last - self._products) / _MEMORY
        self._last = clipped
        return surprise if self._lasts() else 0.0

    def _lasts(self) -> bool:
        part = max(self.length // 4, 2)
        last = sum(islice(reversed(self._recent), part)) / part
        return last * self.mean > 0 and abs(last) >= abs(self.mean) / 2

    @property
    def mean(self) -> float:
        return self._sum / max(len(self._recent), 1)

    @property
    def ready(self) -> bool:
        """Enough windows that do not overlap were seen to tell which are rare."""
        return len(self._tail) >= _ENOUGH

    def refresh(self) -> None:
        """Take what was added into account. Where neighbours are alike, there is less to go by."""
        alike = self._products / self._squares if self._squares > 0 else 0.0
        alike = min(max(alike, 0.0), 0.99)
        self._tail.together = self.length + round(2 * alike / (1 - alike))
        self._tail.refresh()

    def forget(self) -> None:
        """The last deviations were taken for normal, or say nothing of the next."""
        self._recent.clear()
        self._sum = 0.0
