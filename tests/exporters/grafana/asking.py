"""Panels put to a real Prometheus: which do not parse, name what is undeclared, or are empty."""

import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from math import isnan

from starlette.types import ASGIApp

from limnograph.web.server import Server
from tests.exporters.grafana.boards import METRIC, METRICS, Expression
from tests.prometheus_server import Prometheus

CHOSEN = {
    "__rate_interval": "30s",
    "job": "limnograph",
    "instance": ".+",
    "catalog": ".*",
    "schema": ".*",
    "check": ".+",
}
"""What Grafana puts for its variables where nobody has chosen anything."""


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of an application; how this process switches threads is as before at the end."""
    switch_interval = sys.getswitchinterval()
    try:
        with Server(app) as server:
            yield server.url
    finally:
        sys.setswitchinterval(switch_interval)
        gc.unfreeze()


def failures(
    server: Prometheus, expressions: Sequence[Expression], tables: Sequence[str]
) -> list[str]:
    """Every expression with which something is wrong: where it stands, what is wrong.

    One about a single table has to find something about one of `tables`.
    """
    return [
        f"{expression.place}: {wrong}"
        for expression in expressions
        if (wrong := failure(server, expression, tables))
    ]


def failure(server: Prometheus, expression: Expression, tables: Sequence[str]) -> str:
    """What is wrong with an expression; empty when nothing is."""
    if undeclared := set(METRIC.findall(expression.text)) - METRICS.keys():
        return f"no metric {', '.join(sorted(undeclared))}"
    about_one = "$table" in expression.text
    chosen = [{**CHOSEN, "table": table} for table in (tables if about_one else tables[:1])]
    try:
        found = chain.from_iterable(numbers(server, expression, values) for values in chosen)
        return "" if any(not isnan(number) for number in found) else "returns nothing"
    except ValueError as error:
        return str(error)


def numbers(
    server: Prometheus, expression: Expression, values: Mapping[str, str]
) -> Iterator[float]:
    """The values of the series of an expression; ValueError where it does not parse."""
    yield from (float(one["value"][1]) for one in server.series(expression.filled(values)))
