"""The limit: the SQL a page or call runs on companies, persons and the ledger, bare.

It is caught while the product answers in this process, then run by psycopg as prepared statements, under the role the
application signs in with and with the same tenant set. Session, person, rights and banners are the product's own cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from django.test import Client
from psycopg.sql import Composable

from tillit.site.bench.client import Request
from tillit.site.problems import Problem

OURS = re.compile(r"(?!EXPLAIN).*\b(crm_company|crm_person|foundation_ledgerentry)\b", re.DOTALL)
TUNING = re.compile(r"set_config\('pg_trgm\.")  # of similarity search: set once for the connection instead
Statement = tuple[str, tuple[Any, ...] | None]


@dataclass
class Caught:
    """What one request ran: the statements that are the limit, settings they need, and how many there were in all."""

    statements: list[Statement] = field(default_factory=list)
    settings: list[Statement] = field(default_factory=list)
    total: int = 0


def catch(requests: Sequence[Request], host: str, status: int) -> list[Caught]:
    """Let the product answer the requests here, and listen to its database."""
    visitor = Client()
    _catch(visitor, requests[0], host, status)  # the first one finds nothing remembered in this process
    return [_catch(visitor, request, host, status) for request in requests]


def _catch(visitor: Client, request: Request, host: str, status: int) -> Caught:
    caught = Caught()
    with _listening(caught):
        answer = visitor.generic(
            request.method,
            request.path,
            request.body,
            content_type="application/json",
            headers={"Host": host, **request.headers},
        )
    if answer.status_code != status:
        raise Problem(f"«{request.method} {request.path}» was answered {answer.status_code} instead of {status}.")
    return caught


@contextmanager
def _listening(caught: Caught) -> Iterator[None]:
    def listen(execute: Callable[..., Any], sql: Any, parameters: Any, many: bool, context: Mapping[str, Any]) -> Any:
        text = sql.as_string() if isinstance(sql, Composable) else str(sql)
        statement = (text, tuple(parameters) if parameters else None)
        caught.total += 1
        if OURS.match(statement[0]):
            caught.statements.append(statement)
        elif TUNING.search(statement[0]):
            caught.settings.append((statement[0].replace(", true)", ", false)"), statement[1]))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(listen):
        yield


class Bare:
    """A connection that runs what was caught, variant after variant; every statement a transaction of its own."""

    def __init__(self, dsn: str, tenant_id: int, caught: Sequence[Caught]) -> None:
        self.connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=0)
        self.cursor = self.connection.cursor()
        self.cursor.execute("SELECT set_config('tillit.tenant', %s, false)", [str(tenant_id)])
        for sql, parameters in caught[0].settings:
            self.cursor.execute(sql, parameters)
        self.variants = [one.statements for one in caught]

    def once(self, turn: int) -> None:
        for sql, parameters in self.variants[turn % len(self.variants)]:
            self.cursor.execute(sql, parameters)
            self.cursor.fetchall()

    def close(self) -> None:
        self.connection.close()
