import pytest
from prometheus_client import exposition as client

from exporters.exposition import Format
from exporters.negotiation import OPENMETRICS_TYPE, gzip_accepted, negotiate

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
        "text/plain",
        "text/plain;version=0.0.4",
        "text/plain; version=1.0.0; escaping=underscores",
        "text/plain;version=1.0.0;escaping=allow-utf-8",
        "application/openmetrics-text",
        "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "application/openmetrics-text;version=1.0.0;escaping=unheard-of",
        "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0",
        PROMETHEUS_2,
        PROMETHEUS_3,
    ],
)
def test_an_accept_header_is_answered_as_by_prometheus_client(accept: str) -> None:
    _, content_type = client.choose_encoder(accept)
    form, ours = negotiate(accept)
    assert ours == content_type
    assert (form is Format.OPENMETRICS) == content_type.startswith("application/openmetrics-text")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (
            "application/openmetrics-text;version=2.0.0",
            f"{OPENMETRICS_TYPE}; escaping=underscores",
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=dots",
            f"{OPENMETRICS_TYPE}; escaping=underscores",
        ),
    ],
)
def test_we_say_what_we_write(accept: str, content_type: str) -> None:
    assert negotiate(accept) == (Format.OPENMETRICS, content_type)


@pytest.mark.parametrize("accept", ["text/plain;version=x", "text/plain;version=;=", ";;,=,", "é"])
def test_nonsense_is_answered_with_text(accept: str) -> None:
    assert negotiate(accept)[0] is Format.TEXT


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("x-gzip", False),
    ],
)
def test_gzip_is_sent_to_who_asks_for_it(header: str, accepted: bool) -> None:
    assert gzip_accepted(header) is accepted
