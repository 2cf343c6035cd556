"""The prober signs in, reads a list, asks the API, and loses nothing while it cannot deliver."""

import json
from datetime import timedelta

import httpx
import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils.timezone import now

from tillit.availability.actions.plan import apply_components
from tillit.availability.models import Component
from tillit.availability.probes.actions.account import provide_account
from tillit.availability.probes.actions.inside import ask_inside
from tillit.availability.probes.models import Errand, Prober, Sample
from tillit.availability.probes.prober import __main__ as prober
from tillit.availability.probes.prober.asking import Target, reaches
from tillit.availability.probes.prober.folder import account_file, key_file, read_account
from tillit.availability.probes.prober.spool import Spool
from tillit.availability.probes.signing import read_key
from tillit.foundation.access import Actor
from tillit.foundation.mailbox import read_mailbox
from tillit.foundation.models import OutgoingMail, StoredFile, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import run_jobs
from tillit.foundation.tests.postoffice import ADDRESS, as_head
from tillit.tenants.queries import customers

MAIL = "/operator/mail/"


@pytest.fixture
def account(folder, operator_tenant):
    provide_account(Actor.system(operator_tenant))
    return read_account(folder)


class Network:
    """The way to the service; may be down."""

    def __init__(self):
        self.way, self.up, self.answer = httpx.WSGITransport(app=get_wsgi_application()), True, None

    def handle_request(self, request):
        if not self.up:
            raise httpx.ConnectError("refused")
        return self.answer or self.way.handle_request(request)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def close(self):
        pass


@pytest.fixture
def network():
    for signal in (request_started, request_finished):  # the test's connection stays open between requests
        signal.disconnect(close_old_connections)
    yield Network()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def measuring(folder, account, parts, network):
    """The prober beside the workers, which asks one thing after the other."""
    target = Target("http://here", settings.BASE_HOST, False, account, network)
    courier = prober.Courier(prober.name_of(folder), read_key(key_file(folder)), Spool(folder / "spool.jsonl"))
    found = prober.Prober(lambda: target, courier)
    found.at_once = lambda ask, due: [ask(one) for one in due]
    return found


def test_the_prober_proves_what_a_person_and_a_program_would_find(measuring):
    samples = measuring.round(0)
    assert [(one["probe"], one["ok"], one["what"]) for one in samples] == [
        ("sign-in", True, ""),
        ("list-page", True, ""),
        ("api", True, ""),
    ]
    assert not measuring.courier.spool.waiting and Sample.objects.count() == 3
    assert Component.objects.get(slug="api").measured(now()) == "operational"
    assert [one["probe"] for one in measuring.round(20)] == ["list-page", "api"]


def test_nothing_is_lost_while_the_service_is_down(measuring, network, clock, folder):
    network.up = False
    for _ in range(3):
        measuring.round(20)
        clock.shift(20)
    assert not Sample.objects.exists()
    kept = [json.loads(line) for line in (folder / "spool.jsonl").read_text().splitlines()]
    assert [one["what"] for one in kept] == ["no-connection"] * 7
    again = Spool(folder / "spool.jsonl")  # the prober was started anew
    assert len(again.waiting) == 7
    network.up = True
    measuring.courier.not_before = 0
    measuring.round(40)
    assert Sample.objects.filter(ok=False).count() == 7 and Sample.objects.filter(ok=True).count() == 2
    assert (folder / "spool.jsonl").read_text() == ""


def test_what_the_service_refuses_for_good_holds_up_nothing(measuring, network, clock, folder, operator, capsys):
    spool, good = measuring.courier.spool, {"probe": "api", "ok": True, "milliseconds": 5, "what": ""}
    waiting = [good | {"at": (now() - timedelta(seconds=second)).isoformat()} for second in range(120, 0, -20)]
    waiting[2] |= {"what": "This is no word."}
    spool.add(waiting)
    by_a_proxy = httpx.Response(400, html="<h1>Plain HTTP was sent to a port of HTTPS</h1>")
    by_an_older_release = httpx.Response(
        400, json={"type": "about:blank", "status": 400}, headers={"Content-Type": "application/problem+json"}
    )
    for network.answer in (by_a_proxy, by_an_older_release):
        measuring.courier.not_before = 0
        measuring.courier.deliver(measuring.find())
        assert len(spool.waiting) == 6 and not Sample.objects.exists()
    network.answer, measuring.courier.not_before = None, 0
    measuring.courier.deliver(measuring.find())
    assert not spool.waiting and Sample.objects.filter(ok=True).count() == 5
    kept = json.loads((folder / "spool.refused").read_text())
    assert kept["sample"] == waiting[2] and kept["refused"].startswith("400")
    assert "Refused for good and set aside: api" in capsys.readouterr().err
    page = operator.get("/operator/probers/").content.decode()
    assert page.count("A delivery could not be read") == 1
    clock.shift(timedelta(days=8))
    assert "A delivery could not be read" not in operator.get("/operator/probers/").content.decode()


def test_a_prober_without_network_of_its_own_does_not_blame_the_service(measuring, network, clock):
    measuring.reference = "127.0.0.1:1"  # nobody is there
    assert not reaches(measuring.reference)
    network.up = False
    assert [one["ok"] for one in measuring.round(0)] == [None, None, None]
    network.answer, network.up = httpx.Response(503), True
    assert {(one["ok"], one["what"]) for one in measuring.round(0)} == {(False, "http-503")}


