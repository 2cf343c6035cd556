"""A tiny installation under the real supervisor: two web workers with an application of nothing, a worker that waits.

python -m tillit.site.tests.tiny FOLDER [database] [support] [sides] [forked] [busy]

It writes FOLDER/address when it serves, and running.json. With `sides` it carries out orders for two releases, with
`forked` the web workers come from a fork server, which does not load once FOLDER/spoilt is there. `busy`: its worker
gets nothing of the processor as long as it wants only what nobody else wants.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tillit.foundation.supervision import report_ready
from tillit.site import rollout, runtime
from tillit.site import supervisor as supervisor_module
from tillit.site.child import FORKSERVER, Program
from tillit.site.gently import IDLE, WISH
from tillit.site.handing import layered
from tillit.site.listening import open_sockets
from tillit.site.logs import Logs
from tillit.site.postgres import Cluster
from tillit.site.progress import Progress
from tillit.site.sides import LINGERS, SERVE, Sides
from tillit.site.supervisor import Supervisor

THIS = "tillit.site.tests.tiny"
GRACE = 2.0  # seconds


def answering(environ, start_response):
    """Answers with its process, once it has read what it is sent; `/slow` takes a moment: a restart finds it at it."""
    while environ["wsgi.input"].read(1024):
        pass
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.05)
    start_response("200 OK", [("Content-Type", "text/plain")])
    told = os.getcwd() if environ["PATH_INFO"] == "/root" else str(os.getpid())
    return [told.encode()]


application = layered(answering, lambda environ: environ.get("HTTP_WAVE", ""))


def support(folder: Path) -> None:
    """Ready at once; asked to end, it writes down which of its siblings are still there."""

    def end(_number, _frame):
        listed = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(os.getppid())], capture_output=True, text=True)
        others = [line for line in listed.stdout.splitlines() if "Z" not in line and str(os.getpid()) not in line]
        (folder / "left").write_text("\n".join(others))
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    (folder / "first").write_text(str(os.getpid()))
    report_ready()
    while True:
        signal.pause()


def wait_busily() -> None:
    if os.environ.get(WISH) == IDLE:
        time.sleep(600)
    report_ready()
    time.sleep(600)


def supervise(folder: Path, options: list[str]) -> None:
    sockets = open_sockets("127.0.0.1", 0, 2)
    web = [
        Program(
            f"web-{number}",
            SERVE,
            (f"{THIS}:application",),
            listening,
            grace=GRACE,
            lingers=LINGERS,
            hung=6.0,
            forked="forked" in options,
        )
        for number, listening in enumerate(sockets, start=1)
    ]
    worker = Program("worker", THIS, ("wait",), settle=0.2)
    if "busy" in options:
        worker = Program("worker", THIS, ("wait_busily",))
        supervisor_module.IDLE_START = 1.0
    helpers = [Program("support", THIS, ("support", str(folder)), supports=True)] if "support" in options else []
    if "forked" in options:
        helpers.append(Program("forkserver", FORKSERVER, supports=True, optional=True))
    cluster = Cluster(folder / "postgres", durable=False) if "database" in options else None
    if cluster is not None:
        cluster.start()
    where = sockets[0].getsockname()
    facts = {"pid": os.getpid(), "address": where[0], "port": where[1], "url": "http://tillit.test/", "restarts": 0}

    def restarted(complete):
        facts.update(restarts=facts["restarts"] + 1, restarted=complete)
        runtime.write(folder / "running.json", facts)

    runtime.write(folder / "running.json", facts)

    def environment(program):
        spoilt = program.module == FORKSERVER and (folder / "spoilt").exists()
        return os.environ | ({"DJANGO_SETTINGS_MODULE": "tillit.site.nothing"} if spoilt else {})

    supervisor = Supervisor(
        [*helpers, *web, worker],
        logs=Logs(folder / "log"),
        environment=environment,
        say=Progress().say,
        restarted=restarted,
        database=cluster,
    )
    if "sides" in options:
        sides = Sides(folder, supervisor)
        supervisor.environment = lambda program: sides.environment(program) | {"TILLIT_DATA": str(folder)}
        rollout.side_socket(folder).parent.mkdir()
    supervisor.listen_to_signals()
    supervisor.start()
    draft = folder / "address.new"
    draft.write_text(str(where[1]))
    draft.rename(folder / "address")
    supervisor.run()
    supervisor.shut_down()


if __name__ == "__main__":
    if sys.argv[1] == "wait":
        time.sleep(600)
    elif sys.argv[1] == "wait_busily":
        wait_busily()
    elif sys.argv[1] == "support":
        support(Path(sys.argv[2]))
    else:
        supervise(Path(sys.argv[1]), sys.argv[2:])
