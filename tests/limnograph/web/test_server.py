import gc
import os
import socket
import sys

import httpx
import psutil
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from limnograph.web.server import SWITCH_INTERVAL, Server
from monitors.errors import LimnographError

pytestmark = pytest.mark.wide


def hello(request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


def test_a_server_answers_from_start_to_stop() -> None:
    with Server(APP) as server:
        assert httpx.get(server.url).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_stop_closes_connections_that_are_kept_open() -> None:
    with Server(APP) as server, httpx.Client() as client:
        assert client.get(server.url).text == "hello"


def test_an_answer_never_waits_for_the_acknowledgement_of_its_beginning() -> None:
    with Server(APP) as server, httpx.Client() as client:
        client.get(server.url)
        port = int(server.url.rpartition(":")[2])
        (accepted,) = (
            connection.fd
            for connection in psutil.Process().net_connections("tcp")
            if connection.laddr.port == port and connection.raddr
        )
        with socket.socket(fileno=os.dup(accepted)) as copy:
            assert copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_server_that_never_started_can_be_stopped() -> None:
    Server(APP).stop()


def test_an_address_in_use_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LimnographError) as caught:
            Server(APP, port=port).start()
    assert caught.value.reason.startswith(f"cannot listen on 127.0.0.1 port {port}: ")
    assert caught.value.mend == "choose another --host or --port"


def test_an_address_that_does_not_exist_is_explained() -> None:
    with pytest.raises(LimnographError, match=r"cannot listen on no.such.host.invalid port 0"):
        Server(APP, "no.such.host.invalid").start()


def test_the_url_of_an_ipv6_address_is_written_in_brackets() -> None:
    assert Server(APP, "::1", 9899).url == "http://[::1]:9899"


def test_answering_threads_get_the_interpreter_soon() -> None:
    with Server(APP):
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
        assert gc.get_freeze_count() > 0
