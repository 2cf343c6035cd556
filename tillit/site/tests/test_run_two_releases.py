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
from tillit.site.tests.whole import Installation, eventually

NEW = "0.2.0.test"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "build", "__pycache__", "tests", ".*_cache")
BROKEN = "/status/maintenance/"  # the new release has a mistake on this page
MISTAKE = '\n\ndef year(request: Request) -> HttpResponse:\n    raise LookupError("a mistake of the new release")\n'
TENANT = (
    "INSERT INTO foundation_tenant (slug, name, kind, region, wave, state, language, time_zone, created_at)"
    " VALUES (%s, %s, 'customer', 'eu', %s, 'running', 'en', 'Europe/Oslo',"
    " now() - interval '3 days') RETURNING id"
)
CHOICE = (
    "INSERT INTO releases_wavechoice (tenant_id, wave, reason, by_operator, chosen_at) VALUES (%s, %s, '', true, now())"
)
WINDOW = (
    "INSERT INTO availability_maintenancewindow (rule_id, kind, title, starts_at, ends_at, announced_at, effect, wave,"
    " region, reason, cancelled_because, sequence, job) SELECT id, 'planned', name, now() - interval '1 minute',"
    " now() + interval '2 hours', now() - interval '30 hours', 'seconds', 'a', '', '', '', 0, job"
    " FROM availability_maintenancerule WHERE job = 'upgrade' RETURNING id"
)
PROOF = (
    "INSERT INTO availability_noticeproof (window_id, sequence, place, audience, verified_at)"
    " VALUES (%s, 0, %s, %s, now() - interval '29 hours')"
)


class TwoReleases(Installation):
    """An installation with a customer in each of two waves, and a newer checkout beside its own.

    Both are copies: somebody may commit while it runs, and a release is named by its commit.
    """

    def __init__(self, data, old, checkout):
        super().__init__(data)
        self.old, self.checkout = old, checkout

    def command(self, module, *options):
        line = super().command(module, *options)
        return line | {"env": line["env"] | {"PYTHONPATH": str(self.old)}}

    def people(self):
        """A customer in each wave, and a window of wave A, announced and shown in time, that has just begun."""
        assert self.tillit("register", "apply", "--profile", "seed", "--write").returncode == 0
        with psycopg.connect(runtime.owner_dsn(self.data)) as owner:
            for slug, wave in (("fjordlys", "a"), ("alpenrose", "b")):
                (tenant,) = owner.execute(TENANT, [slug, f"{slug.title()} (invented)", wave]).fetchone()
                owner.execute("SELECT set_config('tillit.tenant', %s, true)", [str(tenant)])  # row-level security
                owner.execute(CHOICE, [tenant, wave])
            (window,) = owner.execute(WINDOW).fetchone()
            owner.execute(PROOF, [window, "status_page", ""])
            owner.execute(PROOF, [window, "sign_in", "a/eu"])

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

    def told(self):
        """What everybody reads of the newest release."""
        return json.loads(self.get("alpenrose", "/status/releases.json")[1])["releases"][0]


def checkout(place, source):
    shutil.copytree(source, place, ignore=LEFT_OUT, symlinks=True)
    (place / ".venv").symlink_to(ROOT / ".venv")
    return place


def new_checkout(place, source):
    checkout(place, source)
    project = place / "pyproject.toml"
    project.write_text(re.sub(r'(?m)^version = ".*"', f'version = "{NEW}"', project.read_text(), count=1))
    with (place / "tillit" / "availability" / "views" / "public.py").open("a") as views:
        views.write(MISTAKE.replace("\n\ndef", "\n\n@login_not_required\ndef"))
    return place


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    old = checkout(folder / "old", ROOT)
    made = TwoReleases(folder / "data", old, new_checkout(folder / "new", old))
    try:
        made.up()
        made.people()
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
            self.over.wait(0.3)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_wave_a_runs_on_the_new_release_until_it_is_held_and_taken_back_and_no_request_fails(two):
    old = two.release_of("fjordlys")
    assert old == two.release_of("alpenrose")
    with Visitors(two) as visitors:
        done = two.tillit("release", "start", str(two.checkout), "--wave", "a", "--notes-en", "Faster lists.")
        assert done.returncode == 0, done.stderr
        assert (two.release_of("fjordlys"), two.release_of("alpenrose")) == (NEW, old)

        for _ in range(40):
            assert two.get("fjordlys", BROKEN)[0] == 500
            assert two.get("alpenrose", BROKEN)[0] == 200
        eventually(lambda: two.told()["state"] == "held")  # the gate looks every minute
        assert two.told()["holds"][0]["worse"] == ["errors"]

        done = two.tillit("release", "back", "--because", "The year page was broken.")
        assert done.returncode == 0, done.stderr
        assert (two.release_of("fjordlys"), two.release_of("alpenrose")) == (old, old)
        assert two.get("fjordlys", BROKEN)[0] == 200
    assert visitors.failed == []
    assert visitors.count > 30
    assert (two.told()["state"], two.told()["version"]) == ("rolled_back", NEW)
