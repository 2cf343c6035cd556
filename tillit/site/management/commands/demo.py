"""`manage.py demo`: fill an empty installation with the demo. Started by `bin/up` on the first run, as the owner role.

Writes `demo.json` into the data folder: `base_url`, and `people` with name, e-mail, password, tenant, host, role and
API token.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.db import connection
from django.utils import timezone

from tillit.availability import demo as availability
from tillit.availability.advisories import demo as advisories
from tillit.availability.probes import demo as probes
from tillit.crm.demo import HALF_A_YEAR, Plan, import_real_companies, tell_half_a_year
from tillit.foundation import clock, wholefile
from tillit.foundation.access import Actor
from tillit.foundation.models import Role, Tenant, User
from tillit.site.commands.register import PROFILES
from tillit.tenants.demo import CUSTOMERS, OPERATORS, email_of, make_customers, sign_ins
from tillit.trust import demo as trust
from tillit.trust.actions.register import apply_register
from tillit.trust.agreements import demo as agreements
from tillit.trust.register import read_register

PLANS = {"fjordlys": Plan("NO", 900, 3_600), "alpenrose": Plan("CH", 700, 2_800), "hansekontor": Plan("DE", 400, 1_600)}


class Command(BaseCommand):
    help = "Fill an empty installation with invented customers and the example register."

    def handle(self, *_args: Any, **_options: Any) -> None:
        connection.settings_dict.update(_owner())  # a told past is the owner's privilege
        operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
        example = read_register((PROFILES / "seed.toml").read_text())
        now = timezone.now().replace(microsecond=0)
        with clock.at(now - timedelta(days=HALF_A_YEAR, hours=1)):
            apply_register(Actor.system(operator), register=example)
        administrators = []
        for number, tenant in enumerate(make_customers(operator)):
            writers = _writers(tenant)
            administrators.append(writers[0])
            tell_half_a_year(writers, _sized(PLANS[tenant.slug]), now, number)
            if tenant.slug == "hansekontor":
                import_real_companies(writers[0], now - timedelta(days=HALF_A_YEAR // 2))
            self.stdout.write(f"{tenant.name} is there.")
        staff = Actor.of(User.objects.get(email=_first_of_staff(operator)), operator)
        availability.tell_half_a_year(staff, now, advisories.emergency(staff, now))
        probes.tell_half_a_year(staff, now)
        trust.tell_half_a_year(staff, administrators, now)
        agreements.tell_half_a_year(staff, administrators, now)
        self._write(operator)

    def _write(self, operator: Tenant) -> None:
        scheme = "https" if settings.HTTPS else "http"
        told = {"base_url": f"{scheme}://{settings.BASE_HOST}", "people": sign_ins(operator)}
        content = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
        wholefile.replace(settings.DATA / "demo.json", content.encode())


def _first_of_staff(operator: Tenant) -> str:
    return email_of(operator, OPERATORS[0])


def _sized(plan: Plan) -> Plan:
    """Smaller where a test wants the story but not the crowd."""
    size = float(os.environ.get("TILLIT_DEMO_SIZE", "1"))
    return replace(plan, companies=max(20, int(plan.companies * size)), persons=max(40, int(plan.persons * size)))


def _owner() -> dict[str, Any]:
    owner = settings.DATABASES["owner"]
    return {key: owner[key] for key in ("USER", "PASSWORD")}


def _writers(tenant: Tenant) -> list[Actor]:
    """The people of this tenant who may write, its administrator first."""
    people = next(customer.people for customer in CUSTOMERS if customer.fields.slug == tenant.slug)
    users = [User.objects.get(email=email_of(tenant, one)) for one in people if one.role != Role.READER]
    return [Actor.of(user, tenant) for user in users]
