"""What the running system is asked about itself: each check looks at the real thing and says what it found.

A room declares its checks in its `AppConfig`: `checks = {"passwords": "tillit.foundation.checks.passwords"}`, functions
without arguments that return a `Finding`. They read only, and take well under a second.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from ipaddress import ip_address
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher
from django.db import connection
from django.utils.module_loading import import_string
from django.utils.translation import gettext, gettext_noop

from tillit.foundation.confinement import KERNEL, details
from tillit.foundation.database import tenant_models
from tillit.foundation.formats import local_date, local_number

SHOWN_NAMES = 5
# Every table whose rows all belong to a tenant, whether a model stands for it or not. One on which the tenant may be
# missing is the cloud's own (mail that waits); partitions are closed to everybody.
UNLOCKED = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
                  AND (a.attnotnull OR c.relname = ANY(%(bound)s)))
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity
               AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'one_tenant'))
    ORDER BY c.relname"""
UNWATCHED = """
    SELECT name FROM unnest(%(tables)s::text[]) AS name
    WHERE 3 > (SELECT count(*) FROM pg_trigger t
               WHERE t.tgrelid = to_regclass('public.' || quote_ident(name)) AND t.tgenabled IN ('O', 'A')
                 AND t.tgname IN ('ledger_inserted', 'ledger_changed', 'ledger_deleted'))
    ORDER BY name"""
CHANGEABLE = """
    SELECT name FROM unnest(%(tables)s::text[]) AS name
    WHERE has_table_privilege(to_regclass('public.' || quote_ident(name)), 'UPDATE, DELETE, TRUNCATE')
    ORDER BY name"""
MIGHT = """
    SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb,
           (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace)
    FROM pg_roles r WHERE r.rolname = current_user"""
WAY = "SELECT inet_server_addr() IS NULL, coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)"
UNSAFE_PASSWORDS = """
    SELECT count(*) FILTER (WHERE password NOT LIKE 'argon2%%'), count(*)
    FROM foundation_user WHERE is_active AND password <> '' AND password NOT LIKE '!%%'"""


@dataclass(frozen=True)
class Finding:
    """What a check found. `sentence` is the English text in the source (`gettext_noop`), with `figures` for its names.

    `figures` are JSON; a name that ends in `_on` holds a day as ISO 8601. It is told by `tell` in any language.
    """

    ok: bool
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return tell(self.sentence, self.figures)


class Undecided(Exception):
    """A check cannot say yes or no yet: nothing has happened that it could judge. No run is recorded."""


def tell(sentence: str, figures: Mapping[str, Any]) -> str:
    """A finding in the active language, with numbers and days as its readers write them."""
    said = gettext(sentence) if sentence else ""
    with suppress(KeyError, ValueError, TypeError):  # a sentence of an earlier release
        said = said % {name: _written(name, value) for name, value in figures.items()}
    return said


def known_checks() -> Mapping[str, str]:
    """Every check that a room declares: its name and the dotted path of its function."""
    return _declared()


def perform(name: str) -> Finding:
    """Ask now. Raises LookupError for a name that nobody declares, and whatever the check itself raises."""
    path = _declared().get(name)
    if path is None:
        raise LookupError(f"No room declares the check {name!r}.")
    found: Finding = import_string(path)()
    return found


def row_level_security() -> Finding:
    """Whether PostgreSQL itself keeps tenants apart on every table that has rows of tenants."""
    bound = [model._meta.db_table for model in tenant_models()]
    if unlocked := _names(UNLOCKED, bound=bound):
        sentence = gettext_noop("Row-level security is not forced on %(tables)s.")
        return Finding(False, sentence, {"tables": _some(unlocked)})
    sentence = gettext_noop("Row-level security is forced on all %(count)s tables with customers' rows.")
    return Finding(True, sentence, {"count": len(bound)})


