"""Planned work is announced a day ahead, by the operator, and the database keeps the promise too."""

import json
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.timezone import now

from tillit.availability import words
from tillit.availability.actions.windows import ONE_ANNOUNCER, Details, announce_maintenance
from tillit.availability.models import MaintenanceRule, MaintenanceWindow
from tillit.foundation.errors import Refused
from tillit.foundation.testing import Person, happened

CALENDAR = "/operator/maintenance/"
DAY = timedelta(hours=24)
TOO_LATE = "Planned maintenance needs at least 24 hours"


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize(("kind", "hours", "announced"), [("planned", 25, True), ("planned", 23, False)])
def test_planned_work_needs_a_day_of_notice(operator, typed, kind, hours, announced):
    response = operator.post(CALENDAR, typed(kind, hours), follow=True)
    assert MaintenanceWindow.objects.upcoming().exists() is announced
    assert happened("availability.maintenance_announced") is announced
    assert (TOO_LATE in response.content.decode()) is not announced


def test_a_refusal_names_the_first_time_at_which_the_window_may_begin(operator, typed, announced, plan):
    """In the reader's zone and language, and beside no other window; none where the plan's line has its own times."""
    network = MaintenanceRule.objects.filter(as_needed=True).exclude(rrule="").first()
    framed = operator.post(CALENDAR, typed(hours=23, rule=network.pk)).content.decode()
    assert TOO_LATE in framed and "It may begin" not in framed
    announced(24.5, lasting=3)
    said = "It may begin on Tue, 24 Nov 2026, 12:30 CET at the earliest."
    assert said in operator.post(CALENDAR, typed(hours=23)).content.decode()  # two hours from nine o'clock: in the way
    beside = operator.post(CALENDAR, typed(hours=26)).content.decode()
    assert "There is already a window then: Work on the network, Tue, 24 Nov 2026, 09:30 CET." in beside
    assert "From Tue, 24 Nov 2026, 12:30 CET on there is room for it." in beside and "at the earliest" not in beside
    type(operator.user).objects.filter(pk=operator.user.pk).update(language="de", time_zone="Atlantic/Reykjavik")
    german = Person(operator.tenant, type(operator.user).objects.get(pk=operator.user.pk))
    page = german.post(CALENDAR, typed(hours=22)).content.decode()
    assert "Der Beginn ist frühestens am Di., 24. Nov. 2026, 11:30 " in page
    announced(72)
    page = german.post(CALENDAR, typed(hours=72)).content.decode()  # named is what comes after the time wished for
    assert "Platz dafür ist wieder ab Do., 26. Nov. 2026, 10:00 " in page


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize(("seconds", "announced"), [(0, True), (-1, False)])
def test_the_day_of_notice_is_kept_to_the_second(operator, typed, seconds, announced):
    operator.post(CALENDAR, typed("planned", 24 + seconds / 3600))
    assert MaintenanceWindow.objects.exists() is announced


def test_a_customer_cannot_announce_maintenance(anna, typed):
    assert anna.post(CALENDAR, typed()).status_code == 403
    assert anna.get(CALENDAR).status_code == 403
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "0001-01-02T00:00", "9999-12-30T00:00", "9999-12-31T23:59"])
def test_moments_at_the_ends_of_all_calendars_are_refused(operator, typed, moment):
    assert operator.post(CALENDAR, typed() | {"starts_at": moment}).status_code == 422
    assert operator.post(CALENDAR, typed() | {"starts_at": moment, "ends_at": moment}).status_code == 422
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize(
    "times", [{"ends_at": "9999-12-31T12:00"}, {"starts_at": "9999-12-31T10:00", "ends_at": "9999-12-31T12:00"}]
)
def test_a_window_of_a_far_future_is_refused_before_anybody_reckons_until_then(operator, typed, plan, times):
    for asked in ({}, {"preview": "1"}):
        page = operator.post(f"{CALENDAR}announce", typed() | asked | times).content.decode()
        assert "A window begins within two years, and lasts 31 days at most." in page
    assert not MaintenanceWindow.objects.filter(rule=None).exists()


def test_who_announces_waits_for_who_is_announcing_already(operator, announced):
    """So that the later one sees the earlier one's window, and is refused beside it."""
    colleague = connection.copy()
    try:
        with colleague.cursor() as cursor, connection.cursor() as mine:
            colleague.set_autocommit(False)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_ANNOUNCER])
            mine.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
                announced()
            colleague.rollback()
            assert announced().pk
    finally:
        colleague.close()


