"""Programs made for Atlassian Statuspage's public API v2 read ours unchanged."""

from datetime import timedelta

import feedparser
import pytest
from django.utils.timezone import now

from tillit.availability.actions.incidents import (
    Said,
    open_incident,
    publish_postmortem,
    resolve_incident,
    update_incident,
)
from tillit.availability.actions.windows import cancel_maintenance, move_maintenance
from tillit.availability.models import Component, Incident
from tillit.foundation.models import Tenant
from tillit.foundation.testing import public_of

API = "/status/api/v2/"
COMPONENT = {
    "id",
    "name",
    "status",
    "created_at",
    "updated_at",
    "position",
    "description",
    "showcase",
    "start_date",
    "group_id",
    "page_id",
    "group",
    "only_show_if_degraded",
    "tillit_state",
}
INCIDENT = {
    "id",
    "name",
    "status",
    "created_at",
    "updated_at",
    "monitoring_at",
    "resolved_at",
    "impact",
    "shortlink",
    "started_at",
    "page_id",
    "incident_updates",
    "components",
    "reminder_intervals",
}
LOOKED_BACK = {"postmortem_body", "postmortem_body_last_updated_at", "postmortem_published_at"}
UPDATE = {
    "id",
    "status",
    "body",
    "incident_id",
    "created_at",
    "updated_at",
    "display_at",
    "affected_components",
    "deliver_notifications",
    "custom_tweet",
    "tweet_id",
}
MAINTENANCE = INCIDENT | {"scheduled_for", "scheduled_until"}
DOCUMENTS = {
    "summary": ["page", "components", "incidents", "scheduled_maintenances", "status"],
    "status": ["page", "status"],
    "components": ["page", "components"],
    "incidents": ["page", "incidents"],
    "incidents/unresolved": ["page", "incidents"],
    "scheduled-maintenances": ["page", "scheduled_maintenances"],
    "scheduled-maintenances/upcoming": ["page", "scheduled_maintenances"],
    "scheduled-maintenances/active": ["page", "scheduled_maintenances"],
}


@pytest.fixture
def trouble(plan, operator):
    """An open incident that has been said two things about."""
    mail = Component.objects.get(slug="mail")
    said = Said({"en": "Messages wait."}, state="partial_outage", also=[mail])
    incident = open_incident(operator.actor, title={"en": "Mail is late"}, impact="major", said=said)
    said = Said({"en": "A relay is down."}, status="identified")
    update_incident(operator.actor, incident=incident, said=said)
    return incident


def read(person, name, **options):
    return person.get(f"{API}{name}.json", **options).json()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_has_its_parts_and_may_be_read_from_any_page(trouble, public, operator_tenant, name):
    response = public.get(f"{API}{name}.json")
    told = response.json()
    assert list(told) == DOCUMENTS[name]
    assert told["page"] == {
        "id": f"p{operator_tenant.pk}",
        "name": "Tillit Drift (invented)",
        "url": "http://tillit.test/status/",
        "time_zone": "Europe/Oslo",
        "updated_at": "2026-11-23T08:00:00.000Z",
    }
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=30"


