"""A running Tillit with a small demo, and Chromium before it. One of each per test process that walks."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from screens import WIDE

from tillit.site.tests.furnished import furnish

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("TILLIT_CHROMIUM", "/usr/bin/chromium")
EXPECTED = ("Failed to load resource", "Response Status Error Code 401")  # the browser and htmx tell of every refusal
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Running:
    """`bin/up` in a folder of its own."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TILLIT_")}
        environment["TILLIT_DEMO_SIZE"] = "0.05"
        self.process = subprocess.Popen(
            [ROOT / "bin/up", "--data", data, "--port", str(port)],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
        )  # fmt: skip
        self.wait()
        self.demo = json.loads((data / "demo.json").read_text())

    def wait(self, seconds: float = 240) -> None:
        """Until it says that it runs; what it said otherwise is the failure's message."""
        said = []
        deadline = time.monotonic() + seconds
        for line in self.process.stdout:
            said.append(line)
            if "Also in" in line or time.monotonic() > deadline:
                return
        raise RuntimeError("bin/up ended: " + "".join(said))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)

    def person(self, first_name: str) -> dict:
        return next(one for one in self.demo["people"] if one["name"].split()[0].lower() == first_name)

    def address(self, path: str = "/", tenant: str = "") -> str:
        host = f"{tenant}.localhost" if tenant else "localhost"
        return f"http://{host}:{self.port}{path}"


shared = ExitStack()  # what all walks need


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem):
    """It ends with the last walk: while Playwright's loop runs in this thread, Django asks no database in it."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        shared.close()


@contextmanager
def running_tillit():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="tillit-walk-") as folder:
        data = furnish(Path(folder))
        data.chmod(0o755)
        running = Running(data, port)
        try:
            yield running
        finally:
            running.stop()


@contextmanager
def running_chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tillit():
    return shared.enter_context(running_tillit())


@pytest.fixture(scope="session")
def chromium():
    return shared.enter_context(running_chromium())


@pytest.fixture
def browse(chromium, tillit):
    """Open a fresh browser: `browse(lang="de-DE", view=NARROW, script=False)`; nothing it says may be an error."""
    opened = []

    def open_one(*, lang="en-GB", view=None, script=True, scheme="light", touch=False):
        context = chromium.new_context(
            locale=lang, viewport=view or WIDE, java_script_enabled=script, color_scheme=scheme,
            timezone_id="Europe/Oslo", has_touch=touch, is_mobile=touch,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.complaints = []
        page.asked = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        opened.append((context, page))
        return page

    yield open_one
    for context, page in opened:
        complaints = [said for said in page.complaints if not any(known in said for known in EXPECTED)]
        context.close()
        assert complaints == []


@pytest.fixture
def signed_in(browse, tillit):
    """Somebody of the demo, signed in by typing e-mail and password."""

    def sign_in(first_name: str, **how):
        person = tillit.person(first_name)
        page = browse(**how)
        tenant = "" if person["tenant"] == "operator" else person["tenant"]
        page.home = tillit.address("", tenant)
        page.goto(f"{page.home}/sign-in/")
        page.fill("input[name=login]", person["email"])
        page.fill("input[name=password]", person["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        return page

    return sign_in
