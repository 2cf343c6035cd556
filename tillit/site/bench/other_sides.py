"""The other sides of `bin/bench broker`, each a process: `server`, which answers, and `broker PORT FOLDER`.

The server answers `GET /` with a body of 100 MB and everything else byte by byte. The broker is the product's, with its
journal on disk, and a register of 200 routes that is read anew each second, as in production; only its database is not.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tillit.trust.broker.journal import Journal
from tillit.trust.broker.rules import Register, Rules
from tillit.trust.broker.server import Broker
from tillit.trust.routes import Route

HOST = "127.0.0.1"
BODY = 100 * 10**6
PIECE = bytes(1 << 20)
OTHERS = 200
PURPOSE = "mail"


def serve() -> None:
    """Tell the port on standard output, then answer until killed."""
    listening = socket.create_server((HOST, 0), backlog=256)
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        client, _ = listening.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_answer, args=(client,), daemon=True).start()


def _answer(client: socket.socket) -> None:
    with client:
        while asked := client.recv(65_536):
            if not asked.startswith(b"GET "):
                client.sendall(asked)
                continue
            client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n".encode())
            left = BODY
            while left:
                left -= client.send(PIECE[:left])


def broker(port: int, folder: Path) -> None:
    """Listen on FOLDER/socket until killed."""
    opens_at = datetime.now(UTC) - timedelta(days=1)

    def route(host: str, port: int) -> Route:
        return Route("server", 1, "http", host, port, frozenset({PURPOSE}), opens_at, None, private_network=True)

    routes = (*(route(f"host-{number}.example", 443) for number in range(OTHERS)), route(HOST, port))
    rules = Rules(lambda: Register(routes, frozenset({1}), 1, datetime.now(UTC)))
    rules.refresh()
    journal = Journal(folder / "journal")
    Broker(rules, journal).start(folder / "socket")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        time.sleep(1.0)
        rules.refresh()
        for place in journal.turn():
            journal.told(place)


if __name__ == "__main__":
    os.umask(0o077)
    if sys.argv[1] == "server":
        serve()
    else:
        broker(int(sys.argv[2]), Path(sys.argv[3]))
