"""The whole of Tillit, started as people start it: it serves, survives the worst, and starts again."""

import json
import os
import signal

import psycopg
import pytest

from tillit.site import runtime
from tillit.site.processes import alive
from tillit.site.tests.whole import PATIENCE, Installation, eventually


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "data")
    try:
        made.up()
        yield made
    finally:
        made.end()


def test_everything_killed_at_once_loses_no_row_and_starts_again(installation):
    assert installation.status_of("/readyz") == 200
    next_step = f"bin/tillit --data {installation.data} operator EMAIL"
    eventually(lambda: next_step in installation.log.read_text())
    told = json.loads(installation.tillit("state", "--json").stdout)
    assert (told["running"], told["ready"], told["demo"]) == (True, True, "declined")
    with psycopg.connect(runtime.owner_dsn(installation.data)) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS number")
    eventually(lambda: len(installation.children()) >= 4)

    everyone = [installation.process.pid, *installation.children()]
    for pid in everyone:
        os.kill(pid, signal.SIGKILL)
    installation.process.wait(PATIENCE)
    eventually(lambda: not any(alive(pid) for pid in everyone))
    assert installation.tillit("state").returncode == 3

    installation.up()
    assert installation.status_of("/readyz") == 200
    with psycopg.connect(runtime.owner_dsn(installation.data)) as owner:
        assert owner.execute("SELECT number FROM kept").fetchone() == (42,)

    children = installation.children()
    installation.process.terminate()
    assert installation.process.wait(PATIENCE) == 0
    assert not any(alive(pid) for pid in children)
    assert runtime.running(installation.data) == {}
    assert "Traceback" not in installation.log.read_text()


def test_the_command_line_names_what_is_missing_where_there_is_no_installation(tmp_path):
    nothing = Installation(tmp_path / "data")
    for command in ("state", "restart"):
        done = nothing.tillit(command)
        assert done.returncode == 1
        assert done.stderr.startswith(f"There is no Tillit in {nothing.data}. Start one with bin/up")