def test_the_spool_is_bounded(folder, clock):
    spool = Spool(folder / "spool.jsonl")
    spool.add([{"probe": "api", "at": now().isoformat(), "ok": True}] * 3)
    clock.shift(timedelta(hours=37))
    spool.add([{"probe": "api", "at": now().isoformat(), "ok": True}])
    assert len(spool.waiting) == 1
    for _hour in range(12):
        clock.shift(timedelta(seconds=1))
        spool.add([{"probe": "api", "at": now().isoformat(), "ok": number} for number in range(2_000)])
    assert len(spool.waiting) == 20_000 and spool.waiting[0]["at"] == (now() - timedelta(seconds=9)).isoformat()
    assert len((folder / "spool.jsonl").read_text().splitlines()) <= 22_000  # the oldest are gone from the disk, too
    (folder / "spool.jsonl").write_text('{"probe": "api", "at": "2026')  # killed while it wrote
    assert not Spool(folder / "spool.jsonl").waiting


def test_the_account_is_nobodys_customer_and_renewed_when_it_is_lost(account, folder, operator_tenant, operator):
    system = Actor.system(operator_tenant)
    tenant = Tenant.objects.get(kind="probe")
    assert not customers().filter(pk=tenant.pk).exists()
    assert "Probes" not in operator.get("/operator/tenants/").content.decode()
    assert account_file(folder).stat().st_mode & 0o777 == 0o600 and key_file(folder).stat().st_mode & 0o777 == 0o600
    assert provide_account(system) is False
    account_file(folder).unlink()
    assert provide_account(system) is True
    renewed = read_account(folder)
    assert renewed["token"] != account["token"] and renewed["prober"] == account["prober"] == "here-1"
    key_file(folder).unlink()
    assert provide_account(system) is True
    assert read_account(folder)["prober"] == "here-2"
    assert Prober.objects.get(name="here-1").ended_at


def test_jobs_mail_and_documents_are_proven_from_inside(account, parts, operator_tenant, clock):
    system = Actor.system(operator_tenant)
    ask_inside(system)
    clock.shift(2)
    run_jobs()
    clock.shift(58)
    ask_inside(system)
    told = {one.probe: (one.ok, one.milliseconds) for one in Sample.objects.all()}
    assert told["jobs"] == (True, 2000) and told["mail-out"] == (True, 0) and told["documents"][0] is True
    assert Component.objects.get(slug="mail").measured(now()) == "operational"
    assert not OutgoingMail.objects.exists()
    with in_tenant(Tenant.objects.get(kind="probe")):
        assert not StoredFile.objects.exists()


def test_a_job_and_a_message_that_wait_too_long_have_failed(account, parts, operator_tenant, clock, settings):
    settings.SMTP_URL = "smtp://relay.example:25"
    system = Actor.system(operator_tenant)
    ask_inside(system)
    clock.shift(60)
    ask_inside(system)
    clock.shift(61)
    ask_inside(system)
    late = {(one.probe, one.at.minute) for one in Sample.objects.filter(ok=False, what="late")}
    assert late == {("jobs", 0), ("jobs", 1), ("mail-out", 0)}
    assert Errand.objects.count() == 1


def test_mail_in_is_proven_by_a_letter_that_goes_round(account, operator, operator_tenant, clock, post, settings):
    system, desk = Actor.system(operator_tenant), "/operator/incidents/"
    inbox = {"slug": "inbox", "name": {"en": "Inbox"}, "probes": ["mail-in"]}
    apply_components(system, components=[inbox])
    seen = lambda: Component.objects.get(slug="inbox").measured(now())  # noqa: E731 - read anew

    def minutes(count):
        """What the job worker does by the clock."""
        for _minute in range(count):
            ask_inside(system)
            run_jobs()
            read_mailbox(system)
            clock.shift(60)

    minutes(1)
    assert len(post.passed) == 1 and post.passed[0][2]["To"] == ADDRESS and post.lying() == []  # it was taken in
    minutes(1)
    assert seen() == "operational" and Sample.objects.get(probe="mail-in").ok is True
    assert not OutgoingMail.objects.exists() and "is not measured" not in operator.get(desk).text
    minutes(4)
    forged = as_head(post.passed[-1][2]).replace("<o", "<l").replace("Probe", "Probe again") + "\nHei\n"
    post.server.stop()  # the mailbox is away
    try:
        minutes(14)
        assert seen() == "partial_outage"
        assert "could not be reached" in operator.get(desk).text and "could not be reached" in operator.get(MAIL).text
    finally:
        post.server.start()
    post.make()
    post.put(forged.encode())
    minutes(7)
    assert seen() == "operational" and len(post.lying()) == 1
    settings.IMAP_URL, asked = "", Sample.objects.filter(probe="mail-in").count()
    minutes(16)
    assert seen() == "unknown" and Sample.objects.filter(probe="mail-in").count() == asked
    for page in (desk, "/operator/probers/"):
        assert "No mailbox is named" in operator.get(page).text
    apply_components(system, components=[inbox | {"probes": ["mail-out"]}])
    assert "No mailbox is named" not in operator.get(desk).text
