"""Where a series stands now, followed at several speeds at once; the best speed is learned.

Each follower says what the next scaled value will be. They are trusted by how near they were
lately, so a steady series is judged against a long average and a wandering one against its last
values. What strays far moves them no more than what strays a little.
"""

from collections.abc import Sequence

_CLIP = 3.0
_TRUST = 14
_HASTE = 0.08
"""The faster a follower, the better it must be to be trusted as much."""
_STEP = 0.01
"""A steady series may still move by so much, on its scale, at a time."""
_START = 8
"""For so many points a follower is a plain average, whatever its speed."""


class Levels:
    """Followers of a scaled series; `day` is how many points make a day, at least one."""

    def __init__(self, day: float) -> None:
        long = 1 / max(7 * day, 14)
        middle = 1 / max(day, 7)
        speeds = [(long, True), (max(middle, long), True)]
        speeds += [(speed, True) for speed in (0.15, 0.4, 0.85)]
        speeds += [(speed, False) for speed in (0.15, 0.4, 0.85)]
        self._speeds = tuple(speeds)
        self._level = [0.0] * len(speeds)
        self._loss = [0.0] * len(speeds)
        self._handicap = [1 + _HASTE * speed for speed, _ in speeds]
        self._slope = 0.0
        self._slope_loss = 0.0
        self._last: float | None = None
        self._count = 0
        self._memory = 1 / max(7 * day, 60)

    @property
    def count(self) -> int:
        return self._count

    def slow(self, usual: float) -> float:
        """What is expected of a series that stays at its long level; `usual` is its season."""
        return usual + self._level[0]

    def expected(self, usual: float) -> float:
        """What the followers expect together."""
        guesses = [
            level + usual if seasonal else level
            for level, (_, seasonal) in zip(self._level, self._speeds, strict=True)
        ]
        losses = [a * b for a, b in zip(self._loss, self._handicap, strict=True)]
        if self._last is not None:
            guesses.append(self._last + self._slope)
            losses.append(self._slope_loss * (1 + _HASTE))
        best = max(min(losses), 1e-12)
        total = share = 0.0
        for guess, loss in zip(guesses, losses, strict=True):
            weight = (best / loss) ** _TRUST if loss > best else 1.0
            total += weight * guess
            share += weight
        return total / share

    def follow(self, scaled: float, usual: float) -> None:
        """Take a value into account that was as expected, or nearly so."""
        self._count += 1
        count = self._count
        memory = max(self._memory, 1 / count)
        for i, (speed, seasonal) in enumerate(self._speeds):
            miss = scaled - self._level[i] - (usual if seasonal else 0.0)
            rate = max(speed, 1 / count) if count <= _START or speed < 0.15 else speed
            if count > _START:
                limit = _CLIP * 1.25 * self._loss[i] + _STEP
                miss = limit if miss > limit else -limit if miss < -limit else miss
            self._level[i] += rate * miss
            if count > 1:
                self._loss[i] += memory * (abs(miss) - self._loss[i])
        if self._last is not None:
            step = scaled - self._last
            miss = step - self._slope
            limit = _CLIP * 1.25 * self._slope_loss + _STEP
            if count > _START:
                miss = limit if miss > limit else -limit if miss < -limit else miss
            self._slope += max(0.1, 1 / count) * miss
            self._slope_loss += memory * (abs(miss) - self._slope_loss)
        self._last = scaled

    def settle(self, scaled: Sequence[float], usual: Sequence[float]) -> float:
        """Take the middle of these values for the new level; how far the long level moved."""
        plain = _middle(scaled)
        seasonal = _middle([value - season for value, season in zip(scaled, usual, strict=True)])
        moved = seasonal - self._level[0]
        self._level = [seasonal if season else plain for _, season in self._speeds]
        self._last, self._slope = scaled[-1], 0.0
        return moved

    def rebase(self, shift: float) -> None:
        """The season is now greater by so much at the same level."""
        for i, (_, seasonal) in enumerate(self._speeds):
            if seasonal:
                self._level[i] -= shift


def _middle(values: Sequence[float]) -> float:
    ranked = sorted(values)
    half = len(ranked) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2
