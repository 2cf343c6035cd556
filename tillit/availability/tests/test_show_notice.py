"""Everybody is told before signing in, and inside the session until he or she puts the notice away."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tillit.availability import panels
from tillit.availability.actions.plan import announce_due_windows
from tillit.availability.actions.windows import cancel_maintenance, move_maintenance
from tillit.availability.actions.work import prove_notices
from tillit.availability.models import MaintenanceRule, MaintenanceWindow, NoticeProof, NoticeReceipt
from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import Person, happened, public_of

SIGN_IN = "/sign-in/"
INSIDE = "/palette/"


def seen(person, address=INSIDE, **headers):
    """The page as text, white space single."""
    page = person.get(address, headers=headers).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def receipts(tenant):
    with in_tenant(tenant):
        return list(NoticeReceipt.objects.order_by("user", "window"))


def put_away(person, *windows, **headers):
    told = {"window": [window.pk for window in windows], "next": "/palette/?q=x"}
    return person.post("/notices/dismiss", told, headers=headers)


# Before anyone has signed in


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_the_sign_in_view_tells_state_every_window_and_where_to_read_more(plan, fjordlys):
    page = seen(public_of(fjordlys), SIGN_IN)
    assert "All parts of the service are working." in page
    assert "Tue, 24 Nov 2026, 22:00 – Wed 25 Nov, 00:00 CET Application maintenance" in page
    assert "Fri, 4 Dec 2026, 00:00–06:00 CET System maintenance" in page
    assert "Server restart: Every night at 02:00 (Europe/Oslo), 1–3 seconds." in page
    links = public_of(fjordlys).get(SIGN_IN).content.decode()
    assert 'href="/status/"' in links and 'href="/trust/"' in links


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_on_a_phone_the_form_is_near_and_every_notice_stands_there(plan, announced, fjordlys, operator_tenant):
    """The worst window and every emergency in the open, the others behind one line; the proof finds all of them."""
    announced(200, kind="emergency", title="TLS library", reason="A hole.")
    announced(100, title="Core switch")
    page = public_of(fjordlys).get(SIGN_IN).content.decode()
    nearest, _more, further = page.partition('<details class="further">')
    assert "Application maintenance" in nearest and "TLS library" in nearest and "2 more are announced" in further
    assert "Core switch" not in nearest and "Core switch" in further and page.count('data-notice="window') == 4
    assert "<details" not in nearest[nearest.index("Announced maintenance") :]
    announced(130, title="New disks", effect="offline")
    nearest, _more, further = public_of(fjordlys).get(SIGN_IN).content.decode().partition('<details class="further">')
    assert "New disks" in nearest and "TLS library" in nearest  # as in the banner inside the session
    assert further.index("Application maintenance") < further.index("Core switch")
    prove_notices(Actor.system(operator_tenant))
    for window in MaintenanceWindow.objects.upcoming().concerning(fjordlys):
        assert NoticeProof.objects.filter(window=window, place="sign_in").exists()


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_each_wave_is_told_of_its_own_windows_only(plan, fjordlys, alpenrose, operator_tenant):
    first, rest, both = (seen(public_of(tenant), SIGN_IN) for tenant in (fjordlys, alpenrose, operator_tenant))
    assert "Tue, 24 Nov 2026, 22:00" in first and "Fri, 27 Nov 2026, 22:00" not in first
    assert "Fri, 27 Nov 2026, 22:00" in rest and "Tue, 24 Nov 2026, 22:00" not in rest
    assert "Tue, 24 Nov 2026, 22:00" in both and "Fri, 27 Nov 2026, 22:00" in both
    assert "Fri, 4 Dec 2026, 00:00" in first and "Fri, 4 Dec 2026, 00:00" in rest


def test_each_region_is_told_of_its_own_windows_only(announced, fjordlys, alpenrose):
    Tenant.objects.filter(pk=fjordlys.pk).update(region="norway")
    announced(48, title="Power in Oslo", region="norway")
    assert "Power in Oslo" in seen(public_of(Tenant.objects.get(pk=fjordlys.pk)), SIGN_IN)
    assert "Power in Oslo" not in seen(public_of(alpenrose), SIGN_IN)


@pytest.mark.promise("notice-in-every-sign-in-view")
@pytest.mark.parametrize(("days", "told"), [(13, True), (15, False)])
def test_two_weeks_ahead_are_told(announced, fjordlys, days, told):
    announced(days * 24)
    assert ("Work on the network" in seen(public_of(fjordlys), SIGN_IN)) is told


@pytest.mark.promise("critical-fixes-are-shown-in-the-sign-in-view")
def test_an_emergency_is_told_at_once_with_its_reason(announced, fjordlys):
    announced(2, kind="emergency", title="TLS library", reason="A hole must be closed.")
    page = seen(public_of(fjordlys), SIGN_IN)
    assert "TLS library Emergency patch" in page
    assert "A hole must be closed." in page


def test_the_notice_speaks_the_readers_language(plan, alpenrose):
    page = seen(public_of(alpenrose), SIGN_IN, accept_language="de")
    assert "Alle Teile des Dienstes funktionieren." in page
    assert "Fr., 4. Dez. 2026, 00:00–06:00 MEZ Systemwartung" in page


def test_before_sign_in_times_are_those_of_the_tenant(plan, alpenrose):
    Tenant.objects.filter(pk=alpenrose.pk).update(time_zone="Atlantic/Reykjavik")
    away = public_of(alpenrose)
    assert "Thu, 3 Dec 2026, 23:00 – Fri 4 Dec, 05:00" in seen(away, SIGN_IN)


def test_windows_at_the_same_time_are_one_interruption(plan, fjordlys, clock, operator_tenant):
    clock.move_to(now().replace(year=2027, month=2, day=8), tick=False)
    announce_due_windows(Actor.system(operator_tenant))
    page = seen(public_of(fjordlys), SIGN_IN)
    assert "Fri, 12 Feb 2027, 00:00–06:00 CET System maintenance; Microsoft patches" in page


def test_the_sign_in_view_asks_few_questions_of_the_database(plan, fjordlys, django_assert_max_num_queries):
    visitor = public_of(fjordlys)
    visitor.get(SIGN_IN)
    with django_assert_max_num_queries(14):
        visitor.get(SIGN_IN)


# Inside the session


def test_a_person_at_work_sees_a_quiet_banner_and_that_is_recorded_once(announced, anna, clock):
    window = announced(48)
    assert "Maintenance ahead:" in seen(anna)
    (receipt,) = receipts(anna.tenant)
    assert (receipt.user, receipt.window, receipt.first_shown_at) == (anna.user, window, now())
    assert happened("availability.notice_shown")
    clock.shift(timedelta(hours=1))
    assert "Work on the network" in seen(anna)
    assert receipts(anna.tenant) == [receipt]
    assert receipts(anna.tenant)[0].first_shown_at < now()


def test_of_what_comes_within_a_day_the_heaviest_is_shown_first_and_then_of_the_rest(announced, anna, operator, clock):
    announced(48, title="Quick switch", wave="a")
    announced(51, title="New storage", effect="offline")
    announced(54, title="Backup drill", effect="read_only")
    clock.shift(timedelta(hours=20))  # nothing begins within a day
    page = seen(anna)
    assert page.index("New storage") < page.index("Backup drill") < page.index("Quick switch") and "moved" not in page
    clock.shift(timedelta(hours=10, minutes=30))
    page = seen(anna)
    assert "2 more are announced" in page
    assert page.index("New storage") < page.index("Backup drill") < page.index("Quick switch")
    assert "Maintenance ahead: Wed 25 Nov, 12:00–14:00 CET – New storage" in page
    storage = MaintenanceWindow.objects.get(effect="offline")
    starts_at, ends_at = (at + timedelta(days=3) for at in (storage.starts_at, storage.ends_at))
    move_maintenance(operator.actor, window=storage, starts_at=starts_at, ends_at=ends_at, because="Rain")
    page = seen(anna)
    assert page.index("Backup drill") < page.index("Quick switch") < page.index("New storage")
    assert re.search(r"New storage \([^)]+\) moved", page) and page.count(" moved ") == 1


def test_a_nightly_routine_of_another_region_is_not_told(plan, fjordlys, operator):
    MaintenanceRule.objects.filter(key="restart").update(region="norway")
    assert "Server restart" not in seen(public_of(fjordlys), SIGN_IN)
    assert "Server restart" in seen(public_of(operator.tenant), SIGN_IN)
    lines = [public_of(one).get("/trust/maintenance.json").json()["rules"] for one in (fjordlys, operator.tenant)]
    assert ["restart" in [line["key"] for line in told] for told in lines] == [False, True]
    assert len(lines[0]) == len(lines[1]) - 1


def test_putting_it_away_is_each_persons_own(announced, anna, ben):
    window = announced(48)
    assert all("Work on the network" in seen(person) for person in (anna, ben))
    assert put_away(anna, window).url == "/palette/?q=x"
    assert "Work on the network" not in seen(anna)
    assert "Work on the network" in seen(ben)
    assert [bool(one.dismissed_at) for one in receipts(anna.tenant)] == [True, False]
    assert happened("availability.notice_dismissed")


def test_a_new_window_brings_the_banner_back(announced, anna):
    first = announced(48)
    seen(anna)
    put_away(anna, first)
    announced(72, title="Something else")
    page = seen(anna)
    assert "Something else" in page and "Work on the network" not in page


def test_with_htmx_only_the_banner_goes(announced, anna):
    window = announced(48)
    seen(anna)
    answer = put_away(anna, window, HX_Request="true")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_notice_is_put_away_by_post_and_by_people_signed_in_only(announced, anna, fjordlys):
    window = announced(48)
    seen(anna)
    assert anna.get("/notices/dismiss").status_code == 405
    assert put_away(public_of(fjordlys), window).url.startswith("/sign-in/")
    assert receipts(fjordlys)[0].dismissed_at is None


def test_nobody_puts_away_what_another_persons_notice_is(announced, anna, ben):
    window = announced(48)
    seen(anna)
    put_away(ben, window)
    assert receipts(anna.tenant)[0].dismissed_at is None


def test_somebody_with_no_membership_here_leaves_no_receipt(announced, chiara, fjordlys):
    announced(48)
    stranger = Person(fjordlys, chiara.user)
    assert stranger.get(INSIDE).status_code == 403
    assert receipts(fjordlys) == []


def test_foreign_addresses_are_no_way_back(announced, anna):
    seen(anna)
    for nowhere in ("https://evil.example/", "true"):
        told = {"window": ["not a number", "9" * 30], "next": nowhere}
        assert anna.post("/notices/dismiss", told).url == "/"


def test_the_banner_goes_when_the_work_is_over_or_called_off(announced, anna, operator, clock):
    called_off, done = announced(48, title="Called off"), announced(72, title="Done")
    cancel_maintenance(operator.actor, window=called_off, because="No need.")
    page = seen(anna)
    assert "Called off" not in page and "Done" in page
    clock.move_to(done.starts_at + timedelta(minutes=1), tick=False)
    assert "Under way now:" in seen(anna)
    clock.move_to(done.ends_at, tick=False)
    assert "Done" not in seen(anna)


def test_a_banner_costs_one_query_once_it_was_shown(plan, anna, django_assert_num_queries, rf):
    anna.get(INSIDE)
    request = rf.get(INSIDE)
    request.tenant, request.actor, request.user = anna.tenant, anna.actor, anna.user
    with in_tenant(anna.tenant):
        panels.banner(request)
    with in_tenant(anna.tenant), django_assert_num_queries(1):
        assert b"Application maintenance" in panels.banner(request).content


def test_receipts_stay_in_their_tenant(announced, anna, chiara):
    announced(48)
    seen(anna), seen(chiara)
    assert [receipt.user for receipt in receipts(anna.tenant)] == [anna.user]
    assert [receipt.user for receipt in receipts(chiara.tenant)] == [chiara.user]


def test_who_is_told_and_who_is_not_is_the_same_for_every_role(announced, anna, mia, ben, operator):
    announced(48)
    assert all("Maintenance ahead:" in seen(person) for person in (anna, mia, ben, operator))


def test_times_in_the_banner_are_the_persons_own(announced, mia):
    announced(48)
    type(mia.user).objects.filter(pk=mia.user.pk).update(time_zone="Europe/Helsinki")
    assert "Wed 25 Nov, 10:00–12:00 EET" in seen(Person(mia.tenant, type(mia.user).objects.get(pk=mia.user.pk)))
