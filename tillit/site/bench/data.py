"""Invented companies and persons, always the same, and the fast way into the tables: COPY with the ledger on.

«ann» stands in about 6 % of the names, as in mixed European name lists; twenty persons have a rare name.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from tillit.crm.demo import WORDS
from tillit.site.bench.options import PERSONS_PER_COMPANY

SEED = 20261122
COUNTRIES = ("NO", "CH", "DE")
FREQUENT, FREQUENT_SHARE = "ann", 0.06
RARE, RARE_EVERY, RARE_BELOW = "Quistorp", 500, 10_000  # every 500th of the first 10,000 persons
HYPHENATED = 0.2
PORTION = 100_000  # rows of one COPY
COMPANY = (
    "name", "code", "registration_number", "domain", "industry", "founded", "employees", "email", "phone", "street",
    "postal_code", "city", "country", "note",
)  # fmt: skip
PERSON = (
    "first_name", "last_name", "title", "company_id", "email", "phone", "street", "postal_code", "city", "country",
    "note",
)  # fmt: skip
NOTE = "Invented for measuring."
Values = tuple[Any, ...]


def companies(first: int, last: int) -> Iterator[Values]:
    """The companies numbered `first` to `last` - 1, values of `COMPANY`. Each has a name of its own."""
    words = [_Words(country) for country in COUNTRIES]
    for number in range(first, last):
        chance = random.Random(SEED + number)  # noqa: S311 - the same in every run
        yield words[number % len(words)].company(number, chance)


def persons(first: int, last: int, company_ids: Sequence[int], *, group: str = "") -> Iterator[Values]:
    """The persons numbered `first` to `last` - 1, values of `PERSON`; `group` makes their e-mail addresses differ."""
    chance = random.Random(f"{SEED} {first} {group}")  # noqa: S311
    names = _Names(chance)
    for number in range(first, last):
        rare = RARE if number < RARE_BELOW and number % RARE_EVERY == RARE_EVERY // 2 else ""
        given, family = names.draw(rare)
        place = int(len(company_ids) * chance.random() ** 1.5)  # some companies are larger than others
        area = chance.randrange(20, 80)
        yield (
            given,
            family,
            chance.choice(WORDS["titles"]),
            company_ids[place] if company_ids else None,
            f"{_plain(given)}.{_plain(family)}.{number}{group}@k{place}.example",
            f"+47 {area} {chance.randrange(10, 99)} {chance.randrange(10, 99)} {chance.randrange(10, 99)}",
            "",
            "",
            names.city(),
            chance.choice(COUNTRIES),
            NOTE,
        )


def load(admin: psycopg.Connection[Any], tenant_id: int, present: int, wanted: int) -> None:
    """Bring a tenant from `present` to `wanted` persons, and to a tenth as many companies."""
    before, after = (max(1, count // PERSONS_PER_COMPANY) if count else 0 for count in (present, wanted))
    with admin.transaction():
        copy_rows(admin, "crm_company", tenant_id, COMPANY, companies(before, after))
    numbers = company_ids(admin, tenant_id)
    for first in range(present, wanted, PORTION):
        with admin.transaction():
            rows = persons(first, min(first + PORTION, wanted), numbers)
            copy_rows(admin, "crm_person", tenant_id, PERSON, rows)
    tidy_up(admin)


def company_ids(admin: psycopg.Connection[Any], tenant_id: int) -> list[int]:
    found = admin.execute("SELECT id FROM crm_company WHERE tenant_id = %s ORDER BY id", [tenant_id])
    return [number for (number,) in found]


def copy_rows(
    admin: psycopg.Connection[Any], table: str, tenant_id: int, columns: Sequence[str], rows: Iterable[Values]
) -> None:
    """COPY into an indexed table; its triggers write the ledger. PostgreSQL lets only a superuser do so under
    row-level security.
    """
    statement = sql.SQL("COPY {} (tenant_id, version, {}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with admin.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('tillit.tenant', %s, true), set_config('tillit.action', 'bench.load', true)",
            [str(tenant_id)],
        )
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row((tenant_id, 1, *row))


def tidy_up(admin: psycopg.Connection[Any]) -> None:
    """Statistics, visibility and a checkpoint, so that what is measured next does not pay for what was written."""
    for table in ("crm_company", "crm_person", "crm_selectionmember", "foundation_ledgerentry"):
        admin.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
    admin.execute("CHECKPOINT")


class _Names:
    """Draws names; those with «ann» as often as they are to occur."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.given = self._split("first_names")
        self.family = self._split("last_names")
        self.cities = [name for country in COUNTRIES for name, _code, _area in WORDS[country]["cities"]]

    def _split(self, kind: str) -> tuple[list[str], list[str]]:
        every = sorted({name for country in COUNTRIES for name in WORDS[country][kind]})
        return [n for n in every if FREQUENT not in n.lower()], [n for n in every if FREQUENT in n.lower()]

    def draw(self, rare: str) -> tuple[str, str]:
        given, family = self.chance.choice(self.given[0]), self.chance.choice(self.family[0])
        if rare:
            return given, rare
        drawn = self.chance.random()
        if drawn < FREQUENT_SHARE / 2:
            given = self.chance.choice(self.given[1])
        elif drawn < FREQUENT_SHARE:
            family = self.chance.choice(self.family[1])
        elif drawn > 1 - HYPHENATED:
            family = f"{family}-{self.chance.choice(self.family[0])}"
        return given, family

    def city(self) -> str:
        return self.chance.choice(self.cities)


class _Words:
    """The words of one country, put together to company names that never repeat."""

    def __init__(self, country: str) -> None:
        self.country = country
        words = WORDS[country]
        self.stems = [stem for stem in words["stems"] if FREQUENT not in stem.lower()]
        self.trades, self.forms, self.names = words["trades"], words["forms"], words["last_names"]
        self.streets, self.cities = words["streets"], words["cities"]

    def company(self, number: int, chance: random.Random) -> Values:
        rest, stem = divmod(number // len(COUNTRIES), len(self.stems))
        rest, trade = divmod(rest, len(self.trades))
        rest, family = divmod(rest, len(self.names))
        owner = f"{self.names[family - 1]} & " if family or rest else ""
        name = f"{owner}{self.stems[stem]}{self.trades[trade]} {f'{rest} ' if rest else ''}{chance.choice(self.forms)}"
        city, postal_code, area = chance.choice(self.cities)
        domain = f"k{number}.example"
        return (
            name, "", str(810_000_000 + number), domain, chance.choice(WORDS["industries"]),
            chance.randrange(1890, 2024), int(chance.lognormvariate(3, 1.3)) + 1, f"post@{domain}",
            f"{area} {chance.randrange(10, 99)} {chance.randrange(10, 99)} {chance.randrange(10, 99)}",
            f"{chance.choice(self.streets)} {chance.randrange(1, 140)}", postal_code, city, self.country, NOTE,
        )  # fmt: skip


def _plain(name: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalpha() else "-" for sign in name.lower())
