"""What the name of a column tells of its values."""

import re
from itertools import pairwise

# What may belong to a person or open a door: values of such columns are never written down.
_PERSONAL = re.compile(
    r"(e_?)?mails?|(sur|fore|first|last|middle|full|given|family|maiden|nick|user|display|screen|"
    r"customer|contact|person|patient|employee|author)_?names?|name|names|usernames?|users?|logins?|"
    r"handles?|"
    r"phones?|tel|telephones?|mobiles?|cell|fax|ssn|social_?security|passports?|tax_?ids?|tin|nin|"
    r"iban|bic|"
    r"address(es)?|addr|street|zip(_?code)?|post_?codes?|postal(_?code)?|"
    r"city|town|birth(day|date)?|dob|gender|sex|religion|ethnicity|race|nationality|salary|"
    r"ip|ips|ip_?address|mac|device_?ids?|"
    r"passwords?|passwd|pwd|passphrases?|pins?|secrets?|tokens?|credentials?|api_?keys?|keys?|"
    r"cookies?|sessions?|card|cards|credit_?cards?|cvv|diagnosis|diagnoses"
)
_LATER = re.compile(
    r"due|expires?|expiry|expiration|expired|until|valid|end|ends|deadline|planned|plan|schedule|"
    r"scheduled|next|future|target|estimated|expected|eta|departure|arrival|renewal|renews|"
    r"effective|to|forecast|delivery|start|starts|begin|begins|from|event|appointment|birth"
)
_SHARE = re.compile(
    r"share|score|ratio|prob|probability|probabilities|confidence|similarity|fraction|proportion|"
    r"accuracy|precision|recall|weight|likelihood|certainty|propensity"
)
_PERCENT = re.compile(r"percent|percentage|pct")
_IDENTIFIER = re.compile(r"id|ids|uuid|guid|key|pk|fk|no|number|nr|version|code|hash|seq|sequence")
# Pairs of words of which the first comes before the second.
_ORDERED = (
    ("created", "updated"), ("created", "modified"), ("created", "changed"),
    ("created", "deleted"), ("created", "closed"), ("created", "resolved"),
    ("created", "completed"), ("created", "finished"), ("created", "processed"),
    ("created", "ingested"), ("created", "loaded"), ("created", "published"),
    ("inserted", "updated"), ("posted", "ingested"), ("published", "ingested"),
    ("published", "updated"), ("event", "ingested"), ("event", "processed"),
    ("start", "end"), ("started", "ended"), ("started", "finished"), ("started", "completed"),
    ("begin", "end"), ("from", "to"), ("from", "until"), ("first", "last"), ("min", "max"),
    ("minimum", "maximum"), ("low", "high"), ("lower", "upper"), ("opened", "closed"),
    ("ordered", "shipped"), ("ordered", "delivered"), ("shipped", "delivered"),
    ("sent", "received"), ("requested", "answered"), ("submitted", "approved"),
    ("queued", "started"), ("valid_from", "valid_to"), ("valid_from", "valid_until"),
)  # fmt: skip


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case.

    >>> words("firstName"), words("order.unit_price (EUR)")
    (('first', 'name'), ('order', 'unit', 'price', 'eur'))
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return tuple(re.findall(r"[^\W_]+", snake))


def _any(pattern: re.Pattern[str], name: str) -> bool:
    """Whether a word of a name, two of them, or all of it, are what a pattern says."""
    parts = words(name)
    pairs = [f"{a}_{b}" for a, b in pairwise(parts)]
    return any(pattern.fullmatch(word) for word in (*parts, *pairs, "".join(parts)))


def is_personal(name: str) -> bool:
    """Whether values of a column may say something of a person, or be a secret."""
    return _any(_PERSONAL, name)


def may_be_later(name: str) -> bool:
    """Whether a time of that name may lie in the future."""
    return _any(_LATER, name)


def is_share(name: str) -> bool:
    """Whether a name says that its values are from 0 to 1."""
    return _any(_SHARE, name)


def is_percent(name: str) -> bool:
    """Whether a name says that its values are percentages."""
    return _any(_PERCENT, name)


def is_identifier(name: str) -> bool:
    """Whether a name says that its numbers tell things apart, and measure nothing."""
    parts = words(name)
    return bool(parts) and bool(_IDENTIFIER.fullmatch(parts[-1]))


def come_in_order(first: str, second: str) -> bool:
    """Whether two names say that the values of the first are not greater than the second's.

    >>> come_in_order("created_at", "updated_at"), come_in_order("updated_at", "created_at")
    (True, False)
    >>> come_in_order("price_min", "price_max"), come_in_order("price_min", "weight_max")
    (True, False)
    """
    one, other = "_".join(words(first)), "_".join(words(second))
    return any(
        rest is not None and rest == _without(other, after)
        for before, after in _ORDERED
        if (rest := _without(one, before)) is not None
    )


def _without(name: str, word: str) -> str | None:
    """A name without a word, its ending of a time left out too; None where it lacks the word."""
    found, count = re.subn(rf"(?:^|_){word}(?=_|$)", "", name, count=1)
    if not count:
        return None
    return re.sub(r"_?(at|on|time|ts|timestamp|date|datetime|day)$", "", found).strip("_")
