"""Where nothing delivers mail, the operator can read it; where something does, it is a letter to somebody else."""

import pytest

from tillit.foundation.mail import EmailMessage
from tillit.foundation.models import OutgoingMail


@pytest.fixture
def letters(operator_tenant):
    for number in range(60):
        EmailMessage(f"Letter {number}", f"Dear reader, see https://example.com/{number}", to=["a@b.example"]).send()


def test_the_operator_reads_what_is_kept(operator, letters, django_assert_max_num_queries):
    operator.get("/operator/mail/")
    with django_assert_max_num_queries(14):
        page = operator.get("/operator/mail/").text
    assert "Letter 59" in page and "Letter 9<" not in page
    older = page.split("?before=")[1].split('"')[0]
    assert "Letter 9<" in operator.get(f"/operator/mail/?before={older}").text
    newest = OutgoingMail.objects.latest("pk")
    assert 'href="https://example.com/59"' in operator.get(f"/operator/mail/{newest.pk}/").text


def test_with_a_relay_the_text_is_not_shown(operator, letters, settings):
    settings.SMTP_URL = "smtp://relay.example"
    newest = OutgoingMail.objects.latest("pk")
    page = operator.get(f"/operator/mail/{newest.pk}/").text
    assert "Letter 59" in page
    assert "Dear reader" not in page


def test_customers_do_not_read_mail(anna, letters):
    newest = OutgoingMail.objects.latest("pk")
    assert anna.get(f"/operator/mail/{newest.pk}/").status_code == 403


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=99999999999999999999", f"?before={'9' * 5_000}", "?before=-1", "?before=²"]
)
def test_odd_pages_are_answered(operator, query):
    assert operator.get(f"/operator/mail/{query}").status_code == 200


def test_a_mail_that_is_not_there(operator):
    assert operator.get("/operator/mail/999/").status_code == 404
