"""A customer lives in a region the register has, and nowhere else."""

import pytest

from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant
from tillit.site.commands.register import PROFILES
from tillit.trust.actions.register import apply_register
from tillit.trust.register import read_register

NEW = {
    "name": "Nordlys AS", "slug": "nordlys", "region": "norway", "wave": "b", "language": "nb",
    "time_zone": "Europe/Oslo", "administrator_name": "Kari Nord", "administrator_email": "kari@nordlys.example",
}  # fmt: skip


@pytest.fixture
def register(operator_tenant):
    apply_register(Actor.system(operator_tenant), register=read_register((PROFILES / "seed.toml").read_text()))


def test_the_form_offers_the_registers_regions_by_name(register, operator):
    assert '<option value="norway"' in operator.get("/operator/tenants/new/").content.decode()


@pytest.mark.parametrize(("region", "made"), [("norway", True), ("mars", False), ("", False)])
def test_a_customer_is_made_in_a_region_of_the_register_only(register, operator, region, made):
    operator.post("/operator/tenants/new/", NEW | {"region": region})
    assert Tenant.objects.filter(slug="nordlys").exists() is made
