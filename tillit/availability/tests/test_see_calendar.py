"""The operator sees every window in its month and week, moves one by dropping it, and reads an announcement before it
is made."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tillit.availability.actions.windows import cancel_maintenance, move_maintenance
from tillit.availability.models import MaintenanceWindow

CALENDAR = "/operator/maintenance/"


def kinds_of(page):
    return {slot.kind for row in page.context["grid"].rows for cell in row for slot in cell.slots}


def test_the_month_shows_every_kind_of_window(operator, plan, announced, clock):
    announced(30, title="Core switch", wave="a")
    announced(3, kind="emergency", reason="A hole.")
    off = announced(100, title="Not needed")
    moved = announced(150, title="Later")
    move_maintenance(
        operator.actor, window=moved, starts_at=now() + timedelta(hours=60), ends_at=now() + timedelta(hours=61),
        because="The part comes earlier.",
    )  # fmt: skip
    cancel_maintenance(operator.actor, window=off, because="Not needed.")
    page = operator.get(CALENDAR)
    assert kinds_of(page) == {"announced", "emergency", "cancelled"}
    assert "routine" in kinds_of(operator.get(f"{CALENDAR}?view=week"))
    told = page.content.decode()
    assert "Every night at 02:00" in told.partition("</table>")[2]  # what comes every night is said once
    assert "Core switch" in told and "moved" in told and "November 2026" in told
    assert kinds_of(operator.get(f"{CALENDAR}?at=2027-03-01")) == {"foreseen"}
    clock.shift(timedelta(hours=31))
    assert "running" in kinds_of(operator.get(CALENDAR))


def test_what_collides_is_marked_and_work_for_others_does_not_collide(operator, announced):
    announced(48, wave="a")
    announced(48, wave="b")
    assert operator.get(CALENDAR).context["grid"].collisions == 0
    announced(48, kind="emergency", reason="A hole.")
    page = operator.get(CALENDAR)
    assert page.context["grid"].collisions == 3 and "collides" in page.content.decode()


def test_the_week_has_an_hour_for_each_hour(operator, announced):
    window = announced(49.5, lasting=3)
    page = operator.get(f"{CALENDAR}?view=week")
    rows = page.context["grid"].rows
    (cell,) = [cell for row in rows for cell in row for slot in cell.slots if slot.begins]
    assert (len(rows), cell.clock, cell.slots[0].window) == (24, "2026-11-25T10:00", window)
    assert sum(len(cell.slots) for row in rows for cell in row) == 4  # 10:30 to 13:30
    for odd in ("?view=week&at=2026-10-25", "?at=nonsense", "?at=9999-12-31", "?view=list", "?view=nothing"):
        assert operator.get(CALENDAR + odd).status_code == 200


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
def test_a_window_is_dropped_on_another_day_and_refused_inside_the_notice(operator, announced):
    window = announced(48)  # Wednesday, 09:00
    at = f"{CALENDAR}{window.pk}/move"
    early = operator.get(f"{at}?to=2026-11-23").content.decode()
    assert "Planned maintenance needs at least 24 hours" in early and "Choose other times." in early
    page = operator.get(f"{at}?to=2026-11-27")
    times = page.context["form"].initial
    assert [f"{times[name]:%Y-%m-%dT%H:%M}" for name in ("starts_at", "ends_at")] == [
        "2026-11-27T09:00",
        "2026-11-27T11:00",
    ]
    assert "Choose other times." not in page.content.decode()
    assert 'value="2026-11-27T14:00"' in operator.get(f"{at}?to=2026-11-27T14:00").content.decode()
    for odd in ("x", "0001-01-01", "9999-12-31T23:00"):
        assert operator.get(f"{at}?to={odd}").status_code == 200
    assert (
        operator.post(
            f"{at}?to=2026-11-23", {"starts_at": "2026-11-23T12:00", "ends_at": "2026-11-23T13:00", "because": "x"}
        ).status_code
        == 422
    )
    assert MaintenanceWindow.objects.get().sequence == 0


def test_an_announcement_is_read_before_it_is_made(operator, plan, typed, fjordlys, alpenrose):
    at = f"{CALENDAR}announce"
    assert 'value="2026-12-10T22:00"' in operator.get(f"{at}?at=2026-12-10").content.decode()
    said = typed(hours=72, wave="a", title_de="Arbeiten am Netz", title_nb="Arbeid på nettet", components=["crm"])
    page = operator.post(at, said | {"preview": "1"})
    seen = page.context["preview"]
    assert not MaintenanceWindow.objects.filter(rule=None).exists()
    assert (seen.customers, seen.all_customers, seen.refusal, seen.conflicts) == (1, 2, "", [])
    for words in (
        "Work on the network",
        "Arbeiten am Netz",
        "Arbeid på nettet",
        "Wave A",
        "It concerns 1 of 2 customers.",
    ):
        assert words in page.content.decode()
    assert "at least 24 hours" in operator.post(at, typed(hours=20) | {"preview": "1"}).context["preview"].refusal
    for parts, by_hand in ((["mail"], True), (["mail", "api"], False), ([], False)):
        form = typed(hours=72, effect="read_only", components=parts)
        told = operator.post(at, form | {"preview": "1"}).content.decode()
        assert ("The product itself refuses and stops nothing in this window" in told) is by_hand
    assert operator.post(at, said).status_code == 302
    window = MaintenanceWindow.objects.get(rule=None)
    assert (window.wave, window.components) == ("a", ["crm"])
    told = operator.post(at, said | {"preview": "1"}).context["preview"]
    assert told.conflicts == [window] and "There is already a window then" in told.refusal


def test_a_window_has_a_page_with_its_versions(operator, announced, anna, public, django_assert_max_num_queries):
    window = announced(48)
    move_maintenance(
        operator.actor, window=window, starts_at=now() + timedelta(hours=60), ends_at=now() + timedelta(hours=61),
        because="The part comes later.",
    )  # fmt: skip
    at = f"{CALENDAR}{window.pk}/"
    operator.get(at)
    with django_assert_max_num_queries(20):
        told = operator.get(at).content.decode()
    assert "The part comes later." in told and "Proof of notice" in told
    for page in (told, public.get(f"/status/maintenance/{window.pk}/").text):  # one look wherever it stands
        assert re.search(r'data-tone="info">(<span>.*\s</span> <small>)?announced<', page)
    for address in (at, f"{CALENDAR}announce"):
        assert anna.get(address).status_code == 403
    assert operator.get(f"{CALENDAR}999/").status_code == 404


def test_who_moved_a_window_of_the_plan_is_told_to_the_staff_and_not_in_public(operator, second, plan, public):
    window = MaintenanceWindow.objects.get(rule__key="system")
    at = f"{CALENDAR}{window.pk}/"
    assert "by the plan" in operator.get(at).text
    times = {"starts_at": window.starts_at + timedelta(days=4), "ends_at": window.ends_at + timedelta(days=4)}
    move_maintenance(second.actor, window=window, **times, because="A holiday.")
    told = operator.get(at).text
    assert told.count("Berit Vakt") == 2 and "by the plan" not in told
    assert "Berit Vakt" not in public.get(f"/status/maintenance/{window.pk}/").text


def test_a_window_is_said_otherwise_on_its_page(operator, plan, anna, announced):
    window = announced(48, most_seconds=90, effect="offline", components=["crm"])
    at = f"{CALENDAR}{window.pk}/otherwise"
    page = operator.get(at)
    assert page.context["form"].initial["minutes"] == 2
    assert "Customers read it; 500 characters at most." in page.text
    same = {"title_en": "Work on the network", "effect": "offline", "minutes": "2", "components": ["crm"]}
    same |= {"ends_at": "2026-11-25T11:00", "because": "Clearer."}
    assert anna.post(at, same).status_code == 403
    assert "Nothing is different." in operator.post(at, same).content.decode()
    lighter = operator.post(at, same | {"effect": "seconds"}).content.decode()
    assert "“Interrupted for seconds” means a minute at most." in lighter.partition('name="minutes"')[2]
    assert operator.post(at, same | {"title_en": "New switches"}).status_code == 302
    window.refresh_from_db()
    assert (window.title, window.most_seconds, window.versions.count()) == ({"en": "New switches"}, 90, 1)
    told = operator.get(f"{CALENDAR}{window.pk}/").content.decode()
    assert "Work on the network" in told and "Clearer." in told
