"""The demo's half year is told by the room's own actions and looks the same every time."""

from datetime import timedelta

from django.utils.timezone import now

from tillit.availability import demo, queries
from tillit.availability.advisories.demo import emergency
from tillit.availability.models import Component, Incident, MaintenanceWindow


def test_half_a_year_is_told_and_the_present_is_calm(plan, operator, second, public):
    demo.tell_half_a_year(operator.actor, now(), emergency(operator.actor, now()))
    assert Incident.objects.count() == 4
    assert not Incident.objects.unresolved()
    assert set(Component.objects.values_list("state", flat=True)) == {"operational"}
    windows = MaintenanceWindow.objects.all()
    assert windows.filter(kind="emergency").count() == 1
    assert windows.filter(rule__key="infrastructure").count() == 2
    assert [window.rule.key for window in windows.exclude(cancelled_at=None)] == ["system"]
    planned = windows.filter(kind="planned")
    assert planned.count() >= 40
    assert min(window.starts_at - window.announced_at for window in planned) >= timedelta(hours=24)
    assert queries.current_status().indicator == "none"
    page = public.get("/status/?lang=de").content.decode()
    assert "E-Mails bleiben liegen" in page and "abgesagt" in page
    window = windows.get(kind="emergency")
    assert public.get(f"/status/advisories/{window.advisory}/").status_code == 200
    assert window.announced_by != window.confirmed_by
