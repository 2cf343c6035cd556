"""A whole Tillit whose workers have no network: it serves, its jobs run, and only the broker is outside."""

import os
import socket
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from tillit.site import confine, runtime
from tillit.site.logs import Logs
from tillit.site.preparation import Preparation
from tillit.site.problems import Problem
from tillit.site.processes import PROC
from tillit.site.progress import Progress
from tillit.site.tests.furnished import furnish
from tillit.site.tests.whole import PATIENCE, Installation, eventually

WAITING = "SELECT scheduled_at > now() FROM procrastinate_jobs WHERE task_name = 'foundation.deliver_mail'"


@pytest.fixture(scope="module")
def mail_server():
    """One that is not declared in the register."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(scope="module")
def installation(tmp_path_factory, mail_server):
    port = mail_server.getsockname()[1]
    made = Installation(furnish(tmp_path_factory.mktemp("whole") / "data"), TILLIT_SMTP_URL=f"smtp://127.0.0.1:{port}")
    try:
        made.up()
        yield made
    finally:
        made.end()


def running(installation, module):
    """The processes that run this module."""
    lines = {
        pid: (PROC / str(pid) / "cmdline").read_text().replace("\0", " ").split() for pid in installation.children()
    }
    return [pid for pid, line in lines.items() if module in line]


def status(pid):
    return dict(line.split(":\t", 1) for line in (PROC / str(pid) / "status").read_text().splitlines() if ":\t" in line)


def addresses(pid):
    """The network of a process: which of the machine's addresses it has."""
    return [line for line in (PROC / str(pid) / "net" / "fib_trie").read_text().splitlines() if "LOCAL" in line]


@pytest.mark.promise("data-goes-only-to-listed-processors")
def test_workers_serve_and_do_jobs_without_any_network(installation, mail_server):
    eventually(lambda: len(running(installation, "tillit.site.worker")) == 1)
    eventually(lambda: len(running(installation, "tillit.site.serve")) == 2)
    workers = running(installation, "tillit.site.serve") + running(installation, "tillit.site.worker")
    (broker,) = running(installation, "tillit.trust.broker.serve")
    reasons = confine.possible()
    for pid in workers:
        if not reasons["namespace"]:
            assert os.readlink(PROC / str(pid) / "ns" / "net") != os.readlink("/proc/self/ns/net")
            assert addresses(pid) == []
        if not reasons["seccomp"]:
            assert (status(pid)["Seccomp"], status(pid)["NoNewPrivs"]) == ("2", "1")
            tasks = [PROC / str(pid) / "task" / task for task in os.listdir(PROC / str(pid) / "task")]
            assert len(tasks) > 1
            assert all("Seccomp:\t2" in (task / "status").read_text() for task in tasks)  # no thread stands outside
    assert os.readlink(PROC / str(broker) / "ns" / "net") == os.readlink("/proc/self/ns/net")
    assert status(broker)["Seccomp"] == status(os.getpid())["Seccomp"]

    assert installation.status_of("/readyz") == 200
    assert installation.status_of("/sign-in/") == 200
    assert installation.status_of("/trust/") == 200
    told = (installation.data / "log" / "supervisor.log").read_text()
    assert f"keeps its workers from the network: {confine.level_of(confine.choose(''))}" in told

    assert installation.tillit("operator", "vera@operator.example").returncode == 0
    with psycopg.connect(runtime.owner_dsn(installation.data), autocommit=True) as owner:
        eventually(lambda: owner.execute(WAITING).fetchone() == (True,))  # the job ran, was refused, and comes again
    with pytest.raises(BlockingIOError):
        mail_server.accept()  # nobody came

    if reasons["namespace"] or reasons["seccomp"]:
        pytest.skip(f"NOT PROVEN HERE: this machine refuses a wall: {reasons}")


def test_every_process_is_replaced_with_its_walls_and_the_broker_is_never_missing(installation):
    eventually(lambda: len(running(installation, "tillit.site.worker")) == 1)
    before = set(installation.children())
    place = runtime.broker_socket(installation.data)
    restart = installation.start("restart")
    asked = []
    while restart.poll() is None:
        asked.append(answers(place))
        time.sleep(0.01)  # a caller now and then, as in life
    assert restart.returncode == 0
    assert len(asked) > 10
    assert all(asked)
    eventually(lambda: not (set(installation.children()) - {postgres(installation)}) & before)
    workers = running(installation, "tillit.site.serve") + running(installation, "tillit.site.worker")
    reasons = confine.possible()
    assert reasons["seccomp"] or all(status(pid)["Seccomp"] == "2" for pid in workers)


def postgres(installation):
    return int((installation.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(5)
        try:
            asking.connect(str(place))
        except OSError:
            return False
    return True


def test_a_level_that_does_not_exist_ends_the_start_with_a_sentence(tmp_path):
    installation = Installation(tmp_path / "data", TILLIT_CONFINEMENT="airtight")
    ended = installation.start("up", "--port", "0")
    _said, complaint = ended.communicate(timeout=PATIENCE)
    assert ended.returncode == 1
    assert complaint == "TILLIT_CONFINEMENT is «airtight»; it can be one of namespace, landlock, hook, none.\n"


def test_the_brokers_socket_does_not_lie_in_somebody_elses_folder(tmp_path):
    data = tmp_path / ("x" * runtime.SOCKET_PATH_LIMIT)  # too long a path for a socket in it
    data.mkdir()
    prepared = Preparation(data, logs=Logs(data / "log"), progress=Progress(quiet=True))
    place = runtime.broker_socket(data).parent
    assert place.parent == Path(tempfile.gettempdir())
    place.symlink_to(tmp_path)
    with pytest.raises(Problem, match="belongs to another user"):
        prepared.broker_folder()
    place.unlink()
    prepared.broker_folder()
    assert place.stat().st_mode & 0o077 == 0
    place.rmdir()
