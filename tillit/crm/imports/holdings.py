"""What this room keeps for a time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext_lazy as _

from tillit.crm.imports.models import Import
from tillit.crm.imports.reading import inspect
from tillit.crm.models import Kind
from tillit.foundation import files
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.models import StoredFile, Tenant
from tillit.foundation.tenancy import in_tenant

ENDED = (Import.State.DONE, Import.State.STOPPED, Import.State.FAILED, Import.State.UNDONE)
CANARY = "retention-canary.csv"
MARKED = b"Name\nMarked record\n"


class Uploads:
    """The bytes of uploaded tables, counted from the end of their import. What became of the rows is kept."""

    label = _("Uploaded tables, after their import")

    def purge(self, before: datetime) -> int:
        return sum(self._purge(tenant, before) for tenant in Tenant.objects.all())

    def _purge(self, tenant: Tenant, before: datetime) -> int:
        """Begins with the files that are there: those of old imports have gone long ago."""
        keys = [f"{tenant.pk}/{path.name}" for path in files.folder_of(tenant).glob("*")]
        if not keys:
            return 0
        with in_tenant(tenant):
            old = Import.objects.filter(state__in=ENDED, ended_at__lt=before, file__key__in=keys)
            found = list(old.select_related("file"))
            for one in found:
                files.path_of(one.file).unlink(missing_ok=True)
                if one.file.name == CANARY and tenant.is_operator:
                    self._forget(one)
        return len(found)

    def _forget(self, canary: Import) -> None:
        """Its rows as well. Django would look into the rejected rows first, where nobody may delete."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM imports_import WHERE id = %s", [canary.pk])
            cursor.execute("DELETE FROM foundation_storedfile WHERE id = %s", [canary.file_id])

    def plant(self, actor: Actor) -> str:
        """A table of one invented company, in the operator's own tenant, whose import has just ended."""
        with in_tenant(actor.tenant):
            stored = files.keep(actor, name=CANARY, chunks=[MARKED], limit=len(MARKED))
            made = Import(tenant=actor.tenant, kind=Kind.COMPANY, file=stored, state=Import.State.DONE, ended_at=now())
            made.save()
        return stored.key

    def use(self, key: str) -> None:
        """Read it as every table is read."""
        path = self._path(key)
        if not path.exists() or list(inspect(path, CANARY).headers) != ["Name"]:
            raise LookupError("The planted table is gone.")

    def exists(self, key: str) -> bool:
        with in_tenant(Tenant.objects.get(kind=Tenant.Kind.OPERATOR)):
            return self._path(key).exists() or StoredFile.objects.filter(key=key).exists()

    def _path(self, key: str) -> Path:
        return files.path_of(StoredFile(key=key))
