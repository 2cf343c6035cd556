"""The copy's server gives what it has to everybody, opens nothing else, and goes when its data folder goes."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from tillit.site import copy_process, copy_server
from tillit.site.listening import open_sockets
from tillit.site.logs import Logs
from tillit.site.processes import alive
from tillit.site.tests.whole import PATIENCE, eventually


@pytest.fixture
def data(tmp_path):
    (tmp_path / "status-copy").mkdir()
    yield tmp_path
    copy_process.end(tmp_path)


@pytest.fixture
def serving(data):
    """Started as somebody does on another machine: by itself."""
    line = [sys.executable, copy_server.__file__, data / "status-copy", data / copy_process.NOTE, "--port", "0"]
    process = subprocess.Popen(line, env={"PATH": os.environ["PATH"]})
    eventually(lambda: copy_process.serving(data))
    yield process
    process.kill()
    process.wait()


def ask(data, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", copy_process.serving(data)["port"], timeout=30)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.content = answer.read()
    connection.close()
    return answer


def test_before_the_first_copy_it_says_no_signal(data, serving):
    answer = ask(data, "/")
    assert answer.status == 503
    assert answer.content == b"No signal: no copy has been written yet.\n"


def test_it_gives_the_page_in_the_readers_language_and_says_that_it_may_be_kept_for_nothing(data, serving):
    for language in ("de", "en", "nb"):
        (data / "status-copy" / f"index.{language}.html").write_text(language)
    for asked, given in (("de-CH,de;q=0.9", b"de"), ("no", b"nb"), ("fr, nb;q=0.5", b"nb"), ("fr", b"en"), ("", b"en")):
        assert ask(data, "/?from=mail", Accept_Language=asked).content == given
    answer = ask(data, "/index.de.html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Date"] and "Python" not in answer.headers["Server"]
    assert ask(data, "/index.de.html", If_None_Match=answer.headers["ETag"]).status == 304
    head = ask(data, "/index.de.html", method="HEAD")
    assert (head.status, head.headers["Content-Length"], head.content) == (200, "2", b"")


@pytest.mark.parametrize(
    "path",
    ["/.lock", "/../secrets.json", "/..%2fsecrets.json", "//etc/passwd", "/index.de.html/", "/other.json", "/.."],
)
def test_it_opens_no_other_file(data, serving, path):
    for place in (data / "secrets.json", data / "status-copy" / ".lock", data / "status-copy" / "other.json"):
        place.write_text("secret")
    answer = ask(data, path)
    assert answer.status == 404
    assert b"secret" not in answer.content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(data, serving, method):
    assert ask(data, "/", method=method).status == 501


@pytest.mark.parametrize("said", ["Content-Length: 41", "Transfer-Encoding: chunked", "Content-Length : 41"])
def test_a_body_is_not_read_as_the_next_request(data, serving, said):
    with socket.create_connection(("127.0.0.1", copy_process.serving(data)["port"]), timeout=30) as connection:
        body = b"GET /key.json HTTP/1.1\r\nHost: tillit\r\n\r\n"
        connection.sendall(f"GET / HTTP/1.1\r\nHost: tillit\r\n{said}\r\n\r\n".encode() + body)
        answers = b""
        while part := connection.recv(65536):
            answers += part
    assert answers.count(b"HTTP/1.1 ") == 1


def test_who_holds_connections_open_and_says_little_keeps_nobody_out(data, serving):
    (data / "status-copy" / "index.en.html").write_text("en")
    port = copy_process.serving(data)["port"]
    held = [socket.create_connection(("127.0.0.1", port)) for _number in range(copy_server.MOST_AT_ONCE + 6)]
    for one in held:
        one.sendall(b"GET / HTTP/1.1\r\n")
    began = time.monotonic()
    assert all(ask(data, "/").content == b"en" for _time in range(3))
    assert time.monotonic() - began < copy_server.READ_SECONDS / 2
    for one in held:
        one.close()


def test_it_ends_when_the_data_folder_is_gone(data, serving):
    shutil.rmtree(data)
    assert serving.wait(PATIENCE) == 0


def test_whoever_keeps_it_starts_it_again_replaces_it_and_leaves_it_or_ends_it(data, monkeypatch):
    monkeypatch.setattr(copy_process, "LOOK", 0.2)
    monkeypatch.setattr(copy_process, "ANSWER_SECONDS", 2.0)

    def keep():
        kept = copy_process.CopyProcess(data, open_sockets("127.0.0.1", 0, 1)[0], (), Logs(data / "log"))
        kept.start()
        eventually(lambda: copy_process.serving(data).get("pid") == kept.process.pid)
        return kept, kept.process.pid

    first, pid = keep()
    assert os.getsid(pid) == pid  # of no session and no leash of ours
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: copy_process.serving(data).get("pid", pid) != pid)
    pid = copy_process.serving(data)["pid"]
    os.kill(pid, signal.SIGSTOP)  # it hangs
    assert copy_process.state_of(data)["copy_ready"] is False
    eventually(lambda: copy_process.serving(data).get("pid", pid) != pid)
    pid = copy_process.serving(data)["pid"]
    first.finish(leave=True)
    assert alive(pid) and ask(data, "/").status == 503

    second, other = keep()
    assert other != pid and not alive(pid)
    second.finish(leave=False)
    assert not alive(other) and copy_process.serving(data) == {}


def test_a_taken_port_beside_tillits_own_is_no_reason_not_to_start():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with copy_process.open_port("127.0.0.1", None, taken - 1) as found:
            assert found.getsockname()[1] != taken


def test_the_state_tells_where_the_copy_is_and_how_old(data, serving):
    signed = {"document": json.dumps({"made_at": "2026-11-23T11:00:00.000Z"}), "signature": ""}
    (data / "status-copy" / "signed.json").write_text(json.dumps(signed))
    port = copy_process.serving(data)["port"]
    assert copy_process.state_of(data) == {
        "copy": f"http://localhost:{port}/",
        "copy_pid": serving.pid,
        "copy_ready": True,
        "copy_made": "2026-11-23T11:00:00.000Z",
    }
