"""`manage.py prepare`: make the database ready for this release. Runs as the owner role; harmless when repeated."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, call_command

from tillit.foundation.database import secure_tables
from tillit.foundation.models import Tenant


class Command(BaseCommand):
    help = "Migrate as the owner of the tables, then lock and ledger every tenant table."

    def handle(self, *_args: Any, **options: Any) -> None:
        verbosity = options["verbosity"]
        call_command("migrate", database="owner", verbosity=verbosity, interactive=False)
        call_command("createcachetable", database="owner", verbosity=verbosity)
        secure_tables("owner")
        Tenant.objects.using("owner").get_or_create(
            kind=Tenant.Kind.OPERATOR, defaults={"slug": "operator", "name": "Operator", "region": "norway"}
        )
