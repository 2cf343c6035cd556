"""An application for slow visitors, served with little patience; see `test_receive_requests.py`."""

import hashlib
import json
import os
import resource
import sys
import threading

from tillit.site import receiving

PATIENCE, STEP, PLACES, LARGEST = 1.0, 64, 16, 100_000
WAITING, SENDING = 32, 8
LARGE_STEP, UPLOAD = 50_000, 1_000_000
PIECE, PIECES = b"x" * 100_000, 100  # of a large answer
NO_LIMIT = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
ENDLESS = ("/endless", "/announced/endless")
ANNOUNCED = ("/announced", "/full", "/announced/endless")
seen: list[int] = []  # how much came of each body
closed: list[str] = []
counted: list[str] = []


class Large:
    """An answer larger than a worker keeps in memory; on `/endless` it ends when the visitor has left, on `/full` the
    disk takes only a part of it, on `/breaks` it fails midway."""

    def __init__(self, path):
        self.path = path

    def __iter__(self):
        if self.path == "/full":
            give_room(len(PIECE) * PIECES // 2)
        pieces = 0
        while self.path in ENDLESS or pieces < PIECES:
            pieces += 1
            yield PIECE
            if self.path == "/breaks" and pieces > PIECES // 2:
                raise ValueError("on purpose")

    def close(self):
        give_room(NO_LIMIT)
        closed.append(self.path)


def give_room(size):
    """For each file: a disk that is full for larger ones."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, NO_LIMIT))


def be_impatient():
    receiving.PATIENCE, receiving.STEP, receiving.RECEIVING = PATIENCE, STEP, PLACES
    receiving.WAITING = WAITING
    receiving.Rules.body = LARGEST
    receiving.LARGE_STEP, receiving.SENDING = LARGE_STEP, SENDING
    receiving.Rules.large_body = lambda _rules, environ: UPLOAD if environ["PATH_INFO"] in UPLOADS else LARGEST
    receiving.Rules.may_be_large = lambda _rules, environ: UPLOADS[environ["PATH_INFO"]]()


def say_begun():
    sys.stdout.write("begun\n")
    sys.stdout.flush()


def nobody_knows():
    raise SystemExit("on purpose")


RAISES = {"/raises": ValueError, "/exits": SystemExit}
UPLOADS = {"/upload": lambda: True, "/upload/stranger": lambda: False, "/upload/unknown": nobody_knows}


def application(environ, start_response):
    """Answers how much came and its digest, by which thread, or something about what went before."""
    path = environ["PATH_INFO"]
    if path == "/healthz":  # asked before it is served
        be_impatient()
    if path in RAISES:
        raise RAISES[path]("on purpose")
    if path == "/holds":
        say_begun()
        threading.Event().wait(PATIENCE)
    if path == "/counted":
        counted.append(environ["REMOTE_ADDR"])
    size = [("Content-Length", str(len(PIECE) * PIECES))] if path in ANNOUNCED else []
    start_response("200 OK", [("Content-Type", "text/plain"), *size])
    if path.startswith("/room/"):
        give_room(int(path.rpartition("/")[2]))
    if path == "/endless":
        say_begun()
    if path in (*ANNOUNCED, *ENDLESS, "/large", "/breaks"):
        return Large(path)
    if path in ("/body", *UPLOADS):
        body = environ["wsgi.input"].read()
        seen.append(len(body))
        return [f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()]
    if path == "/headers":
        return [json.dumps({key: value for key, value in environ.items() if key.startswith("HTTP_")}).encode()]
    told = {
        "/thread": threading.get_ident(),
        "/query": environ.get("CONTENT_TYPE"),
        "/environment": sorted(os.environ),
        "/seen": seen,
        "/closed": closed,
        "/counts": counted,
    }
    return [repr(told.get(path)).encode()]