def test_a_form_sent_twice_announces_once(operator, typed, plan):
    page = operator.get(f"{CALENDAR}announce").content.decode()
    assert "Upgrade of the product</option>" in page and ">upgrade<" not in page  # work has a name
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    for _time in range(2):
        assert operator.post(CALENDAR, typed(key=key)).status_code == 302
    for other in (
        {"hours": 30},
        {"wave": "b"},
        {"region": "norway"},
        {"components": ["crm"]},
        {"reasons_en": "A disk."},
    ):
        refused = operator.post(CALENDAR, typed(key=key, **other))
        assert refused.status_code == 422 and "This was sent before with other content" in refused.content.decode()
    window = MaintenanceWindow.objects.get(rule=None)
    operator.post(f"/operator/maintenance/{window.pk}/cancel", {"because": "Not needed."})
    gone = operator.post(CALENDAR, typed(key=key))
    assert gone.status_code == 422 and "was changed or cancelled since" in gone.content.decode()
    assert MaintenanceWindow.objects.filter(rule=None).count() == 1


def test_somebody_signed_out_is_asked_to_sign_in(public, typed):
    assert public.post(CALENDAR, typed()).url.startswith("/sign-in/")
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize(("notice", "kept"), [(DAY, True), (DAY - timedelta(seconds=1), False)])
def test_the_database_refuses_a_short_notice_even_by_raw_sql(operator_tenant, notice, kept):
    values = (now() + notice, now() + notice + timedelta(hours=1), now())
    if kept:
        insert(*values)
    else:
        with pytest.raises(IntegrityError, match="planned_window_has_notice"), transaction.atomic():
            insert(*values)
    assert MaintenanceWindow.objects.exists() is kept


def insert(starts_at, ends_at, announced_at, kind="planned"):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO availability_maintenancewindow (kind, title, starts_at, ends_at, announced_at, effect, wave,"
            " region, reason, cancelled_because) VALUES (%s, '{\"en\": \"x\"}', %s, %s, %s, 'seconds', '', '', '', '')",
            [kind, starts_at, ends_at, announced_at],
        )


def test_the_database_refuses_an_end_before_the_start_and_an_emergency_of_one_person(operator_tenant):
    start = now() + 2 * DAY
    with pytest.raises(IntegrityError, match="window_ends_after_start"), transaction.atomic():
        insert(start, start, now())
    with pytest.raises(IntegrityError, match="emergency_needs_two_people"), transaction.atomic():
        insert(start, start + DAY, now(), kind="emergency")


@pytest.mark.parametrize(
    ("typo", "told"),
    [
        ({"lasting": -1}, "The end must come after the start."),
        ({"lasting": 0}, "The end must come after the start."),
        ({"kind": "emergency"}, "Select a valid choice."),
        ({"job": "emergency"}, "Select a valid choice."),
        ({"kind": "planned", "hours": -5}, TOO_LATE),
        ({"title_en": ""}, "Please say what is going to be done."),
        ({"starts_at": "next Friday"}, "Enter a valid date/time."),
        ({"kind": "surprise"}, "Select a valid choice."),
        ({"wave": "z"}, "Select a valid choice."),
        ({"title_en": "x" * 201}, "at most 200 characters"),
        ({"minutes": "-3"}, "greater than or equal to 1"),
        ({"minutes": "2"}, "“Interrupted for seconds” means a minute at most."),
        ({"minutes": "121", "effect": "offline"}, "The interruption would be longer than the window itself."),
    ],
)
def test_a_slip_is_told_and_what_was_typed_stays(operator, typed, typo, told):
    form = typed(**typo)
    page = operator.post(CALENDAR, form)
    assert told in page.content.decode()
    assert form["ends_at"] in page.content.decode()
    assert not MaintenanceWindow.objects.exists()


def test_beside_other_work_for_the_same_customers_it_is_refused(operator, typed, announced):
    announced(48, wave="a")
    operator.post(CALENDAR, typed(hours=49, wave="b"))
    assert MaintenanceWindow.objects.count() == 2
    refused = operator.post(CALENDAR, typed(hours=49, title_en="Second"))
    assert "There is already a window then" in refused.content.decode()
    assert MaintenanceWindow.objects.count() == 2


