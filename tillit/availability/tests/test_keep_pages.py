"""Every incident and every announced window has a page of its own, for good, for everybody."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils.timezone import now

from tillit.availability.actions.incidents import Said, open_incident, resolve_incident, update_incident
from tillit.availability.actions.windows import Revised, cancel_maintenance, move_maintenance, revise_maintenance
from tillit.availability.models import Component, Incident
from tillit.availability.words import forget_regions
from tillit.foundation.testing import public_of


def text(response):
    apart = response.content.decode().replace("</dt>", "</dt> ")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", apart))


@pytest.fixture
def trouble(plan, operator):
    said = Said({"en": "We look into it."}, state="partial_outage", also=[Component.objects.get(slug="mail")])
    return open_incident(operator.actor, title={"en": "Mail waits", "de": "Post wartet"}, impact="major", said=said)


def test_an_incident_tells_who_noticed_it_when_and_every_word(trouble, operator, public, clock):
    address = f"/status/incidents/{trouble.pk}/"
    page = text(public.get(address))
    assert "Mail waits" in page and "Investigating" in page and "E-mail sending" in page
    assert "Detected by a person, not by our measuring" in page
    clock.shift(timedelta(minutes=20))
    Incident.objects.filter(pk=trouble.pk).update(source="probe", detected_at=now() - timedelta(minutes=22))
    update_incident(operator.actor, incident=trouble, said=Said({"en": "A relay is away."}, status="identified"))
    page = text(public.get(address))
    assert "Detected Mon, 23 Nov 2026, 08:58 CET by our measuring" in page
    assert "First word of a person Mon, 23 Nov 2026, 09:00 CET" in page
    assert page.index("A relay is away.") < page.index("We look into it.")
    resolve_incident(operator.actor, incident=trouble, body={"en": "Mail leaves again."})
    assert "Resolved Mon, 23 Nov 2026, 09:20 CET" in text(public.get(address))
    assert operator.user.name not in text(public.get(address))

    listed = public.get("/status/").content.decode()
    assert f'href="{address}"' in listed and "Mail leaves again." in listed
    clock.shift(timedelta(days=400))  # long after the status page has let go of it
    assert f'href="{address}"' not in public.get("/status/").content.decode()
    assert "Mail leaves again." in text(public.get(address))


def test_a_window_tells_what_was_announced_before_and_why_it_moved(plan, announced, operator, public, clock):
    window = announced(72, reason="A new cable is laid.")
    address = f"/status/maintenance/{window.pk}/"
    assert f'href="{address}"' in public.get("/status/").content.decode()
    page = text(public.get(address))
    assert "Thu, 26 Nov 2026, 09:00–11:00 CET announced" in page
    assert "A new cable is laid." in page and "Everybody" in page
    assert "What was announced before" not in page
    times = (window.starts_at + timedelta(days=1), window.ends_at + timedelta(days=1))
    move_maintenance(operator.actor, window=window, starts_at=times[0], ends_at=times[1], because="The cable is late.")
    page = text(public.get(address))
    assert "Fri, 27 Nov 2026, 09:00–11:00 CET announced" in page
    assert "What was announced before" in page
    assert "Thu, 26 Nov 2026, 09:00–11:00 CET" in page
    assert "Moved to Fri, 27 Nov 2026, 09:00–11:00 CET The cable is late." in page
    assert "Moved from Thu, 26 Nov 2026, 09:00–11:00 CET: The cable is late." in public.get("/status/").text
    cancel_maintenance(operator.actor, window=window, because="There is no cable.")
    assert "There is no cable." in text(public.get(address))


def test_the_parts_it_names_are_told_wherever_it_is_and_so_is_a_change_of_them(plan, announced, operator, public, anna):
    window = announced(200, title="New disks", components=["mail", "crm"], effect="offline", most_seconds=600)
    address = f"/status/maintenance/{window.pk}/"
    assert "Parts of the service CRM, E-mail sending" in text(public.get(address))
    for page in (public.get("/status/"), public_of(anna.tenant).get("/sign-in/"), anna.get("/panels/my-windows")):
        assert "Not available: up to 10 minutes · Parts of the service: CRM, E-mail sending" in text(page)
    assert "(Not available: up to 10 minutes · CRM, E-mail sending)" in text(anna.get("/notices/"))
    assert "10 minutes · CRM, E-mail sending · announced" in text(operator.get("/operator/maintenance/?view=list"))
    assert "New disks CRM, E-mail sending" in text(public.get("/status/maintenance/"))
    said = {name: getattr(window, name) for name in Revised.__dataclass_fields__} | {"components": ["crm"]}
    revise_maintenance(operator.actor, window=window, revised=Revised(**said), because="Mail goes on.")
    changed = "Parts of the service: CRM (before: CRM, E-mail sending)"
    for page in (public.get(address), operator.get(f"/operator/maintenance/{window.pk}/")):
        told = text(page)
        assert "announced Mon, 23 Nov 2026, 09:00 CET, replaced Mon, 23 Nov 2026, 09:00 CET" in told
        assert f"{changed} Mail goes on." in told and "Moved" not in told
    assert f"Changed on Mon, 23 Nov 2026: {changed} – Mail goes on." in text(public.get("/status/"))
    assert "Changed on Mon, 23 Nov 2026: Mail goes on." in text(public_of(anna.tenant).get("/sign-in/"))


def test_the_pages_answer_on_every_host_in_every_language_without_a_cookie(trouble, announced, public, fjordlys, anna):
    pages = (f"/status/incidents/{trouble.pk}/?lang=de", f"/status/maintenance/{announced(48).pk}/?lang=de")
    for address, words in zip(pages, ("Post wartet", "Angekündigt"), strict=True):
        for visitor in (public, public_of(fjordlys), anna):
            answer = visitor.get(address)
            assert words in text(answer)
            assert not answer.cookies and "public" in answer.headers["Cache-Control"]
        assert public.post(address).status_code == 405


def test_a_region_is_told_by_its_name_in_the_readers_language(trouble, announced, public, operator, clock):
    """And by its code, while no register names it."""
    Incident.objects.filter(pk=trouble.pk).update(region="norway")
    window = announced(48, region="norway")
    pages = [(public, "/status/"), (public, f"/status/incidents/{trouble.pk}/"), (operator, "/operator/maintenance/")]
    pages += [(public, f"/status/maintenance/{window.pk}/"), (public, "/status/maintenance.ics?lang=nb")]
    for person, address in pages:
        assert "norway" in text(person.get(address))
    forget_regions()
    clock.shift(timedelta(minutes=1))  # the banner keeps its words for so long
    named = {"slug": "norway", "name": {"en": "Norway", "nb": "Norge"}, "countries": ["NO"], "time_zone": "Europe/Oslo"}
    apps.get_model("trust", "Region").objects.create(**named, position=1, in_force_at=now())
    for person, address in pages:
        page = text(person.get(address, headers={"accept-language": "nb"}))
        assert "norway" not in page and ("Norge" in page or "Norway" in page)
    for address in ("/status/", f"/status/incidents/{trouble.pk}/", "/status/maintenance.ics?lang=nb"):
        assert "Norge" in text(public.get(address, headers={"accept-language": "nb"}))


@pytest.mark.parametrize("address", ["/status/incidents/4711/", "/status/maintenance/4711/"])
def test_what_never_was_is_not_found(operator_tenant, public, address):
    assert public.get(address).status_code == 404


def test_a_page_asks_few_questions_of_the_database(trouble, announced, public, django_assert_max_num_queries):
    window = announced(48)
    public.get("/status/")
    with django_assert_max_num_queries(8):
        public.get(f"/status/incidents/{trouble.pk}/")
    with django_assert_max_num_queries(10):
        public.get(f"/status/maintenance/{window.pk}/")
