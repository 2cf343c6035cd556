"""A whole Tillit whose database is on another machine: its workers have no network all the same."""

import contextlib
import os
import signal
import subprocess

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tillit.site import confine, runtime
from tillit.site.postgres import Cluster
from tillit.site.preparation import by_the_broker, server_of
from tillit.site.problems import Problem
from tillit.site.processes import PROC
from tillit.site.tests.whole import Installation, eventually
from tillit.trust.broker.testing import free_port

REACHED = "SELECT DISTINCT host, port, allowed FROM broker_decision WHERE purpose = 'database'"
WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory, port):
    """A second PostgreSQL, which listens on TCP."""
    cluster = Cluster(
        tmp_path_factory.mktemp("elsewhere") / "postgres",
        settings={"listen_addresses": "127.0.0.1", "port": str(port)},
        durable=False,
    )
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def installation(tmp_path_factory, server, port):
    password = conninfo_to_dict(server.admin_dsn())["password"]
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    made = Installation(tmp_path_factory.mktemp("whole") / "data", TILLIT_DATABASE_URL=url)
    try:
        made.up()
        eventually(lambda: len(running(made)) == 3)
        yield made
    finally:
        made.end()


def running(installation):
    """The confined processes: two web workers and the job worker."""
    workers = ("tillit.site.serve", "tillit.site.worker")
    return {pid for pid, line in lines(installation).items() if any(worker in line for worker in workers)}


def lines(installation):
    """What each of its processes was started with."""
    found = {}
    for pid in installation.children():
        with contextlib.suppress(FileNotFoundError):  # ended meanwhile
            found[pid] = (PROC / str(pid) / "cmdline").read_text()
    return found


def brokers(installation):
    return [pid for pid, line in lines(installation).items() if "broker.serve" in line]


def asked(installation, statement):
    """What the operator's tenant holds; asked by TCP, like everything that is not confined."""
    with psycopg.connect(runtime.owner_dsn(installation.data), autocommit=True) as owner:
        operator = "SELECT set_config('tillit.tenant', id::text, false) FROM foundation_tenant WHERE kind = 'operator'"
        owner.execute(operator)
        return owner.execute(statement).fetchall()


def test_workers_reach_it_through_the_broker_alone(installation, port):
    reasons = confine.possible()
    level = confine.level_of(confine.choose(""))
    said = (installation.data / "log" / "supervisor.log").read_text()
    assert f"keeps its workers from the network: {level}" in said
    folder = runtime.broker_socket(installation.data).parent
    for pid in running(installation):
        (known,) = [
            line for line in (PROC / str(pid) / "environ").read_text().split("\0") if line.startswith("TILLIT_DSN=")
        ]
        assert conninfo_to_dict(known.partition("=")[2])["host"] == str(folder)
        if not reasons["namespace"]:
            assert os.readlink(PROC / str(pid) / "ns" / "net") != os.readlink("/proc/self/ns/net")
    assert installation.status_of("/sign-in/") == 200
    assert installation.status_of("/trust/") == 200
    assert installation.tillit("operator", "vera@operator.example").returncode == 0
    eventually(lambda: installation.status_of("/readyz") == 200)
    eventually(lambda: ("127.0.0.1", port, True) in asked(installation, REACHED) or hang_up(installation))
    if level in ("hook", "none"):
        pytest.skip(f"NOT PROVEN HERE: this machine refuses every wall: {reasons}")


def hang_up(installation):
    """Connections are kept open, and recorded at their end or once an hour: end those of the workers."""
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tillit_app'"
    with psycopg.connect(installation.settings["TILLIT_DATABASE_URL"], autocommit=True) as admin:
        admin.execute(end)
    return False


def ended(process):
    """Asked a few times a second: what is being replaced needs the machine for itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.2)
    return process.poll() is not None


def test_every_process_is_replaced_while_it_is_used(installation):
    before = running(installation)
    restart = installation.start("restart")
    answers = [installation.status_of("/sign-in/")]
    while not ended(restart):
        answers.append(installation.status_of("/sign-in/"))
    assert restart.returncode == 0
    assert set(answers) == {200}
    eventually(lambda: len(running(installation)) == 3 and not before & running(installation))
    assert installation.status_of("/sign-in/") == 200


def test_a_broker_that_was_killed_is_missed_for_a_moment(installation):
    before = running(installation)
    eventually(lambda: len(brokers(installation)) == 1)  # the one before the restart has ended
    os.kill(*brokers(installation), signal.SIGKILL)
    eventually(lambda: installation.status_of("/sign-in/") == 200)
    assert before <= running(installation)


def test_a_database_that_was_away_is_used_again(installation, server):
    before = {pid for pid, line in lines(installation).items() if "site.serve" in line}
    server.stop()
    eventually(lambda: installation.status_of("/sign-in/") == 503)
    assert installation.status_of("/healthz") == installation.status_of("/metrics") == 200
    server.start()
    eventually(lambda: installation.status_of("/sign-in/") == 200)
    eventually(lambda: installation.status_of("/readyz") == 200)
    assert before <= running(installation)
    assert installation.tillit("operator", "ola@operator.example").returncode == 0
    eventually(lambda: asked(installation, WAITING) == [(0,)])  # the job worker found its way back, too


def test_what_is_said_of_network_and_encryption_is_the_brokers_matter():
    url = "postgresql://app:p%40ss@db.example:5433/tillit?sslmode=verify-full&sslrootcert=%2Fca&application_name=web"
    known = conninfo_to_dict(by_the_broker(url, "/srv/broker"))
    assert known == {
        "user": "app",
        "password": "p@ss",
        "dbname": "tillit",
        "host": "/srv/broker",
        "port": "5432",
        "application_name": "web",
    }
    several = by_the_broker("postgresql://app:x@a.example,b.example/tillit", "/srv/broker")
    assert conninfo_to_dict(several)["host"] == "/srv/broker"


@pytest.mark.parametrize("url", ["postgresql://app:x@/tillit?host=%2Frun%2Fpostgresql", "postgresql://app:x@/tillit"])
def test_a_database_on_this_machine_is_reached_as_before(url):
    assert by_the_broker(url, "/srv/broker") == url


def test_the_host_may_be_named_by_the_environment_but_not_hidden(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example")
    assert conninfo_to_dict(server_of("postgresql://admin:x@/postgres"))["host"] == "db.example"
    assert conninfo_to_dict(server_of("postgresql://admin:x@other.example/postgres"))["host"] == "other.example"
    monkeypatch.setenv("PGSERVICE", "ours")
    with pytest.raises(Problem, match="named by service"):
        server_of("postgresql://admin:x@/postgres")
