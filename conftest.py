"""One embedded PostgreSQL per test process, prepared as in production: migrated by the owner, tested as the app."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["TILLIT_DATA"] = tempfile.mkdtemp(prefix="tillit-test-")
os.environ.setdefault("TILLIT_SECRET_KEY", "only for tests")
os.environ.setdefault("TILLIT_BASE_HOST", "tillit.test")
os.environ["TILLIT_DSN"] = "postgresql://tillit_app:app@unset/tillit"
os.environ["TILLIT_OWNER_DSN"] = "postgresql://tillit_owner:owner@unset/tillit"

pytest_plugins = ["tillit.foundation.testing"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[object]:
    """A running database server of this test process's own."""
    from tillit.site.postgres import Cluster

    folder = Path(os.environ["TILLIT_DATA"])
    folder.chmod(0o755)
    server = Cluster(folder / "postgres")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(cluster, django_db_blocker) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from tillit.site.postgres import provision

    from tillit.site.settings import database

    provision(cluster.admin_dsn("postgres"), "tillit", owner_password="owner", app_password="app")
    for alias, role in (("default", "tillit_app"), ("owner", "tillit_owner")):
        wiring = database(cluster.dsn(role, role.removeprefix("tillit_"), "tillit"))
        settings.DATABASES[alias].update(wiring)
        connections[alias].settings_dict.update(wiring)
    with django_db_blocker.unblock():
        call_command("prepare", verbosity=0)
        connections["owner"].close()


@pytest.fixture(autouse=True)
def _fresh_memory() -> None:
    """Nothing remembered in the process from one test to the next."""
    from django.core.cache import cache  # noqa: F401

    from tillit.tenants.middleware import forget_hosts

    forget_hosts()
