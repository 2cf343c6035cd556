"""While the database is away, pages and programs are told to come back; nobody is told of a fault."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from tillit.tenants import middleware


@pytest.fixture
def asked(db, monkeypatch):
    """The answer to a request whose look-up of the tenant fails."""

    def ask(path, error):
        def fail(_host):
            raise error

        monkeypatch.setattr(middleware, "tenant_of_host", fail)
        return Client(raise_request_exception=False).get(path)

    return ask


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.parametrize("path", ["/sign-in/", "/api/v1/companies"])
def test_an_outage_of_the_database_is_a_pause(asked, path, error):
    answer = asked(path, error)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Content-Type"] == ("application/problem+json" if "api" in path else "text/html; charset=utf-8")


def test_any_other_error_is_a_fault(asked):
    assert asked("/sign-in/", ZeroDivisionError()).status_code == 500
