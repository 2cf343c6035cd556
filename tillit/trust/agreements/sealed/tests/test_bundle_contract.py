"""A customer gets everything in force as one sealed, durable file (DORA, Article 30(1))."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO

import pypdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tillit.foundation import files
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, queued, run_jobs
from tillit.trust.agreements.actions import Authority, accept_agreement
from tillit.trust.agreements.models import AgreementVersion, Bundle
from tillit.trust.agreements.sealed import press
from tillit.trust.agreements.sealed.annexes import annexes
from tillit.trust.agreements.sealed.sealing import check_seal
from tillit.trust.models import Agreement, Processor

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_force(publish):
    """Two of the example register's agreements; the press is for the bundle alone here."""
    versions = [publish("crm-online-dpa"), publish("ai-lab-terms")]
    run_jobs()
    return versions


def test_an_administrator_gets_the_whole_contract_as_one_sealed_file(in_force, anna, mia, chiara):
    dpa = in_force[0]
    authority = Authority("Anna Lund", "Managing director")
    accept_agreement(anna.actor, version=dpa, language="en", sha256=dpa.sha256["en"], authority=authority)

    assert anna.post("/agreements/bundle/").status_code == 302
    assert queued("sealed.bundle")
    assert "is being made" in anna.get("/agreements/bundle/").content.decode()
    run_jobs()

    with in_tenant(anna.tenant):
        made = Bundle.objects.select_related("file").get()
        content = files.path_of(made.file).read_bytes()
    page = mia.get("/agreements/bundle/").content.decode()
    assert made.file.sha256 in page
    answer = mia.get(f"/agreements/bundle/{made.pk}.pdf")
    assert b"".join(answer.streaming_content) == content
    assert answer.headers["Content-Type"] == "application/pdf"
    assert chiara.get(f"/agreements/bundle/{made.pk}.pdf").status_code == 404
    assert check_seal(content).holds
    assert happened("sealed.bundle_made")
    read = pypdf.PdfReader(BytesIO(content))
    said = " ".join(" ".join(one.extract_text() for one in read.pages).split())
    assert "Fjordlys AS (invented)" in said
    for title in ("CRM Online Data Processing Agreement (DPA)", "AI Lab Terms", "Annex I:", "Annex II:", "Annex III:"):
        assert title in said
    for processor in ("Visma ITC", "Mailgun Inc.", "Microsoft Inc.", "InfoBridge Software"):
        assert processor in said
    assert "Anna Lund, Managing director" in said
    assert "Example data" in said


def test_the_manifest_names_every_text_in_the_file_with_its_hash(in_force, anna):
    anna.post("/agreements/bundle/")
    run_jobs()
    with in_tenant(anna.tenant):
        made = Bundle.objects.select_related("file").get()
        read = pypdf.PdfReader(files.path_of(made.file))

    manifest = json.loads(read.attachments["manifest.json"][0])
    assert manifest == made.contents
    assert [one["agreement"] for one in manifest["agreements"]] == ["crm-online-dpa", "ai-lab-terms"]
    for one in manifest["agreements"]:
        assert hashlib.sha256(read.attachments[one["file"]][0]).hexdigest() == one["sha256"]
    assert len(read.attachments) == len(in_force) + 1


def test_what_is_not_in_force_yet_or_given_on_request_is_left_out(in_force, anna):
    Agreement.objects.filter(slug="ai-lab-terms").update(audience="on-request")
    anna.post("/agreements/bundle/")
    run_jobs()
    with in_tenant(anna.tenant):
        (only,) = Bundle.objects.get().contents["agreements"]
    assert only["agreement"] == "crm-online-dpa"


def test_readers_may_take_the_file_but_not_ask_for_one(in_force, ben, anna):
    assert ben.post("/agreements/bundle/").status_code == 403
    assert "Make the file of today" not in ben.get("/agreements/bundle/").content.decode()
    assert "Make the file of today" in anna.get("/agreements/bundle/").content.decode()


def test_asking_twice_makes_one_file(in_force, anna):
    anna.post("/agreements/bundle/")
    anna.post("/agreements/bundle/")
    with in_tenant(anna.tenant):
        assert Bundle.objects.count() == 1


def test_without_agreements_there_is_nothing_to_bundle(seed, anna):
    page = anna.post("/agreements/bundle/", follow=True).content.decode()
    assert "No agreement is in force yet." in page
    assert not AgreementVersion.objects.exists()


def test_a_bundle_that_fails_says_why_and_can_be_asked_for_again(in_force, anna, monkeypatch):
    anna.post("/agreements/bundle/")
    with monkeypatch.context() as broken:
        broken.setattr(press, "missing", OSError("cannot load library 'libpango-1.0-0'"))
        run_jobs()
    assert "Pango" in anna.get("/agreements/bundle/").content.decode()
    anna.post("/agreements/bundle/")
    assert queued("sealed.bundle")


@pytest.mark.promise("processing-agreement-annex-is-the-register")
def test_the_annexes_say_what_the_register_says_now(seed, operator_tenant, fjordlys):
    def processors():
        with in_tenant(fjordlys), translation.override("de"):
            return {table.title: dict(table.rows) for table in annexes(fjordlys)[2].tables}

    before = processors()
    assert before["Mailgun Inc."]["Aufbewahrung"] == "24 Stunden"
    assert before["Mailgun Inc."]["Verarbeitung"] == "Deutschland"
    assert not [name for name in before if name.startswith("SuperOffice")]
    Processor.objects.filter(slug="mailgun").update(retention_hours=12)
    assert processors()["Mailgun Inc."]["Aufbewahrung"] == "12 Stunden"


def test_the_page_costs_the_same_however_many_files_there_are(in_force, anna):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert anna.get("/agreements/bundle/").status_code == 200
        return len(counted)

    anna.post("/agreements/bundle/")
    run_jobs()
    anna.get("/agreements/bundle/")  # what is shown for the first time is noted
    with_one = queries()
    with in_tenant(anna.tenant):
        made = Bundle.objects.get()
        Bundle.objects.bulk_create(
            Bundle(tenant=anna.tenant, language="en", made_at=made.made_at, file=made.file) for _ in range(9)
        )
    assert queries() <= with_one <= 26
