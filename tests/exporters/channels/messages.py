"""The messages that the tests of channels send."""

from dataclasses import replace
from datetime import UTC, datetime

from exporters.core import Change, Message

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

OPENED = Message(
    event_id="0b6f7c1e-event-1",
    incident="42",
    sequence=1,
    change=Change.OPENED,
    title="Too few posts in main.bronze.posts",
    status="fail",
    severity="critical",
    table="main.bronze.posts",
    check="posts-a-day",
    reason="120 rows were written on 2026-02-28, fewer than the 9,000 expected.",
    at=NOON,
    since=datetime(2026, 3, 1, 11, 30, tzinfo=UTC),
    last_good=datetime(2026, 2, 28, 11, 30, tzinfo=UTC),
    observed="120 rows",
    expected="9,000 to 12,000 rows",
    owner="search",
    tags=("bronze", "posts"),
    description="The loader stops when its token expires: renew it.",
    look="limnograph report --only main.bronze.posts",
    link="https://grafana.example/d/table?var-table=posts&from=now-1d",
)
UPDATED = replace(
    OPENED,
    event_id="0b6f7c1e-event-2",
    sequence=2,
    change=Change.UPDATED,
    reason="80 rows were written on 2026-03-01, fewer than the 9,000 expected.",
    observed="80 rows",
)
RESOLVED = replace(
    OPENED,
    event_id="0b6f7c1e-event-3",
    sequence=3,
    change=Change.RESOLVED,
    status="pass",
    reason="10,100 rows were written on 2026-03-01.",
    observed="10,100 rows",
    at=datetime(2026, 3, 1, 13, tzinfo=UTC),
    last_good=datetime(2026, 3, 1, 13, tzinfo=UTC),
)
ERROR = replace(
    OPENED,
    status="error",
    severity="warning",
    title="Posts of a day in main.bronze.posts cannot be judged",
    reason="the table could not be read: access denied",
    mend="grant SELECT on main.bronze.posts to limnograph",
    observed="",
    expected="",
    since=None,
    last_good=None,
    owner="",
    slice="country=DE",
    description="",
    look="",
    link="",
)
SUMMARY = replace(
    OPENED,
    change=Change.SUMMARY,
    title="3 checks of team search do not pass",
    reason="",
    table="",
    check="",
    observed="3 failing",
    expected="0",
    items=("main.bronze.posts/posts-a-day", "main.gold.topics/fresh", "main.gold.labels/unique"),
)
EMPTY = Message("", "", 0, Change.OPENED, "", "", "", "", "", "", NOON)
"""Nothing that can be left out is there."""

_INJECTED = "<!channel> <@U0001> @here <!subteam^S1|x> <https://evil.example|click>"
HOSTILE = replace(
    OPENED,
    title=f"\x00\x1b[31m{_INJECTED}\n" + "t" * 100_000,
    status="f\x07ail",
    table=f"main.bronze.{_INJECTED}",
    check=f"`{_INJECTED}`",
    slice=_INJECTED,
    reason=f"```{_INJECTED}```\r\n\u202eevil\u202c مرحبا 👩‍👩‍👧‍👦 \ud800 " + "&<>" * 100_000,
    observed=_INJECTED + "🔴" * 100_000,
    expected="*bold* _it_ ~s~ " + "<" * 50_000,
    owner=_INJECTED + "o" * 5_000,
    tags=(_INJECTED,) * 2_000,
    description="\n" * 50_000 + _INJECTED + "d" * 50_000,
    mend=_INJECTED + "&" * 50_000,
    look=_INJECTED + ">" * 50_000,
    link="https://grafana.example/d|x>" + "l" * 9_000,
    items=tuple(f"{n} {_INJECTED}" + "&" * 2_000 for n in range(5_000)),
)
"""Everything that a name of a table or a reason may try on a receiver."""
