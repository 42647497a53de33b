"""A Slack on this machine, for the tests of channels."""

from collections.abc import Iterator

import pytest

from tests.loopback_slack import Slack, loopback_slack


@pytest.fixture
def slack() -> Iterator[Slack]:
    with loopback_slack() as server:
        yield server
