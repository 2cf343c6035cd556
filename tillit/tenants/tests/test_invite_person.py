"""Administrators invite; nobody else does, and nobody invites into somebody else's house."""

import pytest

from tillit.foundation.models import OutgoingMail
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, names_in
from tillit.tenants.models import Invitation

NORA = {"email": "Nora@Example.com", "name": "Nora Vik", "role": "member", "language": "nb"}


def open_invitations(person):
    with in_tenant(person.tenant):
        return list(Invitation.objects.pending())


def test_anna_invites_nora(anna, last_mail):
    answer = anna.post("/people/invite/", NORA)
    assert answer.url == "/people/"
    (invitation,) = open_invitations(anna)
    assert (invitation.email, invitation.role) == ("nora@example.com", "member")
    assert happened("tenants.person_invited")
    mail = last_mail("nora@example.com")
    assert mail.host == "fjordlys.tillit.test"
    assert "Nora Vik" in mail.text and "Anna Lund" in mail.text
    assert invitation.token_digest not in mail.text
    assert "Nora Vik" in anna.get("/people/").text


def test_ben_may_not_invite(ben):
    assert ben.get("/people/invite/").status_code == 403
    assert ben.post("/people/invite/", NORA).status_code == 403
    assert not OutgoingMail.objects.exists()
    assert not happened("tenants.person_invited")


@pytest.mark.parametrize(
    "change",
    [
        {"email": "not an address"},
        {"email": "x" * 300 + "@example.com"},
        {"email": "a\x00@example.com"},
        {"name": ""},
        {"name": "n" * 121},
        {"role": "operator"},
        {"role": "king"},
        {"language": "tlh"},
    ],
)
def test_nonsense_is_said_and_nothing_is_sent(anna, change):
    answer = anna.post("/people/invite/", NORA | change)
    assert answer.status_code == 422
    assert 'class="error' in answer.text
    assert not OutgoingMail.objects.exists()
    assert open_invitations(anna) == []


def test_a_name_with_line_breaks_cannot_forge_a_mail(anna, last_mail):
    anna.post("/people/invite/", NORA | {"name": "Nora\nBcc: all@example.com 🦊"})
    assert open_invitations(anna)[0].name == "Nora Bcc: all@example.com 🦊"
    assert OutgoingMail.objects.count() == 1
    assert "🦊" in last_mail("nora@example.com").text


def test_who_works_here_is_not_invited_again(anna, ben):
    answer = anna.post("/people/invite/", NORA | {"email": "BEN@fjordlys.example"})
    assert answer.status_code == 422
    assert "already works here" in answer.text


def test_two_tabs_invite_once(anna):
    anna.post("/people/invite/", NORA)
    answer = anna.post("/people/invite/", NORA)
    assert answer.status_code == 422
    assert "already been invited" in answer.text
    assert len(open_invitations(anna)) == 1


def test_sending_again_makes_the_old_link_worthless(anna, last_mail, browser_at):
    anna.post("/people/invite/", NORA)
    first = last_mail("nora@example.com").path
    (invitation,) = open_invitations(anna)
    anna.post(f"/people/invitations/{invitation.pk}/again/")
    second = last_mail("nora@example.com").path
    assert first != second
    browser = browser_at(anna.tenant)
    assert browser.get(first).status_code == 410
    assert browser.get(second).status_code == 200
    assert happened("tenants.invitation_sent_again")


def test_a_withdrawn_invitation_lets_nobody_in(anna, last_mail, browser_at):
    anna.post("/people/invite/", NORA)
    (invitation,) = open_invitations(anna)
    anna.post(f"/people/invitations/{invitation.pk}/withdraw/")
    answer = browser_at(anna.tenant).get(last_mail("nora@example.com").path)
    assert answer.status_code == 410
    assert "withdrawn" in answer.text
    assert happened("tenants.invitation_withdrawn")
    assert anna.post("/people/invite/", NORA).status_code == 302


def test_withdrawing_twice_is_said(anna):
    anna.post("/people/invite/", NORA)
    (invitation,) = open_invitations(anna)
    for _tab in range(2):
        answer = anna.post(f"/people/invitations/{invitation.pk}/withdraw/", follow=True)
    assert "accepted or withdrawn meanwhile" in answer.text
    assert names_in(anna.tenant).count("tenants.invitation_withdrawn") == 1


@pytest.mark.parametrize("verb", ["again", "withdraw"])
def test_others_do_not_touch_annas_invitations(anna, ben, chiara, verb):
    anna.post("/people/invite/", NORA)
    (invitation,) = open_invitations(anna)
    assert ben.post(f"/people/invitations/{invitation.pk}/{verb}/").status_code == 403
    assert chiara.post(f"/people/invitations/{invitation.pk}/{verb}/").status_code == 404
    assert anna.get(f"/people/invitations/{invitation.pk}/{verb}/").status_code == 405
    assert len(open_invitations(anna)) == 1
