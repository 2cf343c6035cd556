"""What a tenant's state means to its people: reading only, or nobody at all."""

import pytest

from tillit.foundation.models import Tenant
from tillit.foundation.testing import happened

READING_ONLY = "In maintenance: you can read everything now"
NORA = {"email": "nora@example.com", "name": "Nora Vik", "role": "member", "language": "nb"}


@pytest.fixture
def readable(anna):
    Tenant.objects.filter(pk=anna.tenant.pk).update(state=Tenant.State.READ_ONLY)
    anna.tenant.refresh_from_db()
    return anna.tenant


def test_anna_reads_on_but_does_not_change(anna, readable):
    assert "Anna Lund" in anna.get("/people/").text
    answer = anna.post("/people/invite/", NORA)
    assert answer.status_code == 422
    assert READING_ONLY in answer.text
    assert "nora@example.com" in answer.text
    assert not happened("tenants.person_invited")


def test_a_form_that_expects_no_refusal_is_answered_with_the_sentence(anna, readable):
    form = {"name": "Anna", "language": "en", "time_zone": "Europe/Oslo", "theme": "dark"}
    answer = anna.post("/profile/", form)
    assert answer.status_code == 409
    assert READING_ONLY in answer.text
    anna.user.refresh_from_db()
    assert anna.user.theme == "auto"


def test_htmx_gets_it_as_a_toast_and_swaps_nothing(anna, readable):
    answer = anna.post("/profile/appearance/", {"theme": "dark"}, headers={"hx-request": "true"})
    assert answer.status_code == 409
    assert answer.headers["HX-Reswap"] == "none"
    assert READING_ONLY in answer.headers["HX-Trigger"]


def test_signing_in_and_out_works_while_only_reading_does(anna, readable, has_password, browser_at, sign_in):
    has_password(anna)
    browser = browser_at(readable)
    assert sign_in(browser, anna.user.email).url == "/"
    assert browser.get("/people/").status_code == 200
    assert browser.post("/sign-out/").status_code == 302


def test_the_operator_changes_it_back(operator, readable):
    form = {"name": "Fjordlys", "region": "norway", "wave": "a", "state": "running", "confirmed": "1"}
    assert operator.post("/operator/tenants/fjordlys/", form).status_code == 302
    assert not Tenant.objects.get(slug="fjordlys").is_read_only()
