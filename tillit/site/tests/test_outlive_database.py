"""With the database stopped, people still read in the sign-in view what is announced to them, and programs do, too."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils.timezone import now

from tillit.availability import effects, lastcopy
from tillit.availability.models import Component, MaintenanceWindow
from tillit.foundation.models import Tenant
from tillit.tenants.middleware import forget_hosts

IN_TWO_DAYS = timedelta(days=2)


@pytest.fixture(scope="module")
def copy(django_db_setup, django_db_blocker):
    """What the worker wrote while there was a database: a window of wave a and one under way in Norway.

    Nothing is committed, so that the other tests find the database as it was.
    """
    with django_db_blocker.unblock():
        connection.ensure_connection()
        connection.set_autocommit(False)
        for slug, wave, region in (("fjordlys", "a", "eu"), ("alpenrose", "b", "eu"), ("nordlys", "b", "norway")):
            Tenant.objects.create(slug=slug, name=f"{slug} (invented)", wave=wave, region=region, language="de")
        at = now()
        times = {"announced_at": at - IN_TWO_DAYS, "title": {"en": "A larger disk", "de": "Eine grössere Platte"}}
        soon = {"starts_at": at + IN_TWO_DAYS, "ends_at": at + IN_TWO_DAYS + timedelta(hours=2), "wave": "a"}
        running = {"starts_at": at - timedelta(hours=1), "ends_at": at + timedelta(hours=1), "region": "norway"}
        Component.objects.create(slug="crm", name={"de": "Kundenakte", "en": "Customer file"}, position=1)
        MaintenanceWindow.objects.create(effect="offline", components=["crm"], **times, **soon)
        MaintenanceWindow.objects.create(effect="offline", **times, **running)
        lastcopy.write()
        connection.rollback()
        connection.set_autocommit(True)


@pytest.fixture(scope="module")
def stopped(copy, cluster):
    """Nothing answers where the database was; afterwards it runs again."""
    connections.close_all()
    cluster.stop()
    yield
    cluster.start()


@pytest.fixture
def ask(stopped, django_db_blocker):
    forget_hosts()
    effects.forget()

    def get(slug, path="/sign-in/", language="de"):
        host = f"{slug}.tillit.test" if slug else "tillit.test"
        with django_db_blocker.unblock():
            return Client(raise_request_exception=False, headers={"host": host, "accept-language": language}).get(path)

    return get


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_the_sign_in_view_tells_the_notices_that_concern_its_tenant(ask):
    told = {slug: ask(slug) for slug in ("fjordlys", "alpenrose", "nordlys", "nobody", "")}
    assert {answer.status_code for answer in told.values()} == {503}
    pages = {slug: answer.content.decode() for slug, answer in told.items()}
    shown = {slug: len(re.findall("Platte|disk", page)) for slug, page in pages.items()}
    assert shown == {"fjordlys": 1, "alpenrose": 0, "nordlys": 1, "nobody": 0, "": 2}
    named = [slug for slug, page in pages.items() if "Teile des Dienstes: Kundenakte" in page]
    assert named == ["fjordlys", ""]
    assert told["fjordlys"]["Retry-After"] == "5"
    assert not told["fjordlys"].cookies


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Our database does not answer just now."),
        ("de", "Unsere Datenbank antwortet gerade nicht."),
        ("nb", "Databasen vår svarer ikke akkurat nå."),
    ],
)
def test_every_page_says_so_in_the_readers_language(ask, language, said):
    answer = ask("fjordlys", "/companies/", language)
    assert said in answer.content.decode() and answer["Content-Language"] == language
    assert 'href="/status/"' in answer.content.decode()


def test_an_offline_window_is_the_reason_where_there_is_one(ask):
    answer = ask("nordlys", "/companies/", "en")
    assert "the service is not available until" in answer.content.decode()
    assert 3500 < int(answer["Retry-After"]) <= 3600


def test_programs_are_told_when_to_come_back_and_what_is_announced(ask):
    first, rest = ask("fjordlys", "/api/v1/companies"), ask("alpenrose", "/api/v1/companies")
    assert (first.status_code, first["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(first.content)["type"].endswith("#busy")
    assert ";effect=offline;" in first["Tillit-Maintenance"] and "Tillit-Maintenance" not in rest


def test_without_a_copy_the_page_says_what_it_knows(ask):
    lastcopy.place().unlink()
    assert "Our database does not answer just now." in ask("fjordlys", "/sign-in/", "en").content.decode()
    assert ask("fjordlys", "/healthz").status_code == 200 and ask("fjordlys", "/readyz").status_code == 503
