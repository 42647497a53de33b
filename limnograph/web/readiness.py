"""Whether the service does its work: the store answers, and a cycle succeeded recently enough."""

from collections.abc import Iterable
from datetime import datetime

from limnograph.self_metrics import MONITOR_DUE, MONITOR_LAST_SUCCESS
from limnograph.store import Store
from monitors.core import Subject


def not_ready(store: Store, monitors: Iterable[str], now: datetime) -> list[str]:
    """Why the service is not ready, given the names of the monitors that are on; [] if it is.

    One monitor that works is enough: what another lacks is told by its own metrics. StoreError
    when the store does not answer.
    """
    rows = store.latest([Subject("monitor", name).id for name in monitors])
    due = max((row.value for row in rows if row.metric == MONITOR_DUE.name), default=None)
    if due is None:
        return ["no cycle has succeeded yet"]
    if due < now.timestamp():
        last = max(row.value for row in rows if row.metric == MONITOR_LAST_SUCCESS.name)
        at = datetime.fromtimestamp(last, now.tzinfo)
        return [f"the last cycle that succeeded ended at {at:%Y-%m-%d %H:%M:%S} UTC"]
    return []
