"""Who sends or reads slowly keeps nobody waiting, and is told so when it takes too long."""

import asyncio
import errno
import fcntl
import hashlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, IncompleteRead

import pytest

from tillit.site import answering
from tillit.site.answering import Spool, Threads, send
from tillit.site.handing import OWN
from tillit.site.receiving import LARGE
from tillit.site.runtime import ROOT
from tillit.site.tests.slow import LARGEST, NO_LIMIT, PIECE, PIECES, PLACES, SENDING, UPLOAD, WAITING
from tillit.site.tests.test_supervise_processes import Upload, eventually

AT_ONCE = 5.0  # seconds, on a very busy machine
CROWD = "127.0.0.2"
SECRET = {
    "TILLIT_SECRET_KEY": "long and random",
    "TILLIT_DSN": "to the database",
    "AWS_SECRET_ACCESS_KEY": "to the copy",
}


@pytest.fixture(scope="module")
def worker():
    """One web worker that serves `slow.py`, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        handle = listening.fileno()
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "tillit.site.serve", "tillit.site.tests.slow:application"],
            env=os.environ | {"PYTHONPATH": str(ROOT), "TILLIT_LISTEN_FD": str(handle)} | SECRET,
            pass_fds=[handle],
            stdout=subprocess.PIPE,
        )
        yield worker, listening.getsockname()[1]
        worker.terminate()
        assert worker.wait(AT_ONCE) == 0


@pytest.fixture(scope="module")
def port(worker):
    return worker[1]


@pytest.fixture
def crowd(worker):
    """Who has every thread work for a while, and one more of the same address than may wait for one."""
    connections = at_work(worker, WAITING + 1)
    for connection in connections[OWN:]:
        connection.request("GET", "/counted")
    return connections


def call(port, address="127.0.0.1"):
    return HTTPConnection("127.0.0.1", port, timeout=30, source_address=(address, 0))


def at_work(worker, more):
    """Connections of one address that have every thread work for a while, and `more` that are open."""
    process, port = worker
    connections = [call(port, CROWD) for _ in range(OWN + more)]
    for connection in connections:
        connection.connect()  # what comes now, comes while every thread works
    for connection in connections[:OWN]:
        connection.request("GET", "/holds")
        assert process.stdout.readline() == b"begun\n"
    return connections


def ask(port, path, body=None, *, address="127.0.0.1", **headers):
    connection = call(port, address)
    connection.request(
        "POST" if body is not None else "GET", path, body, headers, encode_chunked="Transfer-Encoding" in headers
    )
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def begin(port, path="/body", announced=100, address="127.0.0.1"):
    """A body of which ten bytes come."""
    connection = call(port, address)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(announced))
    connection.endheaders(b"0123456789")
    return connection


def readable(connections):
    return select.select([connection.sock for connection in connections], [], [], 0)[0]


def refused_soon(connections):
    """The answer of the one that is refused for want of room."""
    eventually(lambda: readable(connections))
    (found,) = [connection for connection in connections if connection.sock in readable(connections)]
    answer = found.getresponse()
    assert answer.status == 503
    connections.remove(found)
    return answer


def told_of(body):
    return 200, f"{len(body)} {hashlib.sha256(body).hexdigest()}"


def test_forty_slow_senders_keep_neither_a_reader_nor_another_sender_waiting(port):
    steady = Upload(port, "/body")
    slow = [begin(port, address=f"127.0.0.{2 + number % 8}") for number in range(40)]
    began = time.monotonic()
    assert ask(port, "/thread")[0] == 200
    assert ask(port, "/body", b"sign me in") == told_of(b"sign me in")
    assert time.monotonic() - began < AT_ONCE
    steady.goes_on(2.0)  # longer than anybody's patience, but it comes
    told = steady.ends().split()
    assert int(told[0]) >= 50 and told[1] == told_of(b"piece" * (int(told[0]) // 5))[1].split()[1]
    for connection in slow:
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Connection")) == (408, "close")
        assert connection.sock is None or connection.sock.recv(1) == b""


def test_as_many_threads_work_as_there_are_connections_to_the_database(port):
    with ThreadPoolExecutor(20) as visitors:
        answers = list(visitors.map(lambda _number: ask(port, "/thread"), range(200)))
    assert {status for status, _thread in answers} == {200}
    assert len({thread for _status, thread in answers}) <= OWN


def test_nothing_that_is_raised_ends_a_thread(port):
    for _ in range(OWN + 1):
        assert ask(port, "/exits") == (500, "")
        assert begin(port, "/upload/unknown", UPLOAD).getresponse().status == 503
    assert ask(port, "/upload", b"x" * (LARGEST + 1))[0] == 200
    assert ask(port, "/thread")[0] == 200


def test_nobody_works_for_those_who_left(port, crowd):
    for connection in crowd:
        connection.close()
    began = time.monotonic()
    assert ask(port, "/counts") == (200, "[]")
    assert time.monotonic() - began < AT_ONCE


def test_who_has_many_requests_wait_leaves_room_for_others(port, crowd):
    assert refused_soon(crowd).getheader("Retry-After") == "5"
    assert ask(port, "/thread")[0] == 200  # somebody of the crowd makes way
    answers = [connection.getresponse().status for connection in crowd]
    assert Counter(answers) == {200: OWN + WAITING - 1, 503: 1}


def test_who_has_many_bodies_wait_leaves_room_for_another_sender(worker):
    port, crowd = worker[1], at_work(worker, PLACES)
    for connection in crowd[OWN:]:
        connection.request("POST", "/body", b"once more")
    assert ask(port, "/body", b"once") == told_of(b"once")
    answers = [connection.getresponse().status for connection in crowd]
    (refused,) = [status for status in answers if status != 200]
    assert refused in (408, 503)  # while it was still coming, or waited


def test_who_sends_many_large_files_leaves_room_for_others_and_comes_along(port):
    crowd = [begin(port, "/upload", UPLOAD, CROWD) for _ in range(LARGE + 1)]
    assert refused_soon(crowd).getheader("Retry-After") == "5"
    large = os.urandom(UPLOAD)
    assert ask(port, "/upload", large) == told_of(large)
    crawling = Upload(port, "/upload")  # quick enough for a small one
    crawling.connection.send(b"%x\r\n%s\r\n" % (LARGEST, b"x" * LARGEST))
    eventually(lambda: readable([crawling.connection]) or crawling.connection.send(b"5\r\npiece\r\n"))
    assert crawling.connection.getresponse().status == 408


def test_who_reads_many_large_answers_leaves_room_for_others(port):
    crowd = [call(port, CROWD) for _ in range(SENDING + 1)]
    for connection in crowd:
        connection.request("GET", "/announced")
    answers = [connection.getresponse() for connection in crowd]
    assert Counter(answer.status for answer in answers) == {200: SENDING, 503: 1}
    assert ask(port, "/announced") == (200, (PIECE * PIECES).decode())
    whole = 0
    for answer in answers:
        with suppress(IncompleteRead):
            whole += answer.read() == PIECE * PIECES
    assert whole == SENDING - 1


def test_a_worker_that_lost_a_thread_does_not_move():
    threads, ended = Threads(1), threading.Event()
    threads._work = ended.wait
    threads.do(lambda: None)
    assert threads.move()
    ended.set()
    threads._started[0].join()
    assert not threads.move()


def test_a_body_comes_whole_or_not_at_all(port):
    large = os.urandom(LARGEST)
    assert ask(port, "/body", large) == told_of(large)
    assert ask(port, "/body", iter([large]), **{"Transfer-Encoding": "chunked"}) == told_of(large)
    assert ask(port, "/body", iter([large, b"x"]), **{"Transfer-Encoding": "chunked"})[0] == 413
    assert ask(port, "/body", iter([b"x"] * 3000), **{"Transfer-Encoding": "chunked"})[0] == 400  # in crumbs
    refused = begin(port, "/body", LARGEST + 1).getresponse()  # said before more is sent, by who knows how to
    assert refused.status == begin(port, "/upload/stranger", UPLOAD).getresponse().status == 413
    before = ask(port, "/seen")
    begin(port).close()
    cut = Upload(port, "/body")
    cut.connection.close()
    assert ask(port, "/body", b"later") == told_of(b"later")
    assert ask(port, "/seen")[1] == before[1].replace("]", ", 5]")


def say(port, head, body=b""):
    """What is answered to a head written by hand."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.replace(b"\n", b"\r\n") + b"Connection: close\r\n\r\n" + body)
        answer = HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


