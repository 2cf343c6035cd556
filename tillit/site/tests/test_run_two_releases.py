"""Two releases beside each other on one machine: wave A on the new one, the rest on the old, and back."""

import http.client
import json
import re
import shutil
import threading

import psycopg
import pytest

from tillit.site import runtime
from tillit.site.runtime import ROOT
from tillit.site.tests.whole import Installation

NEW = "0.2.0.test"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", "tests", ".*_cache")
TENANT = (
    "INSERT INTO foundation_tenant (slug, name, kind, region, wave, state, language, time_zone, created_at)"
    " VALUES (%s, %s, 'customer', 'eu', %s, 'running', 'en', 'Europe/Oslo', now())"
)


class TwoReleases(Installation):
    """An installation with a customer in each of two waves, and a newer checkout beside it."""

    def __init__(self, data, checkout):
        super().__init__(data)
        self.checkout = checkout

    def owner(self):
        return psycopg.connect(runtime.owner_dsn(self.data), autocommit=True)

    def get(self, slug, path):
        """Status and body of a page on the customer's host."""
        known = runtime.running(self.data)
        connection = http.client.HTTPConnection("127.0.0.1", known["port"], timeout=60)
        connection.request("GET", path, headers={"Host": f"{slug}.localhost:{known['port']}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def release_of(self, slug):
        """As `/api/state/<tenant>` and the foot of a page say it; both the same."""
        told = json.loads(self.get("alpenrose", f"/api/state/{slug}")[1])["version"]  # whatever host one asks
        assert f">Tillit {told}<" in self.get(slug, "/sign-in/")[1]
        return told


def new_checkout(place):
    shutil.copytree(ROOT, place, ignore=LEFT_OUT, symlinks=True)
    (place / ".venv").symlink_to(ROOT / ".venv")
    project = place / "pyproject.toml"
    project.write_text(re.sub(r'(?m)^version = ".*"', f'version = "{NEW}"', project.read_text(), count=1))
    return place


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    made = TwoReleases(folder / "data", new_checkout(folder / "new"))
    try:
        made.up()
        with made.owner() as owner:
            owner.execute(TENANT, ["fjordlys", "Fjordlys AS (invented)", "a"])
            owner.execute(TENANT, ["alpenrose", "Alpenrose GmbH (invented)", "b"])
        yield made
    finally:
        made.end()


class Visitors:
    """People of both customers who ask all the time; what they were answered."""

    def __init__(self, two):
        self.two = two
        self.failed = []
        self.count = 0
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.visit, args=(slug,)) for slug in ("fjordlys", "alpenrose")]

    def visit(self, slug):
        while not self.over.is_set():
            status, body = self.two.get(slug, "/sign-in/")
            self.count += 1
            if status != 200:
                self.failed.append((slug, status, body[:80]))
            self.over.wait(0.05)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_wave_a_runs_on_the_new_release_and_comes_back_without_a_failed_request(two):
    old = two.release_of("fjordlys")
    assert old == two.release_of("alpenrose")
    with Visitors(two) as visitors:
        done = two.tillit("release", "start", str(two.checkout), "--wave", "a")
        assert done.returncode == 0, done.stderr
        assert (two.release_of("fjordlys"), two.release_of("alpenrose")) == (NEW, old)
        done = two.tillit("release", "back")
        assert done.returncode == 0, done.stderr
        assert (two.release_of("fjordlys"), two.release_of("alpenrose")) == (old, old)
    assert visitors.failed == []
    assert visitors.count > 50
