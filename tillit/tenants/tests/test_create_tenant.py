"""The operator sets customers up and hands them over; it has no way into their data."""

import pytest
from django.core.exceptions import PermissionDenied

from tillit.foundation.models import Event, Membership, OutgoingMail, Role, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import PASSWORD, Person, happened, make_person
from tillit.tenants.actions.customers import change_tenant

NORDWIND = {
    "name": "Nordwind GmbH (invented)",
    "slug": "nordwind",
    "region": "norway",
    "wave": "b",
    "language": "de",
    "time_zone": "Europe/Zurich",
    "administrator_name": "Nele Beispiel",
    "administrator_email": "Nele@nordwind.example",
}


def test_the_operator_sets_up_a_customer_whose_administrator_joins(operator, last_mail, sign_in):
    assert operator.post("/operator/tenants/new/", NORDWIND).url == "/operator/tenants/nordwind/"
    made = Tenant.objects.get(slug="nordwind")
    assert (made.region, made.wave, made.language) == ("norway", "b", "de")
    mail = last_mail("nele@nordwind.example")
    assert mail.host == "nordwind.tillit.test"
    assert "Guten Tag Nele Beispiel" in mail.text
    nele = Person(made)
    assert nele.post(mail.path, {"name": "Nele Beispiel", "password": PASSWORD}).status_code == 302
    assert "Nele Beispiel" in nele.get("/people/").text
    assert happened("tenants.tenant_created")


def test_no_customer_sees_the_operators_pages(anna, ben, public):
    for path in ("/operator/tenants/", "/operator/tenants/new/", "/operator/tenants/fjordlys/", "/operator/mail/"):
        assert anna.get(path).status_code == 403
        assert ben.get(path).status_code == 403
        assert public.get(path).url.startswith("/sign-in/")
    assert anna.post("/operator/tenants/new/", NORDWIND).status_code == 403
    assert not Tenant.objects.filter(slug="nordwind").exists()


def test_a_role_of_the_operators_name_opens_nothing_at_a_customer(fjordlys, alpenrose):
    impostor = make_person(fjordlys, "Ole Falsk", Role.OPERATOR)
    with pytest.raises(PermissionDenied):
        change_tenant(impostor.actor, tenant=alpenrose, changes={"state": "suspended"})


@pytest.mark.parametrize(
    "change",
    [
        {"slug": "fjordlys"},
        {"slug": "www"},
        {"slug": "operator"},
        {"slug": "No Host"},
        {"slug": "a"},
        {"slug": "x" * 41},
        {"slug": "a\x00b"},
        {"name": ""},
        {"region": ""},
        {"wave": "z"},
        {"time_zone": "Mars/Olympus"},
        {"administrator_email": "nobody"},
    ],
)
def test_an_unfit_customer_is_refused_and_nothing_is_half_made(operator, fjordlys, change):
    answer = operator.post("/operator/tenants/new/", NORDWIND | change)
    assert answer.status_code == 422
    assert 'class="error' in answer.text
    assert Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER).count() == 1
    assert not OutgoingMail.objects.exists()


def test_two_tabs_make_one_customer(operator):
    operator.post("/operator/tenants/new/", NORDWIND)
    assert operator.post("/operator/tenants/new/", NORDWIND).status_code == 422
    assert Tenant.objects.filter(slug="nordwind").count() == 1


def test_the_first_administrator_can_be_invited_again_until_somebody_joined(operator, last_mail):
    operator.post("/operator/tenants/new/", NORDWIND)
    first = last_mail("nele@nordwind.example")
    again = {"administrator_name": "Nils Beispiel", "administrator_email": "nils@nordwind.example"}
    assert operator.post("/operator/tenants/nordwind/invite/", again).status_code == 302
    nele = Person(Tenant.objects.get(slug="nordwind"))
    assert nele.get(first.path).status_code == 410
    nele.post(last_mail("nils@nordwind.example").path, {"name": "Nils", "password": PASSWORD})
    answer = operator.post("/operator/tenants/nordwind/invite/", again | {"administrator_email": "me@operator.example"})
    assert answer.status_code == 422
    assert "people of its own" in answer.text


def test_the_operator_cannot_let_himself_into_a_customer(operator, anna):
    form = {"administrator_name": "Olav", "administrator_email": operator.user.email}
    assert operator.post("/operator/tenants/fjordlys/invite/", form).status_code == 422
    assert Person(anna.tenant, operator.user).get("/people/").status_code == 403
    with in_tenant(anna.tenant):
        assert Membership.objects.count() == 1


def test_changes_are_asked_back_and_told_to_the_customer(operator, anna, has_password, browser_at, sign_in):
    form = {"name": anna.tenant.name, "region": "norway", "wave": "a", "state": "suspended"}
    asked = operator.post("/operator/tenants/fjordlys/", form)
    assert "Nobody at Fjordlys" in asked.text
    assert Tenant.objects.get(slug="fjordlys").state == "running"
    assert operator.post("/operator/tenants/fjordlys/", form | {"confirmed": "1"}).status_code == 302
    assert Tenant.objects.get(slug="fjordlys").state == "suspended"
    with in_tenant(anna.tenant):
        event = Event.objects.get(name="tenants.tenant_changed")
        assert event.data["changes"]["state"] == {"before": "running", "after": "suspended"}
    answer = anna.get("/people/")
    assert answer.status_code == 403
    assert "is not open at present" in answer.text


@pytest.mark.parametrize("change", [{"state": "deleted"}, {"state": "king"}, {"wave": "z"}, {"region": "x" * 41}])
def test_an_unfit_change_is_refused(operator, fjordlys, change):
    form = {"name": "Fjordlys", "region": "norway", "wave": "a", "state": "running", "confirmed": "1"}
    assert operator.post("/operator/tenants/fjordlys/", form | change).status_code == 422
    assert Tenant.objects.get(slug="fjordlys").name == "Fjordlys AS (invented)"


def test_the_operators_own_tenant_always_runs(operator):
    form = {"name": "Drift", "region": "norway", "wave": "a", "state": "suspended", "confirmed": "1"}
    answer = operator.post("/operator/tenants/operator/", form)
    assert answer.status_code == 422
    assert "always runs" in answer.text


def test_customers_are_listed_page_by_page(operator, django_assert_max_num_queries):
    for number in range(60):
        Tenant.objects.create(slug=f"kunde{number:02}", name=f"Kunde {number:02}")
    operator.get("/operator/tenants/")
    with django_assert_max_num_queries(14):
        first = operator.get("/operator/tenants/").text
    second = operator.get("/operator/tenants/?after=kunde49").text
    assert "Kunde 49" in first and "?after=kunde49" in first and "Kunde 50" not in first
    assert "Kunde 59" in second
    assert "Kunde 33" in operator.get("/operator/tenants/?q=33").text
    assert operator.get("/operator/tenants/?q=%00&after=%00").status_code == 200
