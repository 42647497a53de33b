"""The HTTP application: /metrics, /healthz, /readyz, /api/v1/report and a landing page.

A scrape answers from memory: `MetricsPage` sends the bytes that `exporters.exposition` keeps ready.
What can block (readiness, the report) runs in a thread, so that it never delays a scrape.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import anyio.to_thread
import orjson
import structlog
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from exporters.exposition import Exposition
from exporters.negotiation import gzip_accepted, negotiate
from limnograph import __version__
from monitors.errors import LimnographError

Readiness = Callable[[], Sequence[str]]
"""The reasons why the service is not ready; none means that it is."""

Warnings = Callable[[], Sequence[str]]
"""What people should know of a service that is ready nevertheless. Answers at once."""

Report = Callable[[], Mapping[str, Any]]
"""The report as a JSON document."""

READINESS_TIMEOUT = 5.0
PART = 8 << 20
"""Bytes handed to the transport at once. A page of 50,000 series fits: each part more gives the
other threads a chance to take the interpreter in between."""

METHODS = ["GET", "HEAD"]

log = structlog.get_logger(__name__)


def create_app(
    exposition: Exposition,
    readiness: Readiness,
    report: Report,
    *,
    warnings: Warnings = tuple,
    readiness_timeout: float = READINESS_TIMEOUT,
) -> FastAPI:
    """The ASGI application over a page that somebody else keeps current; timeout in seconds."""
    app = FastAPI(
        title="limnograph",
        version=__version__,
        docs_url=None,  # the documentation pages would load their scripts from a CDN
        redoc_url=None,
        openapi_url=None,
        routes=[Route("/metrics", MetricsPage(exposition))],
        exception_handlers={HTTPException: _http_error, Exception: _internal_error},
    )

    @app.api_route("/", methods=METHODS)
    async def landing() -> Response:
        """A page that names the others. 200, `text/html`; it loads nothing and runs no script."""
        return Response(_LANDING, media_type="text/html", headers=_STRICT)

    @app.api_route("/healthz", methods=METHODS)
    async def healthz() -> Response:
        """Whether the process is alive; a liveness probe, as it asks neither store nor lake.

        200, `application/json`:

        ```json
        {"status": "alive"}
        ```
        """
        return _json({"status": "alive"})

    @app.api_route("/readyz", methods=METHODS)
    async def readyz() -> Response:
        """Whether the service does its work: the store answers, and a cycle succeeded of late.

        200, `application/json`, when it does. `warnings` is there when people should know of
        something nevertheless: a configuration that was refused, a change that only a restart
        brings into force.

        ```json
        {"status": "ready"}
        ```

        503 when it does not, or when that cannot be found out within five seconds:

        ```json
        {"status": "not ready", "reasons": ["no cycle has succeeded yet"]}
        ```
        """
        reasons = await _reasons(readiness, readiness_timeout)
        told = {"warnings": list(found)} if (found := warnings()) else {}
        if reasons:
            return _json({"status": "not ready", "reasons": reasons, **told}, 503)
        return _json({"status": "ready", **told})

    @app.api_route("/api/v1/report", methods=METHODS)
    async def api_report(request: Request) -> Response:
        """The report on all tables: the document of `limnograph report --output json`.

        200, `application/json`. 503 with the reason and the mend when the store cannot be read;
        500 when the report could not be made, which the log explains.

        ```console
        $ curl -s localhost:9899/api/v1/report | jq -c '.troubles[1] | {table, kind, since}'
        {"table":"silver.post_labels","kind":"late","since":"2026-11-20T10:00:00Z"}
        ```

        `tables` has an entry per table, `troubles` what is wrong, worst first, `data_as_of` the
        time of the newest reading, and `summary` the counts. Times are UTC, null is unknown.
        """
        try:
            return _json(await anyio.to_thread.run_sync(report))
        except LimnographError as error:
            return _json({"error": error.reason, "mend": error.mend}, 503)
        except Exception as error:
            # Answered here, because an exception that leaves the application closes the connection.
            log.exception("the report could not be made")
            return await _internal_error(request, error)

    return app


class MetricsPage:
    """Every metric, for Prometheus, from memory: a scrape runs no query.

    200; `text/plain; version=0.0.4`, or the newer text format or OpenMetrics 1.0 where `Accept`
    asks for it; gzip where `Accept-Encoding` does. `name[]`, repeatable, picks families:

    ```console
    $ curl -s 'localhost:9899/metrics?name[]=lakehouse_store_up'
    # HELP lakehouse_store_up 0 while the store cannot be read or cannot be written, else 1.
    # TYPE lakehouse_store_up gauge
    lakehouse_store_up 1.0
    ```

    While the store is gone the last page stays; gauges leave it after three intervals.
    """

    def __init__(self, exposition: Exposition, part: int = PART) -> None:
        self._exposition, self._part = exposition, part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            raise HTTPException(405, headers={"Allow": ", ".join(METHODS)})
        form, content_type = negotiate(_header(scope, b"accept"))
        gzip = gzip_accepted(_header(scope, b"accept-encoding"))
        body = self._exposition.rendered.body(form, gzip=gzip, names=_names(scope))
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"vary", b"accept, accept-encoding"),
        ]
        if gzip:
            headers.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] == "HEAD":
            body = b""
        # A slow reader keeps a copy of one part in the transport, and not of the whole page.
        for start in range(0, len(body) or 1, self._part):
            end = start + self._part
            message = {"body": body[start:end], "more_body": end < len(body)}
            await send({"type": "http.response.body", **message})


def _header(scope: Scope, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


def _names(scope: Scope) -> frozenset[str]:
    query = scope["query_string"]
    return frozenset(parse_qs(query.decode("latin-1")).get("name[]", ())) if query else frozenset()


async def _reasons(readiness: Readiness, timeout: float) -> list[str]:
    """The reasons, or that they could not be had: a store that hangs is not ready either."""
    try:
        with anyio.fail_after(timeout):
            return list(await anyio.to_thread.run_sync(readiness, abandon_on_cancel=True))
    except TimeoutError:
        return [f"no answer within {timeout:g} seconds"]
    except LimnographError as error:
        return [error.reason]
    except Exception:
        log.exception("readiness could not be evaluated")
        return ["readiness could not be evaluated; the log says why"]


async def _http_error(request: Request, error: Exception) -> Response:
    status, headers = 500, None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
    return _json({"error": _WORDS.get(status, "the request failed")}, status, headers)


async def _internal_error(request: Request, error: Exception) -> Response:
    # The message may hold a path, a statement or a password: it goes to the log, which masks them.
    return _json({"error": "internal error; the log says why"}, 500)


def _json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    return Response(content, status, headers, "application/json")


_WORDS = {404: "not found", 405: "method not allowed"}
_STRICT = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_LANDING = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>limnograph</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto }}
dt {{ font-family: ui-monospace, monospace }}
dd {{ margin: 0 0 .75rem 1.5rem }}
</style>
</head>
<body>
<h1>limnograph {__version__}</h1>
<p>Level, freshness and health of the lake.</p>
<dl>
<dt><a href="/metrics">/metrics</a></dt><dd>Prometheus metrics, text or OpenMetrics</dd>
<dt><a href="/api/v1/report">/api/v1/report</a></dt><dd>the health report, as JSON</dd>
<dt><a href="/healthz">/healthz</a></dt><dd>the process is alive</dd>
<dt><a href="/readyz">/readyz</a></dt><dd>the store answers and a cycle succeeded recently</dd>
</dl>
</body>
</html>
"""
