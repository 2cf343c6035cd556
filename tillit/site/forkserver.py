"""Load the code once, and fork the workers from it: `python -m tillit.site.forkserver`, started by the supervisor.

A restart then costs one start instead of one for each worker, which share what was loaded. Linux only: elsewhere
forking is not safe in a process that has loaded this much, and each worker is started afresh.

An order is one message on the socket `TILLIT_ORDERS_FD`: the module to run, its arguments and its environment as JSON,
with its handles: the log, the leash, the pipe it reports on, the socket it serves. The answer is its process number, or
the number of an error. What is loaded has the walls and the values that the workers have (`confine.py`): this process
begins behind them, and its workers are told nothing that it is not.

It never begins a thread and opens no connection: both are lost or spoilt in a fork.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections
from setproctitle import setproctitle

from tillit.foundation.supervision import report_ready
from tillit.site import confine, leash, serve
from tillit.site.gently import WISH, gently
from tillit.site.loading import loaded

LONGEST_ORDER = 1 << 20
MOST_HANDLES = 8
THREAD_ENDS = 5.0  # seconds
WORKER = "tillit.site.worker"
TASKS = Path("/proc/self/task")


@dataclass(frozen=True)
class Order:
    name: str
    module: str
    arguments: list[str]
    values: dict[str, str]
    handles: dict[str, int]


def main() -> None:
    """Returns in the new processes only, each with its order; this one ends when nobody gives orders any more."""
    orders = socket.socket(fileno=int(os.environ.pop("TILLIT_ORDERS_FD")))
    gently(_load)
    os.environ.pop(WISH, None)
    connections.close_all()
    if not _alone():
        sys.exit("A thread has begun while the code was loaded; it would be missing in every worker.")
    gc.freeze()  # the collector leaves alone what is loaded, so that it stays shared
    report_ready()
    order = _next(orders)
    while order is not None:
        if _fork(orders):
            _become(orders, order)
            return
        for handle in order.handles.values():
            os.close(handle)
        order = _next(orders)


def _load() -> None:
    """What the web workers serve and, with its tasks, what the job workers work by."""
    loaded(serve.APPLICATION)
    importlib.import_module(WORKER)
    gc.collect()


def _alone() -> bool:
    """Whether no other thread runs. One that has been joined may still be on its way out, which nothing tells."""
    until = time.monotonic() + THREAD_ENDS
    while len(list(TASKS.iterdir())) > 1 and time.monotonic() < until:
        time.sleep(0.01)
    return len(list(TASKS.iterdir())) == 1


def _next(orders: socket.socket) -> Order | None:
    message, handles, _flags, _address = socket.recv_fds(orders, LONGEST_ORDER, MOST_HANDLES)
    if not message:
        return None
    said: dict[str, Any] = json.loads(message)
    return Order(**said | {"handles": dict(zip(said["handles"], handles, strict=True))})


def _fork(orders: socket.socket) -> bool:
    """Whether this is the new process. It has been left by its parent, and is the supervisor's child by now."""
    held, released = os.pipe()
    try:
        between = os.fork()
    except OSError as error:
        os.close(held)
        os.close(released)
        orders.send(json.dumps({"error": error.errno}).encode())
        return False
    if between:
        os.close(held)
        _pid, status = os.waitpid(between, 0)
        os.close(released)
        if failed := os.waitstatus_to_exitcode(status):
            orders.send(json.dumps({"error": failed}).encode())
        return False
    os.close(released)
    try:
        if os.fork():
            os._exit(0)
    except OSError as error:
        os._exit(error.errno or 1)
    os.read(held, 1)  # ends when the process between has been waited for
    os.close(held)
    return True


def _become(orders: socket.socket, order: Order) -> None:
    """Run the module that was ordered, as if this process had been started for it (`leash.py`)."""
    os.setpgid(0, 0)
    handles = dict(order.handles)
    log = handles.pop("log")
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    setproctitle(f"tillit: {order.name} {order.module}")
    os.environ.clear()
    os.environ.update(order.values | {name: str(handle) for name, handle in handles.items()})
    orders.send(json.dumps({"pid": os.getpid()}).encode())
    orders.close()
    confine.look_at_served_socket()
    leash.put_on()
    sys.argv = [order.module, *order.arguments]
    sys.modules.pop(order.module, None)  # it is run, not imported; what it imported stays
    runpy.run_module(order.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
