"""Which format and encoding a scraper asked for: the rules of prometheus_client, and no more.

Two differences. OpenMetrics is always answered as 1.0.0, which is what we write. The escaping
schemes `dots` and `values` are answered as `underscores`: our names need no escaping.
"""

from exporters.exposition import Format

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TEXT_1_TYPE = "text/plain; version=1.0.0; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def negotiate(accept: str) -> tuple[Format, str]:
    """The format for an Accept header, and its content type.

    >>> negotiate("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")[0]
    <Format.OPENMETRICS: 'openmetrics'>
    """
    for offer in accept.split(","):
        media, *parameters = (part.strip() for part in offer.split(";"))
        wanted = dict(p.split("=", 1) for p in parameters if "=" in p)
        version, escaping = wanted.get("version", ""), _escaping(wanted.get("escaping", ""))
        if media == "application/openmetrics-text" and not version:
            return Format.OPENMETRICS, OPENMETRICS_TYPE
        if _at_least_1(version):
            if media == "application/openmetrics-text":
                return Format.OPENMETRICS, f"{OPENMETRICS_TYPE}; escaping={escaping}"
            if media == "text/plain":
                return Format.TEXT, f"{TEXT_1_TYPE}; escaping={escaping}"
    return Format.TEXT, TEXT_TYPE


def gzip_accepted(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header names gzip, and not with a weight of zero."""
    for offer in accept_encoding.split(","):
        coding, *parameters = (part.strip().lower() for part in offer.split(";"))
        if coding == "gzip":
            return not any(p.startswith("q=0") and not p.strip("q=0.") for p in parameters)
    return False


def _escaping(asked: str) -> str:
    return asked if asked == "allow-utf-8" else "underscores"


def _at_least_1(version: str) -> bool:
    major = version.split(".")[0]
    return major.isdecimal() and int(major) >= 1
