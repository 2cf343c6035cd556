"""A request on its way to the release beside: it tells what came, waits for nobody, and believes no visitor."""

import io
import socket
import threading
import time
from contextlib import suppress

import pytest

from tillit.site import rollout
from tillit.site.handing import VISITOR, Beside, HandOn


@pytest.fixture
def beside(tmp_path):
    """The release beside: a socket that keeps what it hears, and answers when everything came."""
    place, heard = tmp_path / "side", []
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(place))
    listening.listen()
    rollout.tell(tmp_path, rollout.Routes("1", "0.2.0", {"a": str(place)}, settled=True))

    def answer():
        with suppress(OSError):  # nobody asked before the test was over, or who asked has gone
            connection, _address = listening.accept()
            with connection:
                said = b""
                while not said.endswith(b"whole") and (piece := connection.recv(65536)):
                    said += piece
                heard.append(said)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    answering = threading.Thread(target=answer)
    answering.start()
    yield heard
    with suppress(OSError):  # it listens no longer
        listening.shutdown(socket.SHUT_RDWR)
    answering.join(10)
    listening.close()
    assert not answering.is_alive()


def asked(body, **more):
    length = str(len(b"all of it, whole"))
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/import/", "wsgi.input": io.BytesIO(body)} | more
    return environ | {"CONTENT_LENGTH": length, "HTTP_HOST": "fjordlys.tillit.test", "REMOTE_ADDR": "192.0.2.7"}


def answered(tmp_path, environ):
    said = []
    layer = HandOn(lambda _environ, _start: [b"own"], tmp_path, lambda _environ: "a")
    answer = layer(environ, lambda status, _headers: said.append(status))
    pieces = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return said, pieces


def test_the_visitors_address_is_the_one_the_handing_worker_saw(tmp_path, beside):
    assert answered(tmp_path, asked(b"all of it, whole", **{VISITOR: "203.0.113.9"})) == (["200 OK"], b"ok")
    assert b"Tillit-Visitor: 192.0.2.7" in beside[0] and b"203.0.113.9" not in beside[0]
    environ = {VISITOR: "192.0.2.7", "REMOTE_ADDR": ""}
    Beside(lambda environ, _start: [environ["REMOTE_ADDR"].encode()])(environ, None)
    assert environ == {"REMOTE_ADDR": "192.0.2.7"}


def test_an_upload_that_is_broken_off_keeps_nobody_waiting_and_is_done_nowhere(tmp_path, beside):
    began = time.monotonic()
    assert answered(tmp_path, asked(b"all of")) == (["502 Bad Gateway"], b"")
    assert time.monotonic() - began < 5
