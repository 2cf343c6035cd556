"""A request belongs to the tenant of its host; a host that is nobody's is told so."""

import pytest
from django.test import Client

from tillit.foundation.models import Tenant
from tillit.tenants.middleware import forget_hosts


@pytest.mark.parametrize(
    "host", ["stranger.tillit.test", "tillit.example", "a.fjordlys.tillit.test", "www.x.test", "[::1]"]
)
@pytest.mark.parametrize("path", ["/", "/sign-in/", "/trust/", "/api/v1/companies"])
def test_an_unknown_host_is_misdirected(fjordlys, host, path):
    answer = Client(HTTP_HOST=host).get(path)
    assert answer.status_code == 421
    assert "Fjordlys" not in answer.text
    assert not answer.cookies


@pytest.mark.parametrize("host", ["b\x00d", "a b.tillit.test", "/etc", "fjordlys.tillit.test:port", ""])
def test_a_malformed_host_is_misdirected(fjordlys, host):
    assert Client(HTTP_HOST=host).get("/sign-in/").status_code == 421


@pytest.mark.parametrize(
    "host", ["fjordlys.tillit.test", "FJORDLYS.Tillit.Test", "fjordlys.tillit.test:8443", "fjordlys.tillit.test."]
)
def test_case_port_and_final_dot_make_no_difference(fjordlys, host):
    answer = Client(HTTP_HOST=host).get("/sign-in/")
    assert answer.status_code == 200
    assert "Fjordlys" in answer.text


def test_www_leads_to_the_host_itself(fjordlys):
    for host, there in (
        ("www.tillit.test:8443", "tillit.test:8443"),
        ("WWW.fjordlys.tillit.test", "fjordlys.tillit.test"),
    ):
        answer = Client(HTTP_HOST=host).get("/sign-in/?lang=de")
        assert answer.status_code == 308
        assert answer.url == f"http://{there}/sign-in/?lang=de"


def test_a_deleted_tenant_has_no_host(fjordlys):
    Tenant.objects.filter(pk=fjordlys.pk).update(state=Tenant.State.DELETED)
    forget_hosts()
    assert Client(HTTP_HOST="fjordlys.tillit.test").get("/sign-in/").status_code == 421


def test_the_operators_slug_is_no_host_of_its_own(operator_tenant):
    assert Client(HTTP_HOST="operator.tillit.test").get("/sign-in/").status_code == 421


def test_whether_the_process_lives_is_answered_on_any_host(db):
    assert Client(HTTP_HOST="127.0.0.1:8000").get("/healthz").status_code == 200
