"""One embedded PostgreSQL per test process, prepared as in production: migrated by the owner, tested as the app."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from xdist.scheduler.loadscope import LoadScopeScheduling

from tillit.availability.effects import forget as forget_windows
from tillit.availability.words import forget_parts, forget_regions
from tillit.site.messages import main as compile_messages
from tillit.site.postgres import Cluster
from tillit.site.provision import provision
from tillit.site.settings import APPLICATION, database
from tillit.site.tests.furnished import OF_DATABASE, furnish
from tillit.tenants.middleware import forget_hosts
from tillit.trust.quiet import speak

WALKS = "tests/browser/"

pytest_plugins = ["tillit.foundation.testing", "tillit.trust.broker.testing", "tillit.foundation.tests.postoffice"]


def pytest_configure() -> None:
    """Translations are read when the first text is; so they are compiled before."""
    if settings.SETTINGS_MODULE != "tillit.site.settings_for_tests":  # the data folder is deleted in the end
        raise pytest.UsageError("Tests delete their data folder: unset DJANGO_SETTINGS_MODULE first.")
    compile_messages()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What could not be proven on this machine is said aloud, not only counted."""
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"LEFT OUT  {report.nodeid}: {report.longrepr[2]}", yellow=True)


class ByModule(LoadScopeScheduling):
    """A module stays with one process, so that what its tests share is made once; the walks share one Tillit."""

    def _split_scope(self, nodeid: str) -> str:
        return WALKS if nodeid.startswith(WALKS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    return ByModule(config, log)


@pytest.hookimpl(trylast=True)  # after pytest-django, which puts what needs no database last
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The walks begin: what takes longest would leave a core idle in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(WALKS))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running database server of this test process's own."""
    server = Cluster(furnish(settings.DATA, OF_DATABASE) / "postgres", durable=False)
    server.start()
    yield server
    connections.close_all()
    server.stop()
    shutil.rmtree(settings.DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(cluster: Cluster, django_db_blocker) -> None:
    with psycopg.connect(cluster.admin_dsn("postgres"), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET autovacuum = off")  # plans must not depend on when it last came by
        admin.execute("SELECT pg_reload_conf()")
    provision(cluster.admin_dsn("postgres"), "tillit", owner_password="owner", app_password="app")
    for alias, role, options in (("default", "tillit_app", APPLICATION), ("owner", "tillit_owner", {})):
        wiring = database(cluster.dsn(role, role.removeprefix("tillit_"), "tillit"), **options)
        settings.DATABASES[alias].update(wiring)
        connections[alias].settings_dict.update(wiring)
    with django_db_blocker.unblock():
        call_command("prepare", verbosity=0)
        connections["owner"].close()


@pytest.fixture(autouse=True)
def _fresh_memory() -> None:
    """Nothing is remembered in the process from one test to the next."""
    forget_hosts()
    forget_windows()
    forget_regions()
    forget_parts()
    speak()


@pytest.fixture(autouse=True)
def _mail_as_in_production(settings) -> None:
    """pytest-django would put another backend in the place of the queue."""
    settings.EMAIL_BACKEND = "tillit.foundation.mail.QueueBackend"