def test_an_emergency_may_come_beside_planned_work(announced):
    announced(48)
    announced(48, kind="emergency", reason="A hole.")
    assert set(MaintenanceWindow.objects.values_list("kind", flat=True)) == {"planned", "emergency"}


def test_times_are_those_of_the_operators_clock_and_follow_the_plan_when_it_changes(operator, typed):
    night = {"starts_at": "2027-03-28T02:30", "ends_at": "2027-03-28T06:00"}  # 02:30 does not exist that night
    operator.post(CALENDAR, typed() | night)
    window = MaintenanceWindow.objects.get()
    assert f"{window.starts_at:%Y-%m-%d %H:%M}" == "2027-03-28 01:00"  # UTC: the moment after the jump
    assert f"{window.ends_at:%H:%M}" == "04:00"


def test_work_of_the_plan_takes_its_name_from_it(operator, typed, plan):
    rule = operator.get(f"{CALENDAR}announce").context["form"].fields["rule"].queryset.get(key="infrastructure")
    operator.post(CALENDAR, typed(hours=132, title_en="", rule=rule.pk, minutes="30", effect="offline"))
    window = MaintenanceWindow.objects.get(rule=rule)
    assert (window.title["de"], window.most_seconds) == ("Upgrade der Infrastruktur", 1800)


def test_who_announced_and_when_is_kept(operator, typed):
    operator.post(CALENDAR, typed("planned", 30, reasons_en="The supplier asks for it."))
    window = MaintenanceWindow.objects.get()
    assert (window.announced_by, window.announced_at) == (operator.user, now())
    assert window.why["en"] == "The supplier asks for it."


def test_why_it_is_needed_is_read_in_the_readers_own_language_everywhere(operator, typed, public):
    """Who reads another one than was given gets the first, marked on pages."""
    operator.post(CALENDAR, typed("planned", 30, reasons_en="A disk is full.", reasons_de="Eine Platte ist voll."))

    def read(address, language):
        said = {"accept-language": language}
        return public.get(address, {"lang": language} if "." in address else {}, headers=said).content.decode()

    for address in (
        "/status/",
        "/sign-in/",
        "/status/maintenance.ics",
        "/status/maintenance.atom",
        "/status/feed.atom",
    ):
        assert "Eine Platte ist voll." in read(address, "de")
        assert "A disk is full." in read(address, "nb")
    assert '<span lang="en">A disk is full.</span> <span class="lang-mark">(Engelsk)</span>' in read("/status/", "nb")
    (told,) = json.loads(read("/trust/maintenance.json", "nb"))["windows"]
    assert told["reason"] == "A disk is full." and told["reasons"]["de"] == "Eine Platte ist voll."


def test_one_person_announces_nothing_on_the_line_of_emergencies(operator, typed, plan):
    line = MaintenanceRule.objects.get(kind="emergency")
    page = operator.get(f"{CALENDAR}announce").content.decode()
    assert "Infrastructure upgrade</option>" in page and "Emergency patch</option>" not in page
    assert words.job("emergency") not in page and 'value="emergency"' not in page
    assert operator.post(CALENDAR, typed(rule=line.pk, title_en="")).status_code == 422
    start = now() + 2 * DAY
    with pytest.raises(Refused, match="for emergencies alone"):
        announce_maintenance(
            operator.actor, kind="planned", starts_at=start, ends_at=start + DAY / 24, title={"en": "Patch"},
            details=Details(rule=line),
        )  # fmt: skip
    assert not MaintenanceWindow.objects.filter(rule=line).exists()


@pytest.mark.promise("infrastructure-work-on-saturday-night")
@pytest.mark.parametrize(
    ("start", "end", "announced"),
    [
        ("2026-11-28T20:00", "2026-11-29T06:00", True),
        ("2026-11-28T19:59", "2026-11-28T22:00", False),
        ("2026-11-29T05:00", "2026-11-29T06:01", False),
        ("2026-11-26T22:00", "2026-11-26T23:00", False),
    ],
)
def test_infrastructure_work_is_announced_for_saturday_night_only(operator, typed, plan, start, end, announced):
    rule = operator.get(f"{CALENDAR}announce").context["form"].fields["rule"].queryset.get(key="infrastructure")
    page = operator.post(CALENDAR, typed() | {"rule": rule.pk, "starts_at": start, "ends_at": end}, follow=True)
    assert MaintenanceWindow.objects.filter(rule=rule).exists() is announced
    assert ("between Saturday 20:00 and Sunday 06:00." in page.content.decode()) is not announced
