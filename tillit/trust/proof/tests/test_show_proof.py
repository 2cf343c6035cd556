"""The public page says what is proven, by what and when; programs read the same; nobody can set a state."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.utils import timezone

from tillit.foundation.testing import public_of, run_jobs
from tillit.trust.proof.models.checks import CheckRun
from tillit.trust.proof.models.log import LogEntry

SAID = """
[[measures]]
slug = "tenants-apart"
checked_by = "row-level-security"
period_hours = 1
text.en = "The database keeps customers apart."
text.de = "Die Datenbank hält Kunden auseinander."
text.nb = "Databasen holder kunder fra hverandre."

[[measures]]
slug = "second-centre"
place = "public-cloud"
claim_until = 2018-12-31
text.en = "A second data centre is planned."

[[certificates]]
slug = "iso"
standard = "ISO 27001"
planned_for = 2018-12-31

[[certificates]]
slug = "isae"
standard = "ISAE 3402 II"
body = "Example Auditors"
valid_from = 2020-01-01
valid_to = 2999-12-31

[[retention]]
slug = "sent-mail"
holding = "outgoing-mail"
hours = 24
text.en = "Mail is kept for a day."
"""


@pytest.fixture
def said(says):
    return says(SAID)


def row_of(page, anchor):
    """The text of one table row."""
    return page.split(f'id="{anchor}"')[1].split("</tr>")[0]


def test_everybody_reads_what_was_checked_and_when(said, checks_run, public):
    checks_run()
    page = public.get("/trust/").content.decode()
    row = row_of(page, "proof-tenants-apart")
    assert "The database keeps customers apart." in row
    assert "Proven" in row
    assert "Row-level security is forced on all" in row
    assert "1 hour<" in row
    assert "Not kept" in row_of(page, "proof-second-centre")


def test_a_failed_check_is_red_on_the_page_in_every_language(said, public):
    CheckRun.objects.create(
        name="row-level-security",
        ok=False,
        message="Row-level security is not forced on %(tables)s.",
        figures={"tables": "crm_company"},
        milliseconds=3,
    )
    german = row_of(public.get("/trust/?lang=de").content.decode(), "proof-tenants-apart")
    assert "Nicht eingehalten" in german
    assert "Zeilensicherheit ist nicht erzwungen auf crm_company." in german
    assert "Ikke overholdt" in row_of(public.get("/trust/?lang=nb").content.decode(), "proof-tenants-apart")


@pytest.mark.promise("audits-and-certifications-have-a-date")
def test_what_was_planned_and_never_came_is_red(said, public):
    page = public.get("/trust/").content.decode()
    assert "Was planned for 31 Dec 2018." in row_of(page, "certificate-iso")
    assert "Not kept" in row_of(page, "certificate-iso")
    assert "Proven" in row_of(page, "certificate-isae")


def test_the_page_shows_the_last_proof_that_mail_was_deleted(said, purge_runs, public):
    with time_machine.travel("2030-03-04T12:07:00+00:00", tick=False) as clock:
        purge_runs()
        clock.shift(timedelta(hours=25))
        purge_runs()
        row = row_of(public.get("/trust/").content.decode(), "retention-outgoing-mail")
    assert "24 hours" in row
    assert "Proven" in row
    assert "Planted 4 Mar 2030, " in row
    assert "deleted 5 Mar 2030, " in row


def test_what_has_no_rule_is_said_to_be_kept(says, public):
    says("")
    page = public.get("/trust/").content.decode()
    assert "Kept until it is deleted" in row_of(page, "retention-outgoing-mail")
    assert "No measure names a check yet." in page


def test_programs_read_the_same_as_people(said, checks_run, public):
    checks_run()
    twin = public.get("/trust/checks.json").json()
    found = {one["slug"]: one for one in twin["checks"]}
    assert found["tenants-apart"]["state"] == "green"
    assert set(found["tenants-apart"]["finding"]) == {"de", "en", "nb"}
    assert found["second-centre"]["state"] == "red"
    certificates = {one["slug"]: one["state"] for one in public.get("/trust/certificates.json").json()["certificates"]}
    assert certificates == {"iso": "red", "isae": "green"}
    kept = {one["holding"]: one for one in public.get("/trust/retention.json").json()["retention"]}
    assert (kept["outgoing-mail"]["hours"], kept["outgoing-mail"]["state"]) == (24, "grey")


@pytest.mark.parametrize("name", ["checks", "certificates", "retention"])
def test_a_twin_says_the_same_in_every_language(said, checks_run, public, name):
    checks_run()
    german = public.get(f"/trust/{name}.json", {"lang": "de"})
    assert german.content == public.get(f"/trust/{name}.json", {"lang": "en"}).content
    assert german.headers["Access-Control-Allow-Origin"] == "*"


def test_a_badge_is_a_picture_that_also_speaks(said, checks_run, fjordlys):
    checks_run()
    visitor = public_of(fjordlys)
    answer = visitor.get("/trust/badges/tenants-apart.svg?lang=de")
    assert answer.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "max-age=60" in answer.headers["Cache-Control"]
    assert not answer.cookies
    drawing = ElementTree.fromstring(answer.content)
    title = drawing.find("{http://www.w3.org/2000/svg}title").text
    assert title.startswith("Die Datenbank hält Kunden auseinander. – Nachgewiesen – Zeilensicherheit")
    assert "✓" in answer.content.decode(), "not by colour alone"
    again = visitor.get("/trust/badges/tenants-apart.svg?lang=de", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert visitor.get("/trust/badges/nothing.svg").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/trust/badges/tenants-apart.svg", "/trust/checks.json", "/trust/certificates.json", "/trust/retention.json"],
)
def test_nobody_can_set_a_badge(said, operator, anna, public, address):
    for person in (operator, anna, public):
        for verb in (person.post, person.put, person.patch, person.delete):
            assert verb(address, {"state": "green"}).status_code == 405


def test_operator_staff_see_every_check_and_ask_one_again(said, operator):
    page = operator.get("/operator/checks/").content.decode()
    assert "row-level-security" in page
    assert "No result yet" in page
    answer = operator.post("/operator/checks/run/", {"name": "row-level-security"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/operator/checks/row-level-security/"
    assert "Row-level security is forced on all" in answer.content.decode()
    operator.post("/operator/checks/run/")
    assert CheckRun.objects.filter(name="ledger").count() == 1


def test_a_customer_cannot_ask_nor_see_the_desk(said, anna, ben):
    for person in (anna, ben):
        assert person.get("/operator/checks/").status_code == 403
        assert person.get("/operator/checks/ledger/").status_code == 403
        assert person.post("/operator/checks/run/", {"name": "ledger"}).status_code == 403
    assert not CheckRun.objects.exists()


def test_an_unknown_check_is_not_found(operator):
    assert operator.get("/operator/checks/all-is-well/").status_code == 404
    assert operator.post("/operator/checks/run/", {"name": "all-is-well"}).status_code == 404


def test_many_runs_are_shown_page_by_page(operator):
    for number in range(60):
        at = timezone.now() - timedelta(hours=60 - number)
        CheckRun.objects.create(name="ledger", at=at, ok=True, message=f"Run {number}", milliseconds=1)
    first = operator.get("/operator/checks/ledger/").content.decode()
    assert "Run 59" in first
    assert "Run 9<" not in first
    older = first.split('rel="next" href="')[1].split('"')[0]
    assert "Run 9<" in operator.get(f"/operator/checks/ledger/{older}").content.decode()


def test_a_check_that_fails_is_in_the_public_log(said, checks_run, public, settings):
    settings.BASE_HOST = "cloud.example"
    checks_run()
    run_jobs()
    assert LogEntry.objects.filter(kind="proof.check_failed", subject="checks/transport-encryption").exists()


def test_the_pages_ask_few_questions_of_the_database(said, checks_run, operator, public, django_assert_max_num_queries):
    checks_run()
    for address, most in (
        ("/trust/checks.json", 10),
        ("/trust/certificates.json", 10),
        ("/trust/retention.json", 10),
        ("/trust/badges/tenants-apart.svg", 8),
    ):
        with django_assert_max_num_queries(most):
            public.get(address)
    with django_assert_max_num_queries(20):
        operator.get("/operator/checks/")