def test_a_body_that_finds_no_room_is_asked_for_again(port):
    ask(port, f"/room/{LARGEST // 2}")
    try:
        assert ask(port, "/body", b"x" * LARGEST)[0] == 503
    finally:
        ask(port, f"/room/{NO_LIMIT}")
    assert ask(port, "/body", b"x" * LARGEST) == told_of(b"x" * LARGEST)


def test_headers_are_told_as_they_came(port):
    head = (
        b"GET http://asked.example:81/headers HTTP/1.1\nHost: named.example\nX-Forwarded-For: \xff\nForwarded: \xff\n"
        b"Forwarded: a\nForwarded: b\nCookie: a=1\nCookie: b=2\nX_Forwarded_For: 192.0.2.1\nEmpty: \n"
    )
    assert json.loads(say(port, head)[1]) == {
        "HTTP_HOST": "asked.example:81",
        "HTTP_X_FORWARDED_FOR": "",
        "HTTP_FORWARDED": "a,b",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_EMPTY": "",
        "HTTP_CONNECTION": "close",
    }
    assert json.loads(say(port, b"GET /headers HTTP/1.1\nHost: named.example\n")[1])["HTTP_HOST"] == "named.example"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("text/html; charset=latin-1", "text/html; charset=latin-1"),
        ("text/html; charset=klingon", "text/html"),
        ("text/html; charset=hex", "text/html"),
        ("text/html; charset=idna", "text/html"),
        ('text/html; charset="a\0b"', "text/html"),
        ("", ""),
    ],
)
def test_a_charset_in_which_not_any_bytes_are_text_is_not_believed(told, kept):
    assert answering.believed(told) == kept


