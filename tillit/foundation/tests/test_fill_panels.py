"""A fragment of an upper room that breaks leaves the page whole."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from tillit.foundation import panels


def fine(request):
    return HttpResponse("<p>fine</p>")


def breaks_in_the_database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def has_nothing(request):
    return HttpResponse(status=204)


urlpatterns = [
    path("fine/", fine, name="fine"),
    path("broken/", breaks_in_the_database, name="broken"),
    path("nothing/", has_nothing, name="nothing"),
]


@pytest.fixture
def lent(monkeypatch):
    monkeypatch.setattr(panels, "panels_of", lambda place: ["fine", "broken", "nothing", "fine"])


@override_settings(ROOT_URLCONF=__name__)
def test_a_broken_panel_breaks_only_itself(db, lent, caplog):
    html = panels.render_panels(RequestFactory().get("/"), "somewhere")
    assert html == "<p>fine</p><p>fine</p>"
    assert "Panel broken failed" in caplog.text


@override_settings(ROOT_URLCONF=__name__)
def test_the_transaction_survives_a_broken_panel(db, lent):
    panels.render_panels(RequestFactory().get("/"), "somewhere")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
