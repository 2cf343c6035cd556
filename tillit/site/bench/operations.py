"""What is measured: the pages and calls people use all day."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tillit.crm.lists import PERSONS, Criteria
from tillit.crm.models import Company, Person
from tillit.crm.queries import page_of
from tillit.foundation.tenancy import in_tenant
from tillit.site.bench import data
from tillit.site.bench.client import Request, in_header
from tillit.site.bench.customers import Customer

PAGE, TWENTIETH = 50, 20
VARIANTS = 200  # different records to open
TYPO = "Quisttorp"


@dataclass(frozen=True)
class Operation:
    """One thing people do. `page`: HTML, which may cost 15 ms above its SQL; `public`: 5 ms in all."""

    part: str
    name: str
    requests: Sequence[Request]
    status: int = 200
    page: bool = False
    public: bool = False


def operations_of(customer: Customer, cookies: dict[str, str], parts: Sequence[str]) -> list[Operation]:
    """Those of the parts asked for, with requests that fit what the tenant holds."""
    makers: dict[str, Callable[[Customer, dict[str, str]], list[Operation]]] = {
        "list": _lists,
        "search": _searches,
        "open": _cards,
        "create": _additions,
        "api": _calls,
        "trust": _public,
    }
    with in_tenant(customer.tenant):
        return [one for part in parts if part in makers for one in makers[part](customer, cookies)]


def _lists(_customer: Customer, cookies: dict[str, str]) -> list[Operation]:
    held = Criteria.read(PERSONS, {})
    cursor = page_of(held, (), size=PAGE * (TWENTIETH - 1)).next or page_of(held, (), size=PAGE).next
    later = _page(cookies, f"/persons/?{urlencode({'after': cursor})}")
    return [
        Operation("list", "list, first page", [_page(cookies, "/persons/")], page=True),
        Operation("list", f"list, page {TWENTIETH}", [later], page=True),
    ]


def _searches(_customer: Customer, cookies: dict[str, str]) -> list[Operation]:
    asked = {
        f"search «{data.FREQUENT}»": data.FREQUENT,
        f"search «{data.RARE[1:-1].lower()}», rare": data.RARE[1:-1].lower(),
        f"search «{TYPO}», misspelt": TYPO,
    }
    return [
        Operation("search", name, [_page(cookies, f"/persons/?{urlencode({'q': q})}")], page=True)
        for name, q in asked.items()
    ]


def _cards(_customer: Customer, cookies: dict[str, str]) -> list[Operation]:
    persons = [_page(cookies, f"/persons/{number}/") for number in _some(Person)]
    companies = [_page(cookies, f"/companies/{number}/") for number in _some(Company)]
    return [
        Operation("open", "open a person", persons, page=True),
        Operation("open", "open a company, with persons", companies, page=True),
    ]


def _additions(customer: Customer, _cookies: dict[str, str]) -> list[Operation]:
    rows = data.persons(0, VARIANTS, _some(Company), group="c")
    bodies = [
        {
            name.removesuffix("_id"): value
            for name, value in zip(data.PERSON, row, strict=True)
            if value not in (None, "")
        }
        for row in rows
    ]
    requests = [_call(customer, "POST", "/api/v1/persons", json.dumps(body).encode()) for body in bodies]
    return [Operation("create", "create a person by API", requests, status=201)]


def _calls(customer: Customer, _cookies: dict[str, str]) -> list[Operation]:
    return [
        Operation("api", "API: list persons", [_call(customer, "GET", f"/api/v1/persons?limit={PAGE}")]),
        Operation(
            "api", "API: read a person", [_call(customer, "GET", f"/api/v1/persons/{one}") for one in _some(Person)]
        ),
    ]


def _public(_customer: Customer, _cookies: dict[str, str]) -> list[Operation]:
    asked = {"trust centre": "/trust/?lang=de", "processors as JSON": "/trust/processors.json"}
    return [Operation("trust", name, [Request("GET", path, {})], public=True) for name, path in asked.items()]


def _some(model: type[Person] | type[Company]) -> list[int]:
    """Numbers from all over the table, in no order."""
    every = list(model.objects.order_by("pk").values_list("pk", flat=True))
    return random.Random(data.SEED).sample(every, min(VARIANTS, len(every)))  # noqa: S311


def _page(cookies: dict[str, str], path: str) -> Request:
    return Request("GET", path, {"Cookie": in_header(cookies), "Accept": "text/html", "Accept-Language": "en"})


def _call(customer: Customer, method: str, path: str, body: bytes = b"") -> Request:
    return Request(method, path, {"Authorization": f"Bearer {customer.token}"}, body)
