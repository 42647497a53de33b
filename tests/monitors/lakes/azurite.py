"""Azure's blob storage on loopback: Azurite, with nothing kept on disk."""

import base64
import hashlib
import hmac
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from tests.programs import azurite

# Published with Azurite, for everybody.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
CONTAINER = "lake"
_VERSION = "2020-12-06"
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running Azurite with an empty container."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    @property
    def where(self) -> dict[str, str]:
        """The storage options that say where it is, without any credential."""
        return {"azure_storage_endpoint": self.url, "allow_http": "true"}

    @property
    def options(self) -> dict[str, str]:
        """The storage options of its owner."""
        return {**self.where, "account_name": ACCOUNT, "account_key": KEY}

    def uri(self, table: str) -> str:
        return f"abfss://{CONTAINER}@{ACCOUNT}.dfs.core.windows.net/{table}"


@contextmanager
def running(port: int) -> Iterator[Azurite]:
    """Run Azurite on a port until the block ends."""
    command = [azurite(), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--silent"]
    command += ["--inMemoryPersistence", "--skipApiVersionCheck", "--loose", "--disableTelemetry"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            server = Azurite(port)
            _create(server, process)
            yield server
        finally:
            process.terminate()


def account_sas(expires: datetime, permissions: str = "rl") -> str:
    """A shared access signature of the account, for reading unless otherwise said."""
    until = f"{expires:%Y-%m-%dT%H:%M:%SZ}"
    fields = (ACCOUNT, permissions, "b", "sco", "", until, "", "", _VERSION, "")
    digest = hmac.digest(
        base64.b64decode(KEY), "".join(f"{field}\n" for field in fields).encode(), hashlib.sha256
    )
    signature = quote(base64.b64encode(digest).decode(), safe="")
    return f"sv={_VERSION}&ss=b&srt=sco&sp={permissions}&se={quote(until, safe='')}&sig={signature}"


def _create(server: Azurite, process: "subprocess.Popen[bytes]") -> None:
    """Create the container, as soon as the server answers."""
    sas = account_sas(datetime.now().astimezone() + timedelta(days=1), "rwlc")
    url = f"{server.url}/{CONTAINER}?restype=container&{sas}"
    request = urllib.request.Request(url, method="PUT", headers={"x-ms-version": _VERSION})
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except urllib.error.HTTPError:
            raise
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
