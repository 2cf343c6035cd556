"""The whole of Tillit, started as people start it: it serves, survives the worst, and starts again."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from tillit.site import runtime
from tillit.site.processes import alive
from tillit.site.runtime import ROOT

PATIENCE = 120.0  # seconds, on a busy machine; usually a tenth


class Installation:
    """A data folder and the commands somebody gives for it."""

    def __init__(self, data):
        self.data = data
        self.log = data.parent / "said"

    def command(self, module, *options):
        values = {key: value for key, value in os.environ.items() if not key.startswith(("TILLIT_", "DJANGO_"))}
        line = [sys.executable, "-P", "-m", f"tillit.site.{module}", "--data", str(self.data), *options]
        return {"args": line, "env": values | {"PYTHONPATH": str(ROOT)}, "text": True}

    def up(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                **self.command("up", "--port", "0", "--no-demo"), stdout=log, stderr=subprocess.STDOUT
            )
        eventually(lambda: runtime.is_running(self.data) or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def tillit(self, *options):
        return subprocess.run(**self.command("cli", *options), capture_output=True, timeout=PATIENCE)

    def status_of(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", runtime.running(self.data)["port"], timeout=30)
        connection.request("GET", path)
        return connection.getresponse().status

    def children(self):
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]


def eventually(happened):
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "data")
    made.up()
    yield made
    if made.process.poll() is None:
        made.process.terminate()
        made.process.wait(PATIENCE)


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
