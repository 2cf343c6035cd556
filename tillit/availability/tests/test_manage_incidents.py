"""What is wrong is said by the operator, on the status page and in the sign-in view, until it is over."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.timezone import now

from tillit.availability.actions.incidents import ONE_REPORTER, Said, open_incident
from tillit.availability.models import Component, Incident
from tillit.availability.once import Sent
from tillit.foundation.access import Actor
from tillit.foundation.testing import happened, public_of

DESK = "/operator/incidents/"


@pytest.fixture
def typed(plan):
    """What the operator types to open an incident that touches the CRM."""

    def type_in(**more):
        crm = Component.objects.get(slug="crm")
        return {
            "title_en": "Lists are slow",
            "title_de": "Listen sind langsam",
            "impact": "minor",
            "also": [crm.pk],
            "state": "degraded_performance",
            "status": "investigating",
            "body_en": "We are looking into it.",
        } | more

    return type_in


@pytest.fixture
def opened(operator, typed):
    operator.post(DESK, typed())
    return Incident.objects.get()


def state_of(slug):
    return Component.objects.get(slug=slug).state


def test_an_incident_is_public_at_once_everywhere(operator, typed, fjordlys):
    visitor = public_of(fjordlys)
    visitor.get("/status/")
    response = operator.post(DESK, typed())
    incident = Incident.objects.get()
    assert response.url == f"{DESK}{incident.pk}/"
    assert happened("availability.incident_opened") and happened("availability.component_state_changed")
    for address in ("/status/", "/sign-in/"):
        page = visitor.get(address).content.decode()
        assert "Parts of the service are slower than usual." in page
        assert "Lists are slow" in page and "We are looking into it." in page
    assert "Listen sind langsam" in visitor.get("/status/?lang=de").content.decode()
    assert state_of("crm") == "degraded_performance"


def test_a_form_sent_twice_says_it_once(operator, typed):
    """Sent with anything else, or about another incident, it is refused: what was changed is not lost in silence."""
    further = {"status": "identified", "body_en": "An index is missing since {since}."}
    for address, said in ((DESK, typed()), (DESK + "{}/", further)):
        address = address.format(Incident.objects.values_list("pk", flat=True).first())
        key = re.search(r'name="key" value="([^"]+)"', operator.get(address).content.decode())[1]
        for _time in range(2):
            assert operator.post(address, said | {"key": key}).status_code == 302
        for changed in ({"body_en": "It is {since}."}, {"title_en": "Mail"}, {"impact": "major"}, {"next_in": "60"}):
            if changed.keys() & {"body_en", "impact", "next_in"} or "title_en" in said:
                other = operator.post(address, said | {"key": key} | changed)
                assert other.status_code == 422 and "This was sent before with other content" in other.content.decode()
    assert (Incident.objects.count(), Incident.objects.get().updates.count()) == (1, 2)
    operator.post(DESK, typed())
    strange = operator.post(f"{DESK}{Incident.objects.latest('pk').pk}/", further | {"key": key})
    assert strange.status_code == 422 and "This was sent before with other content" in strange.content.decode()


def test_a_probe_does_not_wait_for_somebody_at_the_desk(operator, operator_tenant, plan):
    """It may hold a part that the one at the desk waits for; only what a form sends waits for its first sending."""
    colleague = connection.copy()
    said = Said({"en": "We look into it."})
    by_form = replace(said, sent=Sent.by(uuid4(), {}))
    try:
        with colleague.cursor() as cursor, connection.cursor() as mine:
            colleague.set_autocommit(False)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_REPORTER])
            mine.execute("SET LOCAL lock_timeout = '50ms'")
            assert open_incident(Actor.system(operator_tenant), title={"en": "Slow"}, impact="minor", said=said).pk
            with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
                open_incident(operator.actor, title={"en": "Slow"}, impact="minor", said=by_form)
    finally:
        colleague.close()


def test_a_customer_can_neither_see_the_desk_nor_change_anything(anna, operator, opened, typed):
    at = f"{DESK}{opened.pk}/"
    assert anna.get(DESK).status_code == anna.get(at).status_code == 403
    assert anna.post(DESK, typed()).status_code == 403
    assert anna.post(at, {"status": "identified", "body_en": "x"}).status_code == 403
    assert anna.post(f"{at}resolve", {"body_en": "x"}).status_code == 403
    assert anna.post("/operator/components/crm", {"crm-state": "major_outage"}).status_code == 403
    opened.refresh_from_db()
    assert (Incident.objects.count(), opened.status, state_of("crm")) == (1, "investigating", "degraded_performance")


def test_its_life_from_investigating_to_resolved(operator, opened, public, clock):
    at = f"{DESK}{opened.pk}/"
    clock.shift(timedelta(minutes=10))
    operator.post(at, {"status": "identified", "body_en": "An index is missing.", "state": "partial_outage"})
    assert state_of("crm") == "partial_outage"
    clock.shift(timedelta(minutes=10))
    operator.post(at, {"status": "monitoring", "body_en": "The index is there."})
    clock.shift(timedelta(minutes=10))
    operator.post(f"{at}resolve", {"body_en": "All lists are fast again."})
    opened.refresh_from_db()
    assert (opened.status, opened.resolved_at) == ("resolved", now())
    assert opened.monitoring_at == now() - timedelta(minutes=10)
    said = [(update.status, update.body["en"], update.by) for update in opened.updates.all()]
    assert said == [
        ("resolved", "All lists are fast again.", operator.user),
        ("monitoring", "The index is there.", operator.user),
        ("identified", "An index is missing.", operator.user),
        ("investigating", "We are looking into it.", operator.user),
    ]
    assert state_of("crm") == "operational"
    assert happened("availability.incident_updated") and happened("availability.incident_resolved")
    page = public.get("/status/")
    assert not page.context["status"].incidents
    assert [incident.pk for incident in page.context["past_incidents"]] == [opened.pk]


def test_a_part_that_another_incident_touches_does_not_work_again_yet(operator, opened, typed):
    operator.post(DESK, typed(title_en="Search fails", state="major_outage"))
    operator.post(f"{DESK}{opened.pk}/resolve", {"body_en": "Lists are fast."})
    assert state_of("crm") == "major_outage"
    second = Incident.objects.exclude(pk=opened.pk).get()
    operator.post(f"{DESK}{second.pk}/resolve", {"body_en": "Search works."})
    assert state_of("crm") == "operational"


def test_what_is_resolved_stays_resolved(operator, opened):
    at = f"{DESK}{opened.pk}/"
    operator.post(f"{at}resolve", {"body_en": "Over."})
    for address, more in ((at, {"status": "identified"}), (f"{at}resolve", {})):
        assert "already resolved" in operator.post(address, {"body_en": "x"} | more).content.decode()
    assert opened.updates.count() == 2


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ({"title_en": "", "title_de": ""}, "This field is required."),
        ({"body_en": ""}, "This field is required."),
        ({"body_en": "   "}, "This field is required."),
        ({"impact": "terrible"}, "Select a valid choice."),
        ({"status": "resolved"}, "Select a valid choice."),
        ({"state": "on_fire"}, "Select a valid choice."),
        ({"also": [999_999]}, "Select a valid choice."),
        ({"started_at": "2030-01-01T00:00"}, "An incident cannot start in the future."),
        ({"body_en": "x" * 4001}, "at most 4000 characters"),
        ({"body_en": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_a_slip_is_told_and_what_was_typed_stays(operator, typed, slip, told):
    page = operator.post(DESK, typed(**slip)).content.decode()
    assert told in page
    assert "Listen sind langsam" in page or "title_de" in slip
    assert not Incident.objects.exists()


def test_an_incident_may_have_begun_before_it_was_noticed(operator, typed):
    operator.post(DESK, typed(started_at="2026-11-23T07:30"))
    assert Incident.objects.get().started_at == now() - timedelta(minutes=90)


def test_a_part_is_set_by_hand(operator, plan):
    operator.post("/operator/components/sign-in", {"sign-in-state": "major_outage"})
    assert state_of("sign-in") == "major_outage"
    page = operator.post("/operator/components/sign-in", {"sign-in-state": "on_fire"}, follow=True)
    assert "This is no state a part of the service can have." in page.content.decode()
    assert state_of("sign-in") == "major_outage"
    assert operator.post("/operator/components/nothing", {"nothing-state": "operational"}).status_code == 404


def test_the_database_holds_resolved_and_its_moment_together(opened):
    with pytest.raises(IntegrityError, match="incident_resolved_with_time"), transaction.atomic():
        Incident.objects.update(status="resolved")
    with pytest.raises(IntegrityError, match="incident_resolved_with_time"), transaction.atomic():
        Incident.objects.update(resolved_at=now())


def test_the_desk_asks_few_questions_of_the_database(operator, opened, django_assert_max_num_queries):
    operator.get(DESK)
    with django_assert_max_num_queries(24):  # three of them the deadlines', one the unmeasured parts'
        operator.get(DESK)
    with django_assert_max_num_queries(24):
        operator.get(f"{DESK}{opened.pk}/")
    with django_assert_max_num_queries(20):
        operator.get("/operator/maintenance/")
