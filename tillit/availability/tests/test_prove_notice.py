"""How far a notice reached: a public figure, and for each customer a receipt with the names of its own people."""

from datetime import timedelta

import pytest

from tillit.availability.actions.notices import count_notices
from tillit.availability.actions.work import begin_work, end_work, prove_notices
from tillit.availability.models import NoticeReach
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.models import Event, Membership
from tillit.foundation.tenancy import in_tenant


@pytest.fixture
def system(operator_tenant):
    return Actor.system(operator_tenant)


@pytest.fixture
def window(announced, anna, mia, ben, chiara, clock, system):
    """Announced 48 hours ahead and job "network"; Anna sees it in time, Mia too late, Ben has not been here."""
    for person in (mia, chiara):
        with in_tenant(person.tenant):
            row = Membership.objects.get(user=person.user)
            Event.objects.create(
                tenant=person.tenant, actor=person.user, name="tenants.signed_in", at=now(),
                subject_type="foundation.membership", subject_id=row.pk,
            )  # fmt: skip
    window = announced(hours=48, job="network")
    prove_notices(system)
    clock.shift(timedelta(hours=1))
    anna.get("/notices/")
    clock.shift(timedelta(hours=24))
    mia.get("/notices/")
    clock.shift(timedelta(hours=23))
    return window


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_the_share_of_people_told_in_time_is_public(window, system, public, operator, clock):
    work = begin_work(system, job="network")
    assert [figure.shown_in_time for figure in count_notices(system)] == [1]
    assert count_notices(system) == []  # once for each window
    notice = public.get("/trust/maintenance.json").json()["windows"][0]["notice"]
    assert (notice["shown_percent"], notice["active_users"], notice["tenants"]) == (33.3, 3, 2)  # Ben was not here
    assert set(notice["read_back"]) == {"sign_in", "status_page"}
    end_work(system, work=work, ok=True)
    page = operator.get(f"/operator/maintenance/{window.pk}/notice").content.decode()
    assert "work may begin in this window." in page and "Wave A, " in page
    assert "Fjordlys AS" in page and "Alpenrose GmbH" in page and "33.3" in page and "Anna" not in page
    clock.shift(timedelta(days=1))
    assert public.get("/trust/maintenance.json").json()["past"][0]["notice"]["shown_in_time"] == 1
    page = operator.get(f"/operator/maintenance/{window.pk}/notice").content.decode()
    assert "The notice stood everywhere in time." in page and "work may begin" not in page


def test_an_administrator_reads_who_of_her_people_was_told(window, system, anna, mia, chiara):
    count_notices(system)
    page = anna.get(f"/notices/{window.pk}/receipt").content.decode()
    assert "Anna Lund" in page and "Ben Hansen" in page and "Chiara" not in page
    assert f"/notices/{window.pk}/receipt" in anna.get("/notices/receipts").content.decode()
    assert "Anna Lund" not in chiara.get(f"/notices/{window.pk}/receipt").content.decode()
    assert mia.get(f"/notices/{window.pk}/receipt").status_code == 403
    with in_tenant(chiara.tenant):
        assert [(reach.active_users, reach.shown_in_time) for reach in NoticeReach.objects.all()] == [(1, 0)]


def test_a_receipt_of_another_waves_window_is_nobodys(announced, anna, operator, clock):
    window = announced(hours=48, wave="b")  # Anna's company is in wave a
    assert anna.get(f"/notices/{window.pk}/receipt").status_code == 404
    assert anna.get(f"/operator/maintenance/{window.pk}/notice").status_code == 403
    address = f"/operator/maintenance/{window.pk}/notice"
    early = operator.get(address).content.decode()
    assert "Work may begin if it is by Tue, 24 Nov 2026, 09:00 CET." in early and "Nothing has run in it yet." in early
    clock.shift(timedelta(hours=25))
    assert "no work will begin. Move the window." in operator.get(address).content.decode()
    clock.shift(timedelta(hours=25))
    late = operator.get(address).content.decode()
    assert "no work could begin." in late and "Nobody counted it" in late and "Nothing ran in it." in late