def test_who_has_it_already_is_told_only_that(trouble, public, operator):
    first = public.get(f"{API}summary.json")
    again = public.get(f"{API}summary.json", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    resolve_incident(operator.actor, incident=trouble, body={"en": "Delivered."})
    changed = public.get(f"{API}summary.json", headers={"if-none-match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_components_and_their_states(trouble, public):
    parts = read(public, "components")["components"]
    assert all(set(part) == COMPONENT for part in parts)
    assert [(part["name"], part["status"], part["position"]) for part in parts][:4] == [
        ("CRM", "operational", 1),
        ("Sign-in", "operational", 2),
        ("Programming interface (API)", "operational", 3),
        ("E-mail sending", "partial_outage", 4),
    ]
    assert all(isinstance(part["id"], str) for part in parts)
    assert parts[0]["start_date"] == "2026-11-23"


def test_an_incident_from_beginning_to_end(trouble, public, operator, clock):
    (told,) = read(public, "incidents/unresolved")["incidents"]
    assert set(told) == INCIDENT | LOOKED_BACK
    assert told["shortlink"] == f"http://tillit.test/status/incidents/{trouble.pk}/"
    assert (told["id"], told["name"], told["status"], told["impact"]) == (
        f"i{trouble.pk}",
        "Mail is late",
        "identified",
        "major",
    )
    assert told["resolved_at"] is None
    assert [part["name"] for part in told["components"]] == ["E-mail sending"]
    newest, oldest = told["incident_updates"]
    assert set(newest) == UPDATE
    assert (newest["body"], oldest["body"]) == ("A relay is down.", "Messages wait.")
    assert oldest["affected_components"] == [
        {
            "code": told["components"][0]["id"],
            "name": "E-mail sending",
            "old_status": "operational",
            "new_status": "partial_outage",
        }
    ]
    clock.shift(timedelta(hours=1))
    said = Said({"en": "Watching."}, status="monitoring")
    update_incident(operator.actor, incident=trouble, said=said)
    resolve_incident(operator.actor, incident=trouble, body={"en": "Delivered."})
    assert read(public, "incidents/unresolved")["incidents"] == []
    (ended,) = read(public, "incidents")["incidents"]
    assert (ended["status"], ended["monitoring_at"], ended["resolved_at"]) == (
        "resolved",
        "2026-11-23T09:00:00.000Z",
        "2026-11-23T09:00:00.000Z",
    )
    assert read(public, "components")["components"][3]["status"] == "operational"


@pytest.mark.parametrize(
    ("state", "impact", "indicator", "description"),
    [
        ("operational", "none", "none", "All Systems Operational"),
        ("degraded_performance", "none", "minor", "Partially Degraded Service"),
        ("operational", "minor", "minor", "Partially Degraded Service"),
        ("partial_outage", "minor", "major", "Partial System Outage"),
        ("major_outage", "minor", "critical", "Major System Outage"),
        ("degraded_performance", "critical", "critical", "Major System Outage"),
    ],
)
def test_the_indicator_is_the_worst_that_is_said(plan, public, operator, state, impact, indicator, description):
    said = Said({"en": "x"}, state=state, also=[Component.objects.get(slug="crm")])
    open_incident(operator.actor, title={"en": "x"}, impact=impact, said=said)
    expected = {"indicator": indicator, "description": description}
    assert read(public, "status")["status"] == expected
    assert read(public, "status", headers={"accept-language": "de"})["status"] == expected


def maintenances(public, which=""):
    found = read(public, f"scheduled-maintenances{which}")["scheduled_maintenances"]
    return {one["name"]: one for one in found}


def test_a_window_from_announcement_to_completion(announced, public, clock):
    window = announced(48, most_seconds=60)
    told = maintenances(public, "/upcoming")["Work on the network"]
    assert set(told) == MAINTENANCE
    assert (told["id"], told["status"], told["impact"]) == (f"m{window.pk}", "scheduled", "maintenance")
    assert (told["scheduled_for"], told["scheduled_until"]) == ("2026-11-25T08:00:00.000Z", "2026-11-25T10:00:00.000Z")
    assert [set(update) for update in told["incident_updates"]] == [UPDATE]
    assert told["incident_updates"][0]["body"] == "up to 1 minute"
    assert maintenances(public, "/active") == {}
    clock.move_to(window.starts_at, tick=False)
    assert maintenances(public, "/upcoming") == {}
    assert maintenances(public, "/active")["Work on the network"]["status"] == "in_progress"
    assert read(public, "status")["status"]["indicator"] == "maintenance"
    clock.move_to(window.ends_at, tick=False)
    assert maintenances(public, "/active") == {}
    done = maintenances(public)["Work on the network"]
    assert (done["status"], done["resolved_at"]) == ("completed", "2026-11-25T10:00:00.000Z")
    assert [update["status"] for update in done["incident_updates"]] == ["completed", "in_progress", "scheduled"]


def test_a_cancelled_window_is_completed_and_says_why_and_so_is_what_was_changed(announced, public, operator, clock):
    window = announced(48, most_seconds=60)
    (first,) = maintenances(public)["Work on the network"]["incident_updates"]
    clock.shift(timedelta(minutes=1))
    later = {"starts_at": window.starts_at + timedelta(days=1), "ends_at": window.ends_at + timedelta(days=1)}
    move_maintenance(operator.actor, window=window, because="Snow.", **later)
    told = maintenances(public)["Work on the network"]
    assert (told["incident_updates"][1], told["created_at"]) == (first, first["created_at"])
    assert told["incident_updates"][0]["body"].startswith("From Wed, 25 Nov 2026, 09:00–11:00 CET to Thu, 26 Nov 2026")
    assert (told["incident_updates"][0]["status"], told["updated_at"]) == ("scheduled", "2026-11-23T08:01:00.000Z")
    cancel_maintenance(operator.actor, window=window, because="No spare part.")
    told = maintenances(public)["Work on the network"]
    assert (told["status"], told["incident_updates"][0]["body"]) == ("completed", "Cancelled. No spare part.")
    assert maintenances(public, "/upcoming") == {}


def test_the_summary_holds_what_is_open_and_to_come_and_nothing_else(trouble, public, operator):
    told = read(public, "summary")
    assert [incident["name"] for incident in told["incidents"]] == ["Mail is late"]
    assert [one["name"] for one in told["scheduled_maintenances"]] == [
        "Application maintenance",
        "Application maintenance",
        "System maintenance",
    ]
    assert told["status"]["indicator"] == "major"
    assert all(set(one) == MAINTENANCE for one in told["scheduled_maintenances"])


def test_names_are_told_in_the_language_asked_for(trouble, public):
    assert read(public, "components", headers={"accept-language": "de"})["components"][1]["name"] == "Anmeldung"
    assert public.get(f"{API}components.json?lang=nb").json()["components"][1]["name"] == "Innlogging"


def test_fifty_incidents_are_told_with_few_questions(plan, public, operator, django_assert_max_num_queries):
    for number in range(20):
        said = Said({"en": "x"}, also=[Component.objects.get(slug="crm")])
        found = open_incident(operator.actor, title={"en": f"{number}"}, impact="none", said=said)
        resolve_incident(operator.actor, incident=found, body={"en": f"{now()}"})
    public.get(f"{API}incidents.json")
    with django_assert_max_num_queries(15):
        assert len(read(public, "incidents")["incidents"]) == 20


def test_who_knows_a_host_only_finds_the_same_there(trouble, public, fjordlys):
    for name in DOCUMENTS:
        assert public.get(f"/api/v2/{name}.json").content == public.get(f"{API}{name}.json").content
    assert public_of(fjordlys).get("/api/v2/summary.json").status_code == 200


def test_a_host_of_a_customer_tells_what_concerns_the_customer(trouble, announced, public, fjordlys, alpenrose):
    Incident.objects.filter(pk=trouble.pk).update(region="norway")
    Component.objects.update(state="operational")
    announced(48, title="Power in Oslo", region="norway")
    Tenant.objects.filter(pk=fjordlys.pk).update(region="norway")
    there, elsewhere = public_of(Tenant.objects.get(pk=fjordlys.pk)), public_of(alpenrose)
    one = f"incidents/i{trouble.pk}"
    for name in (*DOCUMENTS, one):
        for root in ("/api/v2/", API):
            said = elsewhere.get(f"{root}{name}.json").content.decode()
            assert "Mail is late" not in said and "Power in Oslo" not in said, name
    for name in ("summary", "incidents", "incidents/unresolved", one):
        assert "Mail is late" in there.get(f"{API}{name}.json").content.decode()
        assert "Mail is late" in public.get(f"{API}{name}.json").content.decode()
    told = [read(person, "status")["status"]["indicator"] for person in (there, public, elsewhere)]
    assert told == ["major", "major", "none"]
    assert elsewhere.get(f"{API}{one}.json").status_code == 404
    page = f"/status/incidents/{trouble.pk}/"
    assert "Does not concern Alpenrose" in elsewhere.get(page).content.decode()
    assert "Does not concern" not in there.get(page).content.decode() + public.get(page).content.decode()


def test_one_part_and_one_incident_are_told_alone(trouble, public):
    part = read(public, "components")["components"][3]
    assert read(public, f"components/{part['id']}")["component"] == part
    incident = read(public, "incidents")["incidents"][0]
    assert read(public, f"incidents/{incident['id']}")["incident"] == incident
    for unknown in ("components/c0", "incidents/i0"):
        answer = public.get(f"{API}{unknown}.json")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_what_nobody_knows_is_never_green(plan, prove, public):
    prove("crm", until=now() - timedelta(minutes=1))
    told = read(public, "summary")
    assert (told["components"][0]["status"], told["components"][0]["tillit_state"]) == (
        "degraded_performance",
        "unknown",
    )
    assert told["status"] == {"indicator": "minor", "description": "Not Measured"}


def test_a_look_back_is_read_with_its_incident(trouble, public, operator, clock):
    resolve_incident(operator.actor, incident=trouble, body={"en": "Delivered."})
    clock.shift(timedelta(days=1))
    publish_postmortem(operator.actor, incident=trouble, body={"en": "A certificate had run out."})
    (told,) = read(public, "incidents")["incidents"]
    assert (told["status"], told["postmortem_body"]) == ("postmortem", "A certificate had run out.")
    assert told["postmortem_published_at"] == "2026-11-24T08:00:00.000Z"


def test_a_window_of_one_part_names_it(plan, public, announced):
    announced(100, title="Work on the mail relay", components=["mail"])
    told = maintenances(public)["Work on the mail relay"]
    assert [part["name"] for part in told["components"]] == ["E-mail sending"]
    assert len(maintenances(public)["System maintenance"]["components"]) == Component.objects.in_service().count()


def test_history_is_read_as_rss_and_atom_where_statuspage_has_it(trouble, public):
    for kind in ("rss", "atom"):
        feed = feedparser.parse(public.get(f"/status/history.{kind}").content)
        assert not feed.bozo
        assert "Cause found: Mail is late" in [entry.title for entry in feed.entries]
