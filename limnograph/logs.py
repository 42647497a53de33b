"""Log lines: for a person on a terminal, as JSON on request, always on stderr, never with a secret.

`configure` is called once by a command. Lines of libraries that use `logging` (uvicorn, alembic)
pass through the same processors, so they look the same and hold no secret either.
"""

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Literal, TextIO
from urllib.parse import quote, unquote, urlsplit

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from monitors.errors import SecretError
from monitors.secrets import MASK, Secret

Level = Literal["debug", "info", "warning", "error"]


def configure(
    *, as_json: bool = False, level: Level = "info", secrets: Iterable[Secret] = ()
) -> "SecretMask":
    """Send every log line of at least `level` to stderr, with the values of `secrets` masked.

    Returns the mask, which learns of more secrets by `add`.
    """
    mask = SecretMask(secrets)
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            Tracebacks(wanted=level == "debug"),
            structlog.processors.format_exc_info,
            mask,
            _renderer(as_json),
        ],
    )
    handler = StderrHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=_number(level), force=True)
    _quieten_libraries(level)
    return mask


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at that moment, so that a progress bar can make room."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class Tracebacks:
    """Keeps the traceback of a warning only where it is wanted; its reason and mend suffice."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if not self._wanted and event.get("level") == "warning":
            event.pop("exc_info", None)
        return event


class SecretMask:
    """Replaces the values of known secrets by asterisks, wherever in a line they are.

    Also the password inside a URL that is a secret as a whole, and the percent-encoded forms of
    both. The values are read anew for each line, since a file's secret may be rotated.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = frozenset(secrets)

    def add(self, secrets: Iterable[Secret]) -> None:
        """Mask these too from now on; those known before stay masked. For any thread."""
        self._secrets |= frozenset(secrets)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        values = sorted(self._values(), key=len, reverse=True)
        if not values:
            return event
        return {str(key): _masked(value, values) for key, value in event.items()}

    def _values(self) -> set[str]:
        values: set[str] = set()
        for secret in self._secrets:
            try:
                values |= _forms(secret.reveal())
            except SecretError:
                continue  # nothing to hide: whoever needs it says that it is missing
        return values


def _forms(value: str) -> set[str]:
    """How a secret may appear in a message."""
    parts = {value}
    if "://" in value and (password := urlsplit(value).password):
        parts |= {password, unquote(password)}
    return parts | {quote(part, safe="") for part in parts}


def _masked(value: object, secrets: list[str]) -> object:
    """The value with every secret in it replaced; what is no plain data becomes text first."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _masked(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item, secrets) for item in value]
    text = str(value)
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _renderer(as_json: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    return structlog.dev.ConsoleRenderer(
        colors=colours, exception_formatter=structlog.dev.plain_traceback
    )


def _quieten_libraries(level: Level) -> None:
    """Libraries tell their routine at `info`; here that is detail."""
    if level == "info":
        for name in ("alembic", "apscheduler", "stamina", "uvicorn.access"):
            logging.getLogger(name).setLevel(logging.WARNING)


def _number(level: Level) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