def ledger() -> Finding:
    """Whether the database writes every change of a tenant's rows down, and nobody can rewrite what is written."""
    models = list(tenant_models())
    watched = [model._meta.db_table for model in models if not model.append_only]
    fixed = [model._meta.db_table for model in models if model.append_only]
    if unwatched := _names(UNWATCHED, tables=watched):
        return Finding(
            False, gettext_noop("Changes are not written down for %(tables)s."), {"tables": _some(unwatched)}
        )
    if changeable := _names(CHANGEABLE, tables=fixed):
        sentence = gettext_noop("The application could change what is written in %(tables)s.")
        return Finding(False, sentence, {"tables": _some(changeable)})
    sentence = gettext_noop(
        "Changes of %(watched)s tables are written down, and %(fixed)s tables can only be added to."
    )
    return Finding(True, sentence, {"watched": len(watched), "fixed": len(fixed)})


def application_role() -> Finding:
    """Whether the role that pages and jobs sign in as owns nothing and is bound by row-level security."""
    with connection.cursor() as cursor:
        cursor.execute(MIGHT)
        mighty, owned = cursor.fetchone()
    if mighty:
        return Finding(False, gettext_noop("The application's database role may do more than it should."))
    if owned:
        sentence = gettext_noop("The application's database role owns tables: %(owned)s.")
        return Finding(False, sentence, {"owned": owned})
    return Finding(True, gettext_noop("The application's database role owns nothing and cannot pass by its limits."))


def database_way() -> Finding:
    """Whether rows travel to and from the database unseen: by a Unix socket, or encrypted."""
    with connection.cursor() as cursor:
        cursor.execute(WAY)
        local, encrypted = cursor.fetchone()
    if local:
        return Finding(True, gettext_noop("The database is reached by a socket of the same machine."))
    if encrypted:
        return Finding(True, gettext_noop("The way to the database is encrypted (TLS)."))
    return Finding(False, gettext_noop("The way to the database is not encrypted."))


def transport_encryption() -> Finding:
    """Whether browsers speak to us by TLS only. An installation for its own machine needs none."""
    host = settings.BASE_HOST
    if settings.HTTPS and settings.SECURE_HSTS_SECONDS:
        sentence = gettext_noop("Pages are served by TLS only, and browsers remember that for %(days)s days.")
        return Finding(True, sentence, {"days": settings.SECURE_HSTS_SECONDS // 86400})
    if _is_this_machine(host):
        return Finding(True, gettext_noop("Pages are served to this machine only (%(host)s)."), {"host": host})
    return Finding(False, gettext_noop("Pages of %(host)s are served without TLS."), {"host": host})


def passwords() -> Finding:
    """Whether every password that is kept is kept as Argon2, RFC 9106's advice."""
    with connection.cursor() as cursor:
        cursor.execute(UNSAFE_PASSWORDS)
        unsafe, all_of_them = cursor.fetchone()
    if unsafe or get_hasher().algorithm != Argon2PasswordHasher.algorithm:
        sentence = gettext_noop("Passwords not kept as Argon2: %(unsafe)s of %(all)s.")
        return Finding(False, sentence, {"unsafe": unsafe, "all": all_of_them})
    return Finding(True, gettext_noop("Passwords kept as Argon2: %(all)s of %(all)s."), {"all": all_of_them})


def confinement() -> Finding:
    """Whether the kernel keeps this process and those it starts from every network but the broker."""
    found = details()
    figures = {"level": found["level"]}
    if found["tcp"] == found["udp"] == found["children"] == KERNEL:
        return Finding(True, gettext_noop("The kernel lets workers reach no network (%(level)s)."), figures)
    if found["level"] == "none":
        return Finding(False, gettext_noop("Nothing keeps workers from the network."))
    return Finding(False, gettext_noop("Workers are kept from the network in part only (%(level)s)."), figures)


@functools.cache
def _declared() -> Mapping[str, str]:
    return {name: path for room in apps.get_app_configs() for name, path in getattr(room, "checks", {}).items()}


def _names(query: str, **values: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [name for (name,) in cursor.fetchall()]


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f", … (+{more})" if more > 0 else "")


def _written(name: str, value: Any) -> str:
    if name.endswith("_on"):
        return local_date(date.fromisoformat(value))
    return local_number(value) if isinstance(value, int | float) else str(value)


def _is_this_machine(host: str) -> bool:
    name = host.rpartition(":")[0].strip("[]") if ":" in host else host
    if name == "localhost" or name.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ip_address(name).is_loopback
    return False
