"""A whole installation for tests: a data folder and the commands somebody gives for it."""

import http.client
import os
import subprocess
import sys
import time
from urllib.parse import urlsplit

from tillit.site import copy_process, runtime
from tillit.site.runtime import ROOT

PATIENCE = 240.0  # seconds, on a very busy machine; usually a twentieth


class Installation:
    """A data folder and the commands somebody gives for it."""

    def __init__(self, data, **settings):
        self.data = data
        self.settings = settings
        self.log = data.parent / "said"

    def command(self, module, *options):
        values = {key: value for key, value in os.environ.items() if not key.startswith(("TILLIT_", "DJANGO_"))}
        line = [sys.executable, "-P", "-m", f"tillit.site.{module}", "--data", str(self.data), *options]
        return {"args": line, "env": values | self.settings | {"PYTHONPATH": str(ROOT)}, "text": True}

    def up(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                **self.command("up", "--port", "0", "--no-demo"), stdout=log, stderr=subprocess.STDOUT
            )
        eventually(lambda: runtime.is_running(self.data) or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def end(self):
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        copy_process.end(self.data)  # which outlives a killed supervisor

    def tillit(self, *options):
        return subprocess.run(**self.command("cli", *options), capture_output=True, timeout=2 * PATIENCE)

    def start(self, command, *options):
        """Without waiting for its end: `up`, or a command of `bin/tillit`."""
        line = self.command("up", *options) if command == "up" else self.command("cli", command, *options)
        return subprocess.Popen(**line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def status_of(self, path):
        known = runtime.running(self.data)
        connection = http.client.HTTPConnection("127.0.0.1", known["port"], timeout=30)
        connection.request("GET", path, headers={"Host": urlsplit(known["url"]).netloc})
        return connection.getresponse().status

    def children(self):
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]


def eventually(happened):
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
