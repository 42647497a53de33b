"""How far a series usually is from what was expected, followed point by point."""

_CLIP = 3.0
_STEP = 1e-3
_LEAST = 1e-5


class Spread:
    """A running mean of absolute misses; what strays far counts no more than what strays a bit."""

    def __init__(self, span: float) -> None:
        """`span` is how many points are remembered, about."""
        self._span = span
        self._size = 0.0
        self.count = 0

    def add(self, size: float) -> None:
        self.count += 1
        if self.count > 12:
            size = min(size, _CLIP * self._size + _STEP)
        self._size += (size - self._size) / min(self.count, self._span)

    def of(self, varies: float) -> float:
        """The spread at an hour that varies so much against the whole; above 0."""
        return max(self._size * varies, _LEAST)

    def stretch(self, factor: float) -> None:
        self._size *= factor
