"""Serve the signed copy of the status page, and nothing else. Knows neither the database nor the rest of Tillit.

    python -m tillit.site.copy_server FOLDER NOTE [--port N] [--host ADDRESS]

`bin/up` passes it a socket (`TILLIT_LISTEN_FD`) and lets it go: in a session of its own it outlives supervisor, workers
and database, so that the page can say «no signal». It holds a lock on NOTE, a file that says where it is; when the file
is gone, or another one, its data folder is, and it ends. On another machine that gets the folder it runs by itself.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from typing import Any

LANGUAGES = ("en", "de", "nb")  # the first one where a browser asks for none of them
HTML, JSON, TEXT = "text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8"
FILES = {  # nothing else is ever opened
    "index.html": HTML,
    **{f"index.{language}.html": HTML for language in LANGUAGES},
    **{f"feed.{language}.atom": "application/atom+xml; charset=utf-8" for language in LANGUAGES},
    "status.css": "text/css; charset=utf-8",
    "status.js": "text/javascript; charset=utf-8",
    "status.json": JSON,
    "status.json.sig": "application/octet-stream",
    "signed.json": JSON,
    "key.json": JSON,
    "key.pem": TEXT,
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",  # anybody may check it, from any page
    "Cache-Control": "no-cache",
}
READ_SECONDS = 10.0  # for the next bytes of a request; who sends none is left
MOST_AT_ONCE = 64  # connections; the oldest goes for a new one
LOCK_SECONDS = 10.0  # for a predecessor to let go
LOOK_SECONDS = 2.0  # how often it sees whether its data folder is still there


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = READ_SECONDS
    folder: Path

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        headers = self.headers
        if "Content-Length" in headers or "Transfer-Encoding" in headers or headers.defects:
            self.close_connection = True  # what comes next may be a body, which is no request (RFC 9112, 11.2)
        name = self.path.partition("?")[0].removeprefix("/") or f"index.{self._language()}.html"
        kind = FILES.get(name)
        try:
            body = (self.folder / name).read_bytes() if kind else b""
        except OSError:
            kind = None
        if kind is None:
            missing = name in FILES
            status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.NOT_FOUND
            said = b"No signal: no copy has been written yet.\n" if missing else b"There is nothing here.\n"
            self._send(status, TEXT, said, "", with_body=with_body)
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if self.headers.get("If-None-Match") == etag:
            self._send(HTTPStatus.NOT_MODIFIED, kind, b"", etag, with_body=False)
        else:
            self._send(HTTPStatus.OK, kind, body, etag, with_body=with_body)

    def _send(self, status: HTTPStatus, kind: str, body: bytes, etag: str, *, with_body: bool) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if etag:
            self.send_header("ETag", etag)
            self.send_header("Vary", "Accept-Language")
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _language(self) -> str:
        """The first of the browser's languages that is ours; weights aside, browsers send them in order."""
        asked = [part.strip()[:2].lower() for part in self.headers.get("Accept-Language", "").split(",")]
        known = ["nb" if code in ("no", "nn") else code for code in asked]
        return next((code for code in known if code in LANGUAGES), LANGUAGES[0])

    def version_string(self) -> str:
        return "Tillit"

    def log_message(self, format: str, *_said: object) -> None:
        """Nothing: who looked at a status page is nobody's business."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, listening: socket.socket, folder: Path) -> None:
        handler = type("Here", (Handler,), {"folder": folder})
        BaseServer.__init__(self, listening.getsockname(), handler)  # any other would make a socket; walls forbid it
        self.socket = listening
        self.open: dict[Any, None] = {}  # the oldest first
        self.guard = threading.Lock()
        self.server_activate()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Each in a thread. Are there too many, the oldest is cut: who keeps connections open keeps nobody out."""
        with self.guard:
            if len(self.open) >= MOST_AT_ONCE:
                oldest = next(iter(self.open))
                del self.open[oldest]
                with suppress(OSError):  # it went by itself
                    oldest.shutdown(socket.SHUT_RDWR)
            self.open[request] = None
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.guard:
                self.open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody left in the middle."""


def claim(note: Path, address: str, port: int) -> int:
    """Say in NOTE which process serves where, and hold it. Raises TimeoutError while another one does."""
    deadline = time.monotonic() + LOCK_SECONDS
    handle = os.open(note, os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process serves for {note}") from None
            time.sleep(0.05)
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps({"pid": os.getpid(), "address": address, "port": port}).encode(), 0)
    return handle


def main() -> int:
    parser = argparse.ArgumentParser(prog="copy_server", description="Serve the signed copy of the status page.")
    parser.add_argument("folder", type=Path, help="where the copy lies")
    parser.add_argument("note", type=Path, help="a file that says where it is served, and is locked meanwhile")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    given = os.environ.pop("TILLIT_LISTEN_FD", "")
    listening = socket.socket(fileno=int(given)) if given else socket.create_server((options.host, options.port))
    handle = claim(options.note, *listening.getsockname()[:2])
    server = Server(listening, options.folder)
    signal.signal(signal.SIGTERM, lambda _number, _frame: _end(server))
    signal.signal(signal.SIGINT, lambda _number, _frame: _end(server))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal may go
    threading.Thread(target=_end_with_the_folder, args=(server, options.note, handle), daemon=True).start()
    server.serve_forever(poll_interval=0.5)
    server.server_close()
    return 0


def _end(server: Server) -> None:
    threading.Thread(target=server.shutdown, daemon=True).start()  # waits for the loop, in which signals arrive


def _end_with_the_folder(server: Server, note: Path, handle: int) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        with suppress(OSError):
            if os.path.samestat(os.stat(note), os.fstat(handle)):
                continue
        server.shutdown()
        return


if __name__ == "__main__":
    sys.exit(main())
