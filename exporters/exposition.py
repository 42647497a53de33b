"""The page that Prometheus scrapes, kept ready: lines cached per subject, joined once per change.

A scrape takes `Exposition.rendered` and sends its bytes; it formats nothing and waits for nobody.
Whoever feeds it calls `replace` and `drop` for the subjects that changed, then `render`, which
joins and compresses the families that did. The two formats differ in their heads only, so the
sample lines and their compressed form are shared: a gzip body is one member made of the heads and
the families, each compressed on its own and ended by a flush.
"""

import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from exporters.prometheus import (
    SERIES_DROPPED,
    Sample,
    family,
    line_writer,
    openmetrics_head,
    over_budget,
    text_head,
)
from monitors.core import Metric

GZIP_LEVEL = 1
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_LAST_BLOCK = b"\x03\x00"
_OWN_SUBJECT = "exposition"


class Format(StrEnum):
    """The text format 0.0.4, or OpenMetrics 1.0."""

    TEXT = "text"
    OPENMETRICS = "openmetrics"


class Piece(NamedTuple):
    """A part of a page, and the same part deflated, so that parts can be put one after another."""

    plain: bytes
    deflated: bytes


@dataclass(frozen=True, slots=True)
class RenderedFamily:
    """One family, ready to send."""

    name: str
    heads: Mapping[Format, Piece]
    lines: Piece


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished page in both formats; `series` are its lines, `dropped` the families left out."""

    families: tuple[RenderedFamily, ...] = ()
    series: int = 0
    dropped: tuple[str, ...] = ()
    bodies: Mapping[tuple[Format, bool], bytes] = field(default_factory=lambda: _bodies(()))

    def body(self, form: Format, *, gzip: bool = False, names: Collection[str] = ()) -> bytes:
        """The page's bytes; with names only those families, as Prometheus' `name[]` asks."""
        if not names:
            return self.bodies[form, gzip]
        pieces = _pieces(form, [f for f in self.families if f.name in names])
        return _gzipped(pieces) if gzip else _joined(pieces)


class Exposition:
    """The series of all subjects. Safe to feed from one thread and to scrape from others.

    `metrics` are the declared families, `opt_in` names those that are shown only when asked for,
    `max_series` is the budget of the whole page (None: no limit). ValueError when two metrics
    share a name, or a name does not fit its kind.
    """

    def __init__(
        self,
        metrics: Iterable[Metric],
        *,
        opt_in: Collection[str] = (),
        max_series: int | None = None,
    ) -> None:
        self._declared = _declared(metrics)
        self._lock = threading.Lock()
        self._families: dict[str, _Family] = {}
        self.choose(opt_in=opt_in, max_series=max_series)
        self._undeclared: dict[str, int] = {}
        self._left_out: Counter[str] = Counter()
        self._ever_left_out = Counter({"max_series": 0, "undeclared": 0})
        self.rendered = Rendered()
        self.render()

    def choose(self, *, opt_in: Collection[str] = (), max_series: int | None = None) -> None:
        """Take another choice of opt-in families and another budget, from the next rendering on.

        A family that was hidden until now is empty until its subjects are replaced.
        """
        with self._lock:
            self._max_series = max_series
            self._hidden = {m.name for m in self._declared if m.opt_in and m.name not in opt_in}
            self._families = {
                m.name: self._families.get(m.name) or _Family(m)
                for m in self._declared
                if m.name not in self._hidden
            }

    def replace(self, subject_id: str, samples: Iterable[Sample]) -> None:
        """Show these samples of a subject and no others; of two with equal labels the last wins."""
        mine, undeclared = self._sorted_out(samples)
        with self._lock:
            for name, each in self._families.items():
                each.put(subject_id, mine.get(name, ()))
            self._undeclared.pop(subject_id, None)
            if undeclared:
                self._undeclared[subject_id] = undeclared

    def drop(self, subject_id: str) -> None:
        """Forget a subject, for example a table that left the roster."""
        self.replace(subject_id, ())

    def render(self) -> Rendered:
        """Join and compress what changed since the last call; the result is also `rendered`."""
        with self._lock:
            dropped = self._within_budget()
            shown = self._shown(dropped)
            names = [f.metric.name for f in shown]
            before = [f.name for f in self.rendered.families]
            if names != before or any(f.lines is None for f in shown):
                families = tuple(f.rendered() for f in shown)
                series = sum(f.series for f in shown)
                self.rendered = Rendered(families, series, dropped, _bodies(families))
        return self.rendered

    def families(self) -> list[tuple[Metric, list[Sample]]]:
        """Every family on the page with its samples, in the order of the page."""
        with self._lock:
            return [
                (f.metric, [sample for samples in f.samples.values() for sample in samples])
                for f in self._shown(self.rendered.dropped)
            ]

    def _shown(self, dropped: Collection[str]) -> list["_Family"]:
        return [f for name, f in self._families.items() if f.series and name not in dropped]

    def _sorted_out(self, samples: Iterable[Sample]) -> tuple[dict[str, tuple[Sample, ...]], int]:
        """Samples by family, each label set once; and how many nobody declares."""
        by_name: dict[str, dict[tuple[str, ...], Sample]] = defaultdict(dict)
        undeclared = 0
        for sample in samples:
            name, labels, _ = sample
            known = self._families.get(name)
            if known and len(known.metric.labels) == len(labels):
                by_name[name][labels] = sample
            elif name not in self._hidden:
                undeclared += 1
        return {name: tuple(each.values()) for name, each in by_name.items()}, undeclared

    def _within_budget(self) -> tuple[str, ...]:
        """The families that go, counted once in the metric that says so."""
        own = self._families[SERIES_DROPPED.name]
        others = {name: f.series for name, f in self._families.items() if f is not own}
        metrics = [self._families[name].metric for name in others]
        dropped = over_budget(others, metrics, self._max_series)
        left_out = Counter(
            max_series=sum(others[name] for name in dropped),
            undeclared=sum(self._undeclared.values()),
        )
        # Unary plus keeps what grew: a series counts when it is left out, not at every rendering.
        self._ever_left_out.update(+(left_out - self._left_out))
        self._left_out = left_out
        samples = tuple(
            (SERIES_DROPPED.name, (reason,), float(count))
            for reason, count in sorted(self._ever_left_out.items())
        )
        own.put(_OWN_SUBJECT, samples)
        return dropped


class StoredCollector(Collector):
    """The same series for a program that has a prometheus_client registry of its own."""

    def __init__(self, exposition: Exposition) -> None:
        self._exposition = exposition

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering it does not collect."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """The families of the current page, built afresh."""
        for metric, samples in self._exposition.families():
            yield family(metric, samples)


class _Family:
    """The cached lines of one metric: a block per subject, and all blocks joined and deflated."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.heads = {
            Format.TEXT: _piece(text_head(metric)),
            Format.OPENMETRICS: _piece(openmetrics_head(metric)),
        }
        self.samples: dict[str, tuple[Sample, ...]] = {}
        self.blocks: dict[str, bytes] = {}
        self.series = 0
        self.lines: Piece | None = None
        self._write: Callable[[tuple[str, ...], float], str] = line_writer(metric)

    def put(self, subject_id: str, samples: tuple[Sample, ...]) -> None:
        before = self.samples.get(subject_id, ())
        if samples == before:
            return
        self.series += len(samples) - len(before)
        self.lines = None
        if not samples:
            del self.blocks[subject_id], self.samples[subject_id]
            return
        lines = "".join(self._write(labels, value) for _, labels, value in samples)
        # A lone surrogate (a file name that is no text) must not take the whole page down.
        self.blocks[subject_id] = lines.encode(errors="replace")
        self.samples[subject_id] = samples

    def rendered(self) -> RenderedFamily:
        if self.lines is None:
            self.lines = _piece(b"".join(self.blocks.values()))
        return RenderedFamily(self.metric.name, self.heads, self.lines)