def test_no_charset_makes_an_error(port):
    assert ask(port, "/query?a=1", b"b=2", **{"Content-Type": "text/html; charset=hex"}) == (200, "'text/html'")


def test_no_request_meets_a_secret_in_the_environment(port):
    status, names = ask(port, "/environment")
    assert status == 200 and "PYTHONPATH" in names
    assert not [name for name in SECRET if name in names]


def test_of_the_transfer_codings_one_is_known(port):
    head = b"POST /body HTTP/1.1\nHost: named.example\nTransfer-Encoding: %s\n"
    assert say(port, head % b"Chunked", b"1\r\nx\r\n0\r\n\r\n") == (200, told_of(b"x")[1].encode())
    assert say(port, head % b"chunked", b"1\r\nx\r\n0\r\nNamed: trailer\r\n\r\n")[0] == 400  # as if broken off
    assert say(port, head % b"gzip, chunked") == say(port, head % b"chunked, chunked") == (501, b"")


def test_who_reads_slowly_or_leaves_keeps_no_thread(port):
    slow, gone = [call(port) for _ in range(5)], [call(port) for _ in range(5)]
    for connection in slow:
        connection.request("GET", "/large")
    for connection in gone:
        connection.request("GET", "/announced/endless")
        assert connection.getresponse().read(100) == PIECE[:100]
        connection.close()
    began = time.monotonic()
    assert ask(port, "/raises") == (500, "") == ask(port, "/raises") == ask(port, "/raises")
    eventually(lambda: ask(port, "/closed")[1].count("/endless") == 5)
    assert time.monotonic() - began < 2 * AT_ONCE
    for connection in slow:
        answer = connection.getresponse()
        assert answer.getheader("Content-Length") == str(len(PIECE) * PIECES)
        assert answer.read() == PIECE * PIECES


def test_who_leaves_before_an_answer_is_whole_keeps_no_thread(worker):
    process, port = worker
    for _ in range(OWN + 1):
        connection = call(port)
        connection.request("GET", "/endless")
        assert process.stdout.readline() == b"begun\n"
        connection.close()
    eventually(lambda: ask(port, "/closed")[1].count("'/endless'") == OWN + 1)


def test_an_answer_that_finds_no_room_is_seen_to_be_broken_off(port):
    began = time.monotonic()
    with pytest.raises(IncompleteRead):
        ask(port, "/full")
    assert time.monotonic() - began < AT_ONCE
    assert ask(port, "/announced") == (200, (PIECE * PIECES).decode())


def test_an_answer_that_fails_midway_is_no_answer(port):
    assert ask(port, "/breaks") == (500, "")


@pytest.mark.parametrize("path", ["/large", "/announced"])
def test_who_asks_for_the_head_of_a_large_answer_hears_its_size(port, path):
    connection = call(port)
    for _ in range(2):
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert (answer.getheader("Content-Length"), answer.read()) == (str(len(PIECE) * PIECES), b"")


def test_an_answer_that_cannot_be_handed_over_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(answering, "PIECE", os.sysconf("SC_PAGE_SIZE"))  # a pipe holds more unless it is told

    class Refusing:
        def response_file(self, _status, _headers, place):
            self.place = place
            assert os.stat(os.path.dirname(place)).st_mode & 0o777 == 0o700
            handle = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
            assert fcntl.fcntl(handle, fcntl.F_GETPIPE_SZ) == answering.PIECE
            os.close(handle)
            raise OSError(errno.EMFILE, "on purpose")

    proto, before = Refusing(), set(os.listdir("/proc/self/fd"))
    spool = Spool(200, [("Content-Length", str(len(PIECE)))])
    with pytest.raises(OSError, match="on purpose"):
        asyncio.run(send(spool, proto, lambda: None))
    spool.fill([PIECE])
    assert spool.has_left and spool.file.closed
    assert set(os.listdir("/proc/self/fd")) == before
    assert not os.path.exists(os.path.dirname(proto.place))
