"""Programs of the cast: they speak to the API with a token of the person they work for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tillit.foundation.models import Tenant
from tillit.foundation.testing import Person, host_of
from tillit.site.api.tokens import METER
from tillit.tenants.actions.sign_in import create_access_token

API = "/api/v1/"


class Program(Client):
    """A client without cookies; addresses are those after `/api/v1/`, bodies are JSON."""

    def __init__(self, tenant: Tenant, token: str = "", **headers: str) -> None:
        super().__init__(headers={"host": host_of(tenant), "accept-language": "en", **headers})
        self.token = token
        if token:
            self.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"

    def read(self, address: str, **headers: str) -> HttpResponse:
        return self.get(API + address, headers=_named(headers))

    def send(self, method: str, address: str, body: Any = None, **headers: str) -> HttpResponse:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json")
        return self.generic(method, API + address, data, content_type=kind, headers=_named(headers))

    def add(self, address: str, **values: Any) -> HttpResponse:
        return self.send("POST", address, values)

    def change(self, address: str, version: int | str, **values: Any) -> HttpResponse:
        return self.send("PATCH", address, values, if_match=f'"{version}"')


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def program_of() -> Callable[..., Program]:
    """A program that works for this person, at this person's tenant."""
    METER.forget()

    def make(person: Person, **headers: str) -> Program:
        _token, secret = create_access_token(person.actor, name=f"program {len(made)}")
        made.append(secret)
        return Program(person.tenant, secret, **headers)

    made: list[str] = []
    return make


@pytest.fixture
def annas(anna: Person, program_of: Callable[..., Program]) -> Program:
    return program_of(anna)


@pytest.fixture
def bens(ben: Person, program_of: Callable[..., Program]) -> Program:
    return program_of(ben)


@pytest.fixture
def chiaras(chiara: Person, program_of: Callable[..., Program]) -> Program:
    return program_of(chiara)
