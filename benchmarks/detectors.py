"""Detectors of anomalies on seeded series: recall by kind, false alarms, delay and ranking.

Ours against what people use: three standard deviations over the 14 days before a point (as DQX
does) or including it (the default of Elementary), the same by the hour of the week or the weekday,
which is Elementary's seasonality, and statsforecast's MSTL with ETS (daily series only, refitted
every week, intervals of 99.7 % on a log scale, anomalies replaced by the forecast). The statistics
have the same floor of 20 % as ours, which is to their advantage. Ours is there as it is by default
(one false alarm a month allowed for), and with five.

Recall is the share of events in which at least one point was flagged. An alarm is a run of flagged
points; false ones are counted on healthy series, and after the events of the others, where a
detector may have lost its bearings. Ranking is the average precision of the scores of the points of
short events among all others.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.series import KINDS, LONG, SHAPES, SHORT, Floats, Labelled, Shape, healthy, planted
from checks.volume.backtest import backtest
from checks.volume.words import Tuning

FLOOR = 0.2
SIGMAS = 3.0
LEAST = 7  # values to learn from
YEARS = "daily, weekdays only"

Said = tuple[Floats, Floats]
"""Whether each point was flagged (1 or 0), and its score."""

Job = tuple[str, Shape, int, Sequence[str]]
"""Detector, shape, seed, and the kinds of events that are planted."""


def ours(series: Labelled, false_alarms: float = 1.0) -> Said:
    """The detector of the volume checks, as it is by default."""
    shape = series.shape
    tuning = Tuning(false_alarms, time_zone=shape.zone, holidays=shape.holidays)
    judged = backtest(series.times, series.values.tolist(), tuning)
    return np.array([float(p.flag) for p in judged]), np.array([p.score for p in judged])


def keen(series: Labelled) -> Said:
    """The same, told that five false alarms a month are fine."""
    return ours(series, 5.0)


def before(series: Labelled) -> Said:
    """Three standard deviations over the 14 days before the point."""
    return _said(series.values, _windows(series.values, 14 * series.shape.per_day))


def including(series: Labelled) -> Said:
    """The same, with the point among what it is held against."""
    values = series.values
    return _said(values, _windows(values, 14 * series.shape.per_day, itself=True))


def seasonal(series: Labelled) -> Said:
    """14 values of the same weekday or hour of the week, the point among them."""
    period = 7 * series.shape.per_day
    values = series.values
    flags, scores = np.zeros(len(values)), np.zeros(len(values))
    for phase in range(min(period, len(values))):
        part = slice(phase, None, period)
        flags[part], scores[part] = _said(values[part], _windows(values[part], 14, itself=True))
    return flags, scores


def forecast(series: Labelled) -> Said | None:
    """MSTL with ETS by statsforecast; None for series that are not daily."""
    if series.shape.per_day != 1:
        return None
    from statsforecast.models import MSTL, AutoETS

    log = bool((series.values >= 0).all())
    known = np.log1p(series.values) if log else series.values.copy()
    flags, scores = np.zeros(len(known)), np.zeros(len(known))
    step, first = 7, 28
    for at in range(first, len(known), step):
        model = MSTL(season_length=7, trend_forecaster=AutoETS(model="ZZN"))
        made = model.forecast(y=known[max(0, at - 180) : at], h=step, level=[99.7])  # type: ignore[list-item]
        for n in range(min(step, len(known) - at)):
            mean, value = float(made["mean"][n]), float(known[at + n])
            width = max(float(made["hi-99.7"][n]) - mean, _least_width(mean, log=log))
            scores[at + n] = abs(value - mean) / width
            if scores[at + n] > 1:
                flags[at + n], known[at + n] = 1, mean
    return flags, scores


def _least_width(mean: float, *, log: bool) -> float:
    return float(np.log1p(FLOOR)) if log else max(FLOOR * abs(mean), 1e-9)


def _windows(values: Floats, width: int, *, itself: bool = False) -> Iterator[Floats]:
    for at in range(len(values)):
        end = at + 1 if itself else at
        yield values[max(0, end - width) : end]


def _said(values: Floats, windows: Iterable[Floats]) -> Said:
    flags, scores = np.zeros(len(values)), np.zeros(len(values))
    for at, window in enumerate(windows):
        if len(window) < LEAST:
            continue
        mean, spread = float(window.mean()), float(window.std(ddof=1))
        if spread > 0:
            off = abs(float(values[at]) - mean)
            scores[at] = off / spread
            flags[at] = float(scores[at] > SIGMAS and off > FLOOR * abs(mean))
    return flags, scores


DETECTORS: dict[str, Callable[[Labelled], Said | None]] = {
    "limnograph": ours,
    "limnograph 5": keen,
    "3s before": before,
    "3s including": including,
    "3s seasonal": seasonal,
    "MSTL+ETS": forecast,
}

SLOW = ("limnograph 5", "MSTL+ETS")


@dataclass(slots=True)
class Tally:
    """What one detector did on one shape."""

    found: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    delays: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    after: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    alarms: int = 0
    months: float = 0.0
    precision: list[float] = field(default_factory=list)
    seconds: float = 0.0
    points: int = 0

    def add(self, other: "Tally") -> None:
        """Take in what was counted elsewhere."""
        for kind, found in other.found.items():
            self.found[kind] += found
        for kind, delays in other.delays.items():
            self.delays[kind] += delays
        for kind, alarms in other.after.items():
            self.after[kind] += alarms
        self.alarms += other.alarms
        self.months += other.months
        self.precision += other.precision
        self.seconds += other.seconds
        self.points += other.points

    def recall(self, kinds: Sequence[str]) -> float | None:
        """The share of events of some kinds that were found."""
        found = [one for kind in kinds for one in self.found.get(kind, ())]
        return sum(found) / len(found) if found else None

    @property
    def rate(self) -> float | None:
        """False alarms a month."""
        return self.alarms / self.months if self.months else None


def tallied(detector: str, shape: Shape, seed: int, kinds: Sequence[str] = KINDS) -> Tally:
    """One detector on a healthy series, on one with short events and on one with long ones."""
    tally = Tally()
    parts = [[kind for kind in kinds if kind in part] for part in (SHORT, LONG)]
    broken = (planted(shape, part, seed + 1000) for part in parts)
    for series in (healthy(shape, seed), *(one for one in broken if one and one.events)):
        began = time.perf_counter()
        said = DETECTORS[detector](series)
        if said is None:
            return tally
        tally.seconds += time.perf_counter() - began
        tally.points += len(series.values)
        flags, scores = said
        flags[: shape.burn_in] = 0
        if not series.events:
            tally.alarms += runs(flags)
            tally.months += series.months
            continue
        ends = [event.first for event in series.events[1:]] + [len(flags)]
        for event, end in zip(series.events, ends, strict=True):
            tally.after[event.kind].append(aftershocks(flags[event.last : end]))
            hits = np.flatnonzero(flags[event.first : event.last + 1])
            tally.found[event.kind].append(bool(len(hits)))
            if len(hits):
                tally.delays[event.kind].append(int(hits[0]))
        if series.events[0].kind in SHORT:
            judged = slice(shape.burn_in, None)
            tally.precision.append(average_precision(series.wrong[judged], scores[judged]))
    return tally


def average_precision(wrong: npt.NDArray[np.bool_], scores: Floats) -> float:
    """The mean of the precision at each wrong point; equal scores count as one step.

    >>> average_precision(np.array([True, False, True]), np.array([3.0, 2.0, 1.0])).__round__(3)
    0.833
    """
    order = np.argsort(-scores, kind="stable")
    wrong, scores = wrong[order], scores[order]
    last_of_equals = np.concatenate([scores[1:] != scores[:-1], [True]])
    hits = np.cumsum(wrong)[last_of_equals]
    precision = hits / (np.flatnonzero(last_of_equals) + 1)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / wrong.sum())


def aftershocks(flags: Floats) -> int:
    """Runs of flagged points after the first one, unless they go on from there.

    >>> aftershocks(np.array([1.0, 1.0, 0.0, 1.0])), aftershocks(np.array([0.0, 1.0, 1.0]))
    (1, 1)
    """
    return runs(flags) - int(flags[0])


def runs(flags: Floats) -> int:
    """How often a run of flagged points begins.

    >>> runs(np.array([0.0, 1.0, 1.0, 0.0, 1.0]))
    2
    """
    return int(np.sum(np.diff(flags, prepend=0.0) > 0))


def measure(seeds: int, names: Sequence[str], workers: int) -> dict[tuple[str, str], Tally]:
    """The tallies by detector and shape."""
    every = [(name, shape, seed) for name in names for shape in SHAPES for seed in range(seeds)]
    jobs: list[Job] = [(*job, KINDS) for job in every]
    # Healthy years of weekdays are an aim of their own, and cheap.
    by_name = {shape.name: shape for shape in SHAPES}
    jobs += [(names[0], by_name[YEARS], seed, ()) for seed in range(seeds, 20)]
    found: dict[tuple[str, str], Tally] = defaultdict(Tally)
    with ProcessPoolExecutor(workers) as pool:
        for (name, shape, *_), tally in zip(jobs, pool.map(_job, jobs, chunksize=1), strict=True):
            found[name, shape.name].add(tally)
    return found


def _job(job: Job) -> Tally:
    return tallied(*job)


# What is printed


def show(found: dict[tuple[str, str], Tally], names: Sequence[str]) -> None:
    """The tables, and the aims."""
    totals = {name: together(found[name, shape.name] for shape in SHAPES) for name in names}
    head("recall by kind of event", names, "events")
    for kind in KINDS:
        events = len(totals[names[0]].found[kind])
        row(kind, [totals[name].recall([kind]) for name in names], str(events))
    head("recall of halvings and doublings, by shape", names)
    for shape in SHAPES:
        both = [found[name, shape.name].recall(["halving", "doubling"]) for name in names]
        if both[0] is not None:
            row(shape.name, both)
    head("false alarms a month on healthy series", names, "months")
    for shape in SHAPES:
        tallies = [found[name, shape.name] for name in names]
        row(shape.name, [tally.rate for tally in tallies], f"{tallies[0].months:.0f}")
    head("alarms after an event that is over, per event", names)
    for kind in KINDS:
        row(kind, [_mean(totals[name].after[kind]) for name in names])
    head("median delay, slots after the first wrong one", names)
    for kind in KINDS:
        row(kind, [_median(totals[name].delays[kind]) for name in names])
    head("ranking: average precision", names)
    for shape in SHAPES:
        ranked = [_mean(found[name, shape.name].precision) for name in names]
        if ranked[0] is not None:
            row(shape.name, ranked)
    head("ms a point", names)
    row("", [1000 * totals[name].seconds / max(totals[name].points, 1) for name in names])
    _show_aims(found, names[0])


def _show_aims(found: dict[tuple[str, str], Tally], name: str) -> None:
    rhythmic = {shape.name: found[name, shape.name] for shape in SHAPES if shape.rhythmic}
    recall = together(rhythmic.values()).recall(["halving", "doubling"]) or 0.0
    rates = {shape: tally.rate or 0.0 for shape, tally in rhythmic.items()}
    worst, years = max(rates, key=rates.__getitem__), rhythmic[YEARS]
    print(f"\n{name}, rhythmic series:")
    print(f"  recall of halvings and doublings: {recall:.3f} (aim: at least 0.95)")
    print(f"  false alarms a month: mean {statistics.fmean(rates.values()):.2f} (aim: below 1),")
    print(f"    most {rates[worst]:.2f} ({worst})")
    print(
        f"  alarms in {years.months / 12.17:.0f} healthy years of weekdays: {years.alarms} (aim: 0)"
    )


def together(tallies: Iterable[Tally]) -> Tally:
    """The sum of some tallies."""
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total


def head(title: str, names: Sequence[str], last: str = "") -> None:
    """The head of a table."""
    print(f"\n{title:44}" + "".join(f"{name:>14}" for name in names) + f"{last:>9}")


def row(title: str, figures: Sequence[float | None], last: str = "") -> None:
    """A row of a table; a dash is what does not apply."""
    cells = "".join(f"{'-' if one is None else f'{one:.2f}':>14}" for one in figures)
    print(f"  {title:42}{cells}{last:>9}", flush=True)


def _median(values: Sequence[int]) -> float | None:
    return float(statistics.median(values)) if values else None


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4, help="series of each shape, twice")
    parser.add_argument("--quick", action="store_true", help="one seed, and not the slow ones")
    parser.add_argument("--only", help="one detector", choices=DETECTORS)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else list(DETECTORS)
    if arguments.quick and not arguments.only:
        names = [name for name in names if name not in SLOW]
    began = time.perf_counter()
    show(measure(1 if arguments.quick else arguments.seeds, names, arguments.workers), names)
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
