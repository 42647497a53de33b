"""The configuration is loaded anew on SIGHUP and when its file changes, while the service works.

A valid file takes effect at once, except for what only a restart can change, which is told. Of a
bad one all problems are told, and the settings in force stay.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from exporters.prometheus import Sample
from limnograph.config_file import ConfigFile
from limnograph.expectations import demand_sound
from limnograph.scheduler import any_of, telling_of_hangups
from limnograph.self_metrics import CONFIG_SUCCESS, CONFIG_SUCCESSFUL
from limnograph.service import Service, secrets_of
from limnograph.settings import load
from monitors.errors import LimnographError
from monitors.secrets import Secret

LOOK = 3.0
"""Seconds between two looks at the file; a change is taken up after it kept still for so long."""

log = structlog.get_logger()


class Reloader:
    """Keeps a service on the configuration that its file holds.

    `mask` is told of the secrets before anything can log them. `look` is in seconds.
    """

    def __init__(
        self,
        service: Service,
        file: ConfigFile,
        mask: Callable[[Iterable[Secret]], None] = lambda secrets: None,
        look: float = LOOK,
    ) -> None:
        self._service, self._file, self._mask, self._look = service, file, mask, look
        self._asked = asyncio.Event()
        self._loaded_at = service.clock()
        self._refused_at: datetime | None = None
        self._later: tuple[str, ...] = ()

    async def watch(self, stop: asyncio.Event) -> None:
        """Reload when it is time to, until `stop`."""
        with telling_of_hangups(self._asked.set):
            while not stop.is_set():
                await any_of(stop, self._asked, timeout=self._look)
                asked = self._asked.is_set()
                self._asked.clear()
                if not stop.is_set() and (asked or await asyncio.to_thread(self._file.changed)):
                    await self.reload()

    async def reload(self) -> bool:
        """Load the file now; whether it is in force. What goes wrong is told in the log."""
        await asyncio.to_thread(self._file.know)
        known = self._service.settings
        try:
            loaded = await asyncio.to_thread(load, known.path, known.monitors)
            await asyncio.to_thread(demand_sound, loaded)
            self._mask(secrets_of(loaded))
            self._later = await self._service.adopt(loaded)
        except LimnographError as error:
            self._refuse(error.reason.splitlines())
            return False
        except Exception:
            log.exception("configuration could not be loaded")
            self._refuse([])
            return False
        self._loaded_at, self._refused_at = self._service.clock(), None
        tables, globs = len(loaded.tables), len(loaded.globs)
        log.info("configuration reloaded", file=str(loaded.path), tables=tables, globs=globs)
        for name in self._later:
            log.warning("takes effect after a restart", setting=name)
        return True

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What /metrics shows of it."""
        return (
            (CONFIG_SUCCESSFUL.name, (), float(self._refused_at is None)),
            (CONFIG_SUCCESS.name, (), self._loaded_at.timestamp()),
        )

    @property
    def warnings(self) -> list[str]:
        """What /readyz says of it: none of these keeps the service from its work."""
        told = [f"{name} was changed, which takes effect after a restart" for name in self._later]
        if self._refused_at is not None:
            told.insert(
                0,
                f"the configuration was refused at {_time(self._refused_at)}; the one of "
                f"{_time(self._loaded_at)} stays in force, and the log says what is wrong",
            )
        return told

    def _refuse(self, problems: list[str]) -> None:
        self._refused_at = self._service.clock()
        for problem in problems:
            log.error("configuration refused", problem=problem)
        log.warning("the settings in force stay", loaded_at=_time(self._loaded_at))


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