def _declared(metrics: Iterable[Metric]) -> list[Metric]:
    """All metrics and our own, by name."""
    found = {SERIES_DROPPED.name: SERIES_DROPPED}
    for metric in metrics:
        if found.setdefault(metric.name, metric) != metric:
            raise ValueError(f"{metric.name} is declared twice, differently")
        if metric.name.endswith("_total") != (metric.kind == "counter"):
            raise ValueError(f"{metric.name}: counters, and only they, end in _total")
    return sorted(found.values(), key=lambda metric: metric.name)


def _pieces(form: Format, families: Iterable[RenderedFamily]) -> list[Piece]:
    pieces = [piece for f in families for piece in (f.heads[form], f.lines)]
    return [*pieces, _EOF] if form is Format.OPENMETRICS else pieces


def _bodies(families: Collection[RenderedFamily]) -> dict[tuple[Format, bool], bytes]:
    bodies: dict[tuple[Format, bool], bytes] = {}
    for form in Format:
        pieces = _pieces(form, families)
        bodies[form, False], bodies[form, True] = _joined(pieces), _gzipped(pieces)
    return bodies


def _joined(pieces: Iterable[Piece]) -> bytes:
    return b"".join(piece.plain for piece in pieces)


def _gzipped(pieces: Collection[Piece]) -> bytes:
    """One gzip member (RFC 1952): many clients stop after the first of several."""
    checksum = size = 0
    for piece in pieces:
        checksum = zlib.crc32(piece.plain, checksum)
        size += len(piece.plain)
    trailer = checksum.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
    return b"".join([_GZIP_HEADER, *(p.deflated for p in pieces), _LAST_BLOCK, trailer])


def _piece(plain: bytes) -> Piece:
    """Deflate without a final block; the flush ends on a byte, so that another piece can follow."""
    deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Piece(plain, deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH))


_EOF = _piece(b"# EOF\n")
