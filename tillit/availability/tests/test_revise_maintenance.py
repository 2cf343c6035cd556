"""What was announced may be said otherwise: both versions stay public, and nothing gets worse inside the notice."""

import re
from datetime import timedelta

import pytest

from tillit.availability.actions.windows import Revised, revise_maintenance
from tillit.availability.actions.work import begin_work, prove_notices
from tillit.availability.models import NoticeReceipt
from tillit.availability.tests.conftest import OSLO
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened


def revised(window, **otherwise):
    now_said = {name: getattr(window, name) for name in Revised.__dataclass_fields__ if name != "reasons"}
    return Revised(**now_said | otherwise)


@pytest.fixture
def window(announced, fjordlys, operator):
    window = announced(hours=48, title="Work on the network", job="network", most_seconds=30)
    prove_notices(operator.actor)
    return window


def test_clearer_words_come_at_any_time_and_both_versions_are_public(window, operator, public, clock):
    clock.shift(timedelta(hours=47))
    better = revised(window, title={"en": "New switches"}, effect="none", ends_at=window.ends_at - timedelta(hours=1))
    revise_maintenance(operator.actor, window=window, revised=better, because="Shorter than we thought.")
    assert happened("availability.maintenance_revised")
    told = public.get("/trust/maintenance.json").json()["windows"][0]
    assert (told["title"], told["sequence"]) == ({"en": "New switches"}, 0)
    assert told["earlier"][0]["said"]["title"] == {"en": "Work on the network"}
    page = public.get("/status/").content.decode()
    assert "New switches" in page and "Work on the network" in page and "Shorter than we thought." in page
    assert "Said otherwise: New switches" in public.get("/status/feed.atom").content.decode()
    clock.shift(timedelta(hours=1))
    assert begin_work(Actor.system(operator.tenant), job="network").window == window  # the notice still counts


def test_a_reason_is_corrected_and_the_one_before_stays_public(announced, operator, public, clock, fjordlys):
    window = announced(hours=48, reason="A disk fails.")
    clock.shift(timedelta(hours=47))  # it makes nothing worse
    same = {
        "title_en": "Work on the network", "effect": "seconds", "because": "We looked closer.",
        "ends_at": f"{window.ends_at.astimezone(OSLO):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    address = f"/operator/maintenance/{window.pk}/otherwise"
    names = {name: f"reasons_{name}" for name in ("en", "de", "nb")}
    page = operator.get(address)
    assert page.context["form"].initial["reasons"] == {"en": "A disk fails."} and "A disk fails." in page.text
    untouched = operator.post(address, same | {names["en"]: "A disk fails."})
    assert untouched.status_code == 422 and "Nothing is different." in untouched.text
    better = {names["en"]: "A switch fails.", names["de"]: "Ein Netzknoten versagt."}
    assert operator.post(address, same | better).status_code == 302
    told = public.get("/trust/maintenance.json").json()["windows"][0]
    assert (told["reason"], told["sequence"]) == ("A switch fails.", 0)
    assert told["reasons"] == {"en": "A switch fails.", "de": "Ein Netzknoten versagt."}
    assert told["earlier"][0]["said"]["reasons"] == {"en": "A disk fails."}
    status = public.get("/status/?lang=de").text
    assert "Ein Netzknoten versagt." in status
    assert re.search(r"Grund: Ein Netzknoten versagt\. \(vorher: <span lang=\"en\">A disk fails\.", status)
    assert "Reason: A switch fails. (before: A disk fails.)" in operator.get(f"/operator/maintenance/{window.pk}/").text


def test_two_changes_at_the_very_same_moment_are_told_apart(window, operator):
    form = {
        "title_en": "New switches", "effect": "seconds", "minutes": "1", "because": "Clearer.",
        "ends_at": f"{window.ends_at.astimezone(OSLO):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    address = f"/operator/maintenance/{window.pk}/otherwise"
    assert operator.post(address, form).status_code == 302
    second = operator.post(address, form | {"title_en": "Newer switches"})
    assert second.status_code == 422 and "changed at this very moment" in second.content.decode()
    window.refresh_from_db()
    assert window.title == {"en": "New switches"}


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize("worse", ["effect", "ends_at", "most_seconds"])
def test_worse_is_an_announcement_of_its_own(window, operator, anna, clock, worse):
    values = {"effect": "offline", "ends_at": window.ends_at + timedelta(minutes=1), "most_seconds": 60}
    change = revised(window, **{worse: values[worse]})
    anna.get("/notices/")
    clock.shift(timedelta(hours=1))
    changed = revise_maintenance(operator.actor, window=window, revised=change, because="It is more work.")
    assert changed.sequence == 1
    anna.get("/notices/")
    with in_tenant(anna.tenant):
        assert NoticeReceipt.objects.filter(window=window).count() == 2  # everybody is shown it anew
    clock.shift(timedelta(hours=23, seconds=1))
    again = revised(changed, effect="offline", ends_at=changed.ends_at + timedelta(hours=1))
    with pytest.raises(Refused, match="worse for customers"):
        revise_maintenance(operator.actor, window=changed, revised=again, because="Still more.")


def test_one_person_does_not_make_an_emergency_worse(announced, operator):
    window = announced(hours=5, kind="emergency", reason="A hole.")
    longer = revised(window, effect="offline", ends_at=window.ends_at + timedelta(days=20))
    with pytest.raises(Refused, match="One person does not make an emergency worse"):
        revise_maintenance(operator.actor, window=window, revised=longer, because="It is more work.")
    with pytest.raises(Refused, match="An emergency needs its reason"):
        revise_maintenance(operator.actor, window=window, revised=revised(window, reasons={}), because="Shorter.")
    shorter = revised(window, ends_at=window.ends_at - timedelta(minutes=5))
    assert revise_maintenance(operator.actor, window=window, revised=shorter, because="Less.").sequence == 0


def test_more_parts_are_worse_and_fewer_are_not(announced, operator, plan, clock):
    window = announced(hours=48, components=["crm"])
    clock.shift(timedelta(hours=30))
    with pytest.raises(Refused, match="worse for customers"):
        revise_maintenance(operator.actor, window=window, revised=revised(window, components=[]), because="All of it.")
    with pytest.raises(Refused, match="Nothing is different"):
        revise_maintenance(operator.actor, window=window, revised=revised(window), because="Nothing.")
