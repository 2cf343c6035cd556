"""Half a year at an invented customer: lists imported, companies edited, persons added, a few archived.

Everything is made by the room's own actions, at times the loader tells, and from one seed number: the same every time.
Names are put together at random and end in `.example`; the notes say so.
"""

from __future__ import annotations

import csv
import io
import random
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tillit.crm.actions import archive_company, archive_person, create_person, edit_company, edit_person
from tillit.crm.imports.actions import choose_columns, start_import, upload_table
from tillit.crm.imports.jobs import run_import
from tillit.crm.models import Company, Kind, Person
from tillit.foundation import clock
from tillit.foundation.access import Actor
from tillit.foundation.tenancy import in_tenant

SEED = 20261122
HALF_A_YEAR = 182  # days
REAL_COMPANIES = Path(__file__).parent / "demo_data" / "companies-sp500.csv"
NOTE = "Invented for the demo."
WORDS = tomllib.loads((Path(__file__).parent / "demo_words.toml").read_text())


@dataclass(frozen=True)
class Plan:
    """How large a customer's world is, and in which country."""

    country: str
    companies: int
    persons: int


def tell_half_a_year(actors: list[Actor], plan: Plan, until: datetime, number: int) -> None:
    """The past of one tenant: three imports of companies, three of persons, then a few changes on every working day.

    `actors`: its people who may write. `number` makes tenants differ from each other.
    """
    chance = random.Random(SEED + number)  # noqa: S311 - a story, not a secret
    start = until - timedelta(days=HALF_A_YEAR)
    companies = list(_companies(chance, plan))
    persons = list(_persons(chance, plan, companies))
    for part in range(3):
        moment = start + timedelta(days=1 + 25 * part, hours=3)
        with clock.at(moment):
            bring_in(actors[0], Kind.COMPANY, f"companies-{part + 1}.csv", companies[part::3])
            bring_in(actors[0], Kind.PERSON, f"persons-{part + 1}.csv", persons[part::3])
    for day in range(60, HALF_A_YEAR):
        moment = start + timedelta(days=day, hours=chance.uniform(1, 8))
        if moment.weekday() < 5 and moment < until:
            with clock.at(moment):
                _work(chance, chance.choice(actors), plan)


def bring_in(actor: Actor, kind: Kind, name: str, rows: list[dict[str, str]]) -> None:
    """Import rows as a person would: through a file, with the guessed columns."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    import_bytes(actor, kind, name, text.getvalue().encode())


def import_bytes(actor: Actor, kind: Kind, name: str, content: bytes) -> None:
    made = upload_table(actor, kind=kind, name=name, chunks=[content])
    choose_columns(actor, import_id=made.pk, mapping=made.plan, match_on=made.match_on, on_match="merge")
    start_import(actor, import_id=made.pk)
    run_import(actor, import_id=made.pk)


def import_real_companies(actor: Actor, moment: datetime) -> None:
    """The 503 listed companies, as they stand in the file."""
    with clock.at(moment):
        import_bytes(actor, Kind.COMPANY, REAL_COMPANIES.name, REAL_COMPANIES.read_bytes())


def _companies(chance: random.Random, plan: Plan) -> Iterator[dict[str, str]]:
    seen: set[str] = set()
    words = WORDS[plan.country]
    while len(seen) < plan.companies:
        stem, trade = chance.choice(words["stems"]), chance.choice(words["trades"])
        name = f"{stem}{trade if chance.random() < 0.6 else ' ' + trade.capitalize()}"
        name = f"{name} {chance.choice(words['forms'])}"
        if name in seen:
            name = f"{chance.choice(words['last_names'])} & {name}"
        if name in seen:
            continue
        seen.add(name)
        domain = f"{_ascii(name.rsplit(' ', 1)[0])}.example"
        city, postal_code, area = chance.choice(words["cities"])
        yield {
            "Name": name,
            "Registration number": str(chance.randrange(810_000_000, 999_999_999)),
            "Website": domain,
            "E-mail": f"post@{domain}",
            "Phone": f"{area} {chance.randrange(10, 99)} {chance.randrange(10, 99)} {chance.randrange(10, 99)}",
            "Industry": chance.choice(WORDS["industries"]),
            "Street": f"{chance.choice(words['streets'])} {chance.randrange(1, 140)}",
            "Postal code": postal_code,
            "City": city,
            "Country": plan.country,
            "Founded": str(chance.randrange(1890, 2024)),
            "Employees": str(int(chance.lognormvariate(3, 1.3)) + 1),
            "Note": NOTE,
        }


def _persons(chance: random.Random, plan: Plan, companies: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    seen: set[str] = set()
    words = WORDS[plan.country]
    while len(seen) < plan.persons:
        company = companies[int(len(companies) * chance.random() ** 1.5)]
        first, last = chance.choice(words["first_names"]), chance.choice(words["last_names"])
        email = f"{_ascii(first)}.{_ascii(last)}@{company['Website']}"
        if email in seen:
            email = f"{_ascii(first)}.{_ascii(last)}{len(seen)}@{company['Website']}"
        seen.add(email)
        yield {
            "First name": first,
            "Last name": last,
            "E-mail": email,
            "Phone": company["Phone"][:-2] + str(chance.randrange(10, 99)),
            "Job title": chance.choice(WORDS["titles"]),
            "Company": company["Name"],
            "City": company["City"],
            "Country": plan.country,
            "Note": NOTE,
        }


def _work(chance: random.Random, actor: Actor, plan: Plan) -> None:
    """What somebody does on one day."""
    words = WORDS[plan.country]
    with in_tenant(actor.tenant):
        companies = list(Company.objects.active().order_by("id")[chance.randrange(plan.companies - 4) :][:2])
        persons = list(Person.objects.active().order_by("id")[chance.randrange(plan.persons - 4) :][:2])
    for company in companies[:1]:
        values = {
            "phone": company.phone[:-2] + str(chance.randrange(10, 99)),
            "employees": (company.employees or 1) + 3,
        }
        edit_company(actor, company=company, version=company.version, values=values)
    for person in persons[:1]:
        edit_person(actor, person=person, version=person.version, values={"title": chance.choice(WORDS["titles"])})
    if chance.random() < 0.3 and companies:
        values = {
            "first_name": chance.choice(words["first_names"]),
            "last_name": chance.choice(words["last_names"]),
            "company": companies[0].pk,
            "note": NOTE,
        }
        create_person(actor, values=values)
    if chance.random() < 0.06 and len(companies) > 1:
        archive_company(actor, company=companies[1])
    if chance.random() < 0.1 and len(persons) > 1:
        archive_person(actor, person=persons[1])


def _ascii(text: str) -> str:
    """As it could stand in an address."""
    plain = text.lower()
    for sign, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ø", "o"), ("å", "a"), ("æ", "ae"), ("ß", "ss")):
        plain = plain.replace(sign, letters)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")
