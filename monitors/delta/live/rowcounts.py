"""Row counts that statistics lack, from Parquet footers; a footer is not a scan."""

import asyncio
from collections.abc import Iterable

from monitors.core import Cost
from monitors.delta.footers import row_count
from monitors.delta.log.actions import FileAction
from monitors.delta.log.logstore import AT_ONCE
from monitors.errors import UnavailableError, UnreadableError
from monitors.storage.stores import Stores


class Footers:
    """Looks up physical row counts; with `stores` None (log only) it looks up nothing.

    Unless it is asked only `once`, a storage that fails makes the whole read fail, so that the
    next one asks it again.
    """

    def __init__(self, stores: Stores | None, *, once: bool = False) -> None:
        self._stores, self._once = stores, once
        self._known: dict[str, int] = {}
        self.cost = Cost()

    @property
    def enabled(self) -> bool:
        return self._stores is not None

    async def rows(self, actions: Iterable[FileAction]) -> dict[str, int]:
        """Physical rows by action path; a file that is gone or cannot be read is left out."""
        if self._stores is None:
            return {}
        gate = asyncio.Semaphore(AT_ONCE)
        wanted = {action.path: action for action in actions if action.path not in self._known}
        await asyncio.gather(*(self._look(action, gate) for action in wanted.values()))
        return self._known

    async def _look(self, action: FileAction, gate: asyncio.Semaphore) -> None:
        assert self._stores is not None
        async with gate:
            try:
                place = self._stores.locate(action.path)
                store = self._stores.of(place)
                rows, cost = await row_count(store, place.path, action.size, spelled=place.spelled)
            except UnavailableError:
                if self._once:
                    return
                raise
            except (UnreadableError, UnicodeDecodeError):
                return
        self._known[action.path] = rows
        self.cost += cost
