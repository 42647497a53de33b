"""What was not tested is said at the end, in red, whatever pytest's options are."""

from collections import Counter

import pytest

from tests.needs import MARK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple)
    )
    for reason, times in sorted(reasons.items()):
        if MARK in reason:
            terminalreporter.write_line(f"{reason} ({times} tests)", red=True, bold=True)
