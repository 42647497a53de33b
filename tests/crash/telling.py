"""A process that delivers what a store has to tell to a webhook, and can be stopped at one moment.

Usage: telling.py STORE_URL HOOK_URL MINUTES MOMENT NUMBER. Its clock is MINUTES ahead. At the
NUMBER-th message that the receiver took it says `now` on stdout and waits for ever at that MOMENT:
`statement`, before anything is noted, or `commit`, before what was noted is committed. MOMENT
`never` delivers all that is due, and ends.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, event

from exporters.channels import webhook
from exporters.core import Delivery, Message
from limnograph.delivery import deliver_due
from limnograph.pacing import Terms
from limnograph.store import open_store

# One at a time, so that one death can repeat one message and no more.
TERMS = Terms(rate=10_000.0, together=1, lease=timedelta(minutes=10))


def main(store_url: str, hook: str, minutes: float, moment: str, number: int) -> None:
    if moment != "never":
        wait_at(moment, number)
    form = webhook.Form.model_validate({"url": hook})

    async def send(message: Message, receipt: Mapping[str, str]) -> Delivery:
        return await webhook.deliver(form, message, receipt)

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=minutes)

    with open_store(store_url) as store:
        asyncio.run(deliver_due(store, {"hook": send}, clock, terms=TERMS))


def wait_at(moment: str, number: int) -> None:
    """Stop for ever at a moment of noting the message of a number."""
    noted = [0]

    def before_statement(
        connection: Connection, cursor: Any, statement: str, *more: object
    ) -> None:
        if statement.startswith("UPDATE outbox SET state"):
            noted[0] += 1
            if moment == "statement" and noted[0] == number:
                stand_still()

    def before_commit(connection: Connection) -> None:
        if moment == "commit" and noted[0] == number:
            stand_still()

    event.listen(Engine, "before_cursor_execute", before_statement)
    event.listen(Engine, "commit", before_commit)


def stand_still() -> None:
    sys.stdout.write("now\n")
    sys.stdout.flush()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
