"""great-expectations itself, imported once per process and kept silent.

Everything that is imported from it passes through here, so that its changes stay in one place. The
import takes seconds and 250 MB: only worker processes call this.
"""

import logging
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COUNTS = {"result_format": "BOOLEAN_ONLY"}
"""What asks an expectation for its counts only."""


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing that the library warns of concerns the rows; where warnings are errors it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def loaded() -> Any:
    """The package `great_expectations`, with its expectations registered."""
    with quiet():
        _keep_progress_bars_in_this_process()
        _name_the_program()
        import great_expectations
        import great_expectations.expectations.core

    logging.captureWarnings(False)  # the import turns it on for the whole process
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    return great_expectations


def _keep_progress_bars_in_this_process() -> None:
    """The lock of progress bars would be a semaphore of the system, which a killed worker leaks."""
    import threading

    import tqdm

    tqdm.tqdm.set_lock(threading.RLock())


def _name_the_program() -> None:
    """Give the main module a file: in a worker of `python -m` it has none, pyspark then takes it
    for a doctest, and great-expectations, which imports pyspark where it is there, ends with it.
    """
    main = sys.modules["__main__"]
    if main.__spec__ is None and not hasattr(main, "__file__"):
        main.__file__ = __file__


def registered() -> list[str]:
    """The types of all expectations of the library."""
    loaded()
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    return sorted(list_registered_expectation_implementations())


def implementation(name: str) -> Any:
    """The class of an expectation."""
    loaded()
    from great_expectations.expectations.registry import get_expectation_impl

    return get_expectation_impl(name)


def built(name: str, arguments: Mapping[str, Any]) -> Any:
    """An expectation; its own class validates the arguments (pydantic's ValidationError).

    The class makes floats of exact values (whole numbers above 2**53, decimals), so the arguments
    are put back as they were given; conditions stay as the class read them.
    """
    with quiet():
        expectation = implementation(name)(**arguments)
    exact = {
        key: value
        for key, value in arguments.items()
        if key not in ("row_condition", "condition_parser")
    }
    return expectation.copy(update=exact)


def engine(frame: "pd.DataFrame") -> Any:
    """An execution engine over a frame. That of Spark would take a Spark frame the same way."""
    loaded()
    from great_expectations.execution_engine.pandas_execution_engine import (
        PandasExecutionEngine,
    )

    return PandasExecutionEngine(batch_data_dict={"rows": frame}, caching=False)


def released(engine: Any) -> None:
    """Let go of an engine's frame: the library refers to it in a circle, and the collector, which
    counts objects and not bytes, would let many frames gather."""
    engine.batch_manager.batch_data_cache.clear()


def dependencies(expectation: Any, engine: Any) -> dict[str, Any]:
    """The metrics from which an expectation counts, by name."""
    with quiet():
        needed = expectation.get_validation_dependencies(
            execution_engine=engine, runtime_configuration={"result_format": dict(COUNTS)}
        )
    exact = expectation.configuration.kwargs
    return {name: _exactly(metric, exact) for name, metric in needed.metric_configurations.items()}


def _exactly(metric: Any, exact: Mapping[str, Any]) -> Any:
    """A metric with the values of an expectation, which its class has made floats again."""
    from great_expectations.validator.metric_configuration import MetricConfiguration

    values = {
        key: exact[key] if value is not None and key in exact else value
        for key, value in metric.metric_value_kwargs.items()
    }
    return MetricConfiguration(metric.metric_name, metric.metric_domain_kwargs, values)


def measured(engine: Any, metrics: Sequence[Any]) -> tuple[dict[Any, Any], str]:
    """The values of some metrics by id, and why one that is missing could not be computed."""
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    with quiet():
        try:
            calculator = MetricsCalculator(execution_engine=engine, show_progress_bars=False)
            values, aborted = calculator.compute_metrics(metric_configurations=list(metrics))
        except Exception as error:  # what a metric raises while it is only being planned
            return {}, _message(error)
    return values, _reason(aborted)


def _reason(aborted: Mapping[Any, Any]) -> str:
    for failure in aborted.values():
        infos = failure["exception_info"]
        for info in infos if isinstance(infos, set | list | tuple) else [infos]:
            text = str(getattr(info, "exception_message", info))
            if text:
                return text
    return ""


def _message(error: Exception) -> str:
    return str(error) or type(error).__name__


def condition_metric(expectation: Any, count: Any) -> Any:
    """The metric that says of each row whether it is unexpected, beside that which counts them."""
    from great_expectations.validator.metric_configuration import MetricConfiguration

    return MetricConfiguration(
        metric_name=f"{expectation.map_metric}.condition",
        metric_domain_kwargs=count.metric_domain_kwargs,
        metric_value_kwargs=count.metric_value_kwargs,
    )


def passes(expectation: Any, metrics: Mapping[str, Any], engine: Any = None) -> bool:
    """Whether an expectation is met by the values of its metrics, as the library judges."""
    # Some expectations answer with a boolean of numpy.
    return bool(judged(expectation, metrics, engine)["success"])


def judged(expectation: Any, metrics: Mapping[str, Any], engine: Any = None) -> dict[str, Any]:
    """What the library makes of the values of an expectation's metrics."""
    with quiet():
        result = expectation._validate(
            metrics=dict(metrics),
            runtime_configuration={"result_format": dict(COUNTS)},
            execution_engine=engine,
        )
    if isinstance(result, dict):
        return result
    return {"success": result.success, "result": result.result}
