"""`limnograph serve`: the scheduler and HTTP in one process."""

import signal
from typing import Annotated

import typer

from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    LogFormat,
    LogLevel,
    LogsAs,
    LogsFrom,
    NoColor,
)

EXAMPLES = """\b
Examples:
  limnograph serve                                    on http.host and http.port of the file
  limnograph serve -c /etc/limnograph.yaml --host 0.0.0.0 --port 9899

\b
Serves /metrics, /healthz, /readyz and /api/v1/report; ends on SIGTERM or ctrl-c. A change of the
file takes effect by itself, or at once on SIGHUP; a bad file is refused and the old one stays.
"""


def serve(
    config: ConfigFile = CONFIG,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="ADDRESS", help="Listen here, not on http.host."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="PORT",
            help="Listen here, not on http.port; 0 takes a free one.",
        ),
    ] = None,
    log_format: LogsAs = LogFormat.TEXT,
    log_level: LogsFrom = LogLevel.INFO,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Read tables when they are due, and answer Prometheus."""
    from limnograph import logs, settings
    from limnograph.config_file import ConfigFile
    from limnograph.expectations import demand_sound
    from limnograph.reloading import Reloader
    from limnograph.service import opened, secrets_of
    from limnograph.serving import serve_until_stopped

    # What asks for a reload before the service works asks for what is about to be loaded.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    file = ConfigFile(config)
    loaded = settings.load(config)
    demand_sound(loaded)
    mask = logs.configure(
        as_json=log_format is LogFormat.JSON, level=log_level.value, secrets=secrets_of(loaded)
    )
    with opened(loaded) as service:
        serve_until_stopped(
            service,
            Reloader(service, file, mask.add),
            loaded.http.host if host is None else host,
            loaded.http.port if port is None else port,
        )
