"""The register's plan goes in and comes out unchanged; one that cannot be kept is refused whole."""

from datetime import date, time

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import translation

from tillit.availability import queries
from tillit.availability.actions.plan import apply_components, apply_rules
from tillit.availability.models import Component, MaintenanceRule
from tillit.foundation.errors import Refused


def test_the_plan_comes_out_of_the_database_as_it_went_in(plan, register):
    assert queries.export_rules() == register["maintenance_rules"]
    assert queries.export_components() == register["components"]


def test_applying_it_twice_changes_nothing(plan, register, operator):
    before = list(MaintenanceRule.objects.order_by("pk").values())
    apply_rules(operator.actor, rules=register["maintenance_rules"])
    assert list(MaintenanceRule.objects.order_by("pk").values()) == before


def test_a_customer_cannot_apply_a_plan(anna, register):
    with pytest.raises(PermissionDenied):
        apply_rules(anna.actor, rules=register["maintenance_rules"])
    with pytest.raises(PermissionDenied):
        apply_components(anna.actor, components=register["components"])


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ({"zone": "Europe/Atlantis"}, "Europe/Atlantis"),
        ({"end": time(0)}, "not after its start"),
        ({"anchor": date(2026, 1, 3)}, "no day of the rule"),
        ({"rrule": "FREQ=SOMETIMES"}, "cannot be read"),
        ({"rrule": "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2"}, "never fires"),
        ({"exceptions": [date(2026, 1, 3)]}, "does not fire on these exceptions: 2026-01-03"),
        ({"exceptions": ["2026-01-02"]}, "wrong form"),
        ({"components": ["coffee"]}, "coffee. is no part"),
        ({"region": "moon"}, "moon. is no region"),
        ({"job": "dance"}, "dance. is no work"),
        ({"kind": "surprise"}, "kind"),
        ({"name": {}}, "name"),
        ({"name": "Systemwartung"}, "texts by language"),
        ({"interruption_seconds": [3, 1]}, "least and the most"),
        ({"interruption_seconds": [1, 61]}, "60 at most"),
        ({"interruption_seconds": [1, 7 * 3600], "effect": "offline"}, "longer than the window itself"),
        ({"waves": [{"wave": "a", "percent": 10}]}, "add up to 100"),
        ({"waves": [{"wave": "q", "percent": 100}]}, "a to f"),
        ({"waves": [{"percent": 100}]}, "its name and its percent"),
        ({"effect": "magic"}, "effect"),
        ({"frequency": "often"}, "frequency"),
        ({"start": 22}, "start"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_and_nothing_changes(plan, register, operator, slip, told):
    rules = register["maintenance_rules"]
    before = list(MaintenanceRule.objects.order_by("pk").values())
    changed = [rules[1] | {"note": {"en": "new"}}, rules[0] | slip]
    with pytest.raises(Refused, match=told) as refusal:
        apply_rules(operator.actor, rules=changed)
    assert refusal.value.field == "maintenance_rules[system]"
    assert list(MaintenanceRule.objects.order_by("pk").values()) == before


def test_a_rule_says_its_exceptions_parts_region_and_work(plan, register, operator, public, fjordlys):
    """They come out as they went in, and its windows carry them."""
    more = {"exceptions": [date(2026, 12, 4)], "components": ["crm"], "region": "eu", "job": "system"}
    rules = [register["maintenance_rules"][0] | more]
    apply_rules(operator.actor, rules=rules)
    assert queries.export_rules() == rules
    told = public.get("/trust/maintenance.json").json()
    assert told["rules"][0]["exceptions"] == ["2026-12-04"]
    found = [window for window in told["windows"] if window["rule"] == "system"]
    assert {(one["region"], one["job"], *one["components"]) for one in found} == {("eu", "system", "crm")}
    assert not any(one["starts_at"].startswith("2026-12-03") for one in found)  # Friday, 00:00 in Oslo
    assert "X-TILLIT-COMPONENTS:crm" in public.get("/status/maintenance.ics").content.decode()


@pytest.mark.parametrize(("language", "told"), [("de", "keine Zeitzone"), ("nb", "ikke en tidssone")])
def test_a_rule_is_refused_in_the_readers_language(plan, register, operator, language, told):
    with translation.override(language), pytest.raises(Refused, match=told):
        apply_rules(operator.actor, rules=[register["maintenance_rules"][0] | {"zone": "Europe/Atlantis"}])


def test_a_key_may_stand_only_once(register, operator):
    with pytest.raises(Refused, match="stands twice"):
        apply_rules(operator.actor, rules=[register["maintenance_rules"][0]] * 2)


def test_parts_of_the_service_keep_their_state_and_leave_with_the_register(plan, register, operator):
    Component.objects.filter(slug="crm").update(state="degraded_performance")
    apply_components(operator.actor, components=register["components"][:2])
    assert [one.slug for one in Component.objects.in_service()] == ["crm", "sign-in"]
    assert Component.objects.get(slug="crm").state == "degraded_performance"
    apply_components(operator.actor, components=register["components"])
    assert Component.objects.in_service().count() == len(register["components"])
