"""The expectations of a configuration, held against the classes of great-expectations themselves.

The library takes seconds and a quarter of a gigabyte to import, so it is asked in a process of its
own, and only where the file names expectations. What the catalogue can tell was told before.
"""

import asyncio
from collections.abc import Callable, Iterator

from checks.expectations.form import ExpectationForm
from limnograph.settings import CheckSettings, Problem, Settings
from monitors.errors import ConfigError

TIMEOUT = 120.0  # seconds, most of them for the import


Chosen = Callable[[CheckSettings], bool]


def every(_check: CheckSettings) -> bool:
    """Every check."""
    return True


def expectation_problems(settings: Settings, chosen: Chosen = every) -> list[Problem]:
    """What the classes refuse, each at the place of its check and with the argument's name."""
    checks = list({id(one): one for one in _expectations(settings) if chosen(one)}.values())
    if not checks:
        return []
    found = asyncio.run(_validated(checks))
    return sorted(
        check.place.problem(message, ".".join(map(str, path)))
        for check, problems in zip(checks, found, strict=True)
        for path, message in problems
    )


def demand_sound(settings: Settings, chosen: Chosen = every) -> None:
    """Raise ConfigError with every problem of the chosen ones, where there is one."""
    if problems := expectation_problems(settings, chosen):
        raise ConfigError("\n".join(map(str, problems)))


async def _validated(
    checks: list[CheckSettings],
) -> list[list[tuple[tuple[str | int, ...], str]]]:
    from checks.expectations.validation import validate
    from monitors.lakes.workers import Workers

    stanzas = [(check.type, _arguments(check)) for check in checks]
    with Workers(1) as workers:
        return await workers.call(validate, stanzas, timeout=TIMEOUT)


def _arguments(check: CheckSettings) -> dict[str, object]:
    form = check.form
    assert isinstance(form, ExpectationForm)
    return dict(form.arguments)


def _expectations(settings: Settings) -> Iterator[CheckSettings]:
    tables = (*settings.tables, *(glob.like for glob in settings.globs))
    for table in tables:
        yield from (one for one in table.checks if isinstance(one.form, ExpectationForm))
