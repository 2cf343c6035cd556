"""The bytes of an uploaded table go after the hours of a rule; what became of its rows stays."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tillit.crm.imports.models import Import
from tillit.foundation.files import path_of
from tillit.foundation.holdings import holding
from tillit.foundation.models import StoredFile
from tillit.foundation.tenancy import in_tenant

TABLE = b"Name;City\nFjordlys Nord AS (invented);Bergen\n"


@pytest.fixture
def uploaded(anna):
    """Anna's table, whose import ended five hours ago."""
    anna.post("/companies/import/", {"file": SimpleUploadedFile("companies.csv", TABLE)})
    with in_tenant(anna.tenant):
        found = Import.objects.select_related("file").get()
        Import.objects.update(state=Import.State.DONE, ended_at=timezone.now() - timedelta(hours=5))
    return found


def test_an_uploaded_table_goes_and_its_import_stays(anna, uploaded):
    uploads = holding("import-uploads")
    assert uploads.purge(timezone.now() - timedelta(hours=6)) == 0
    assert path_of(uploaded.file).exists()
    assert uploads.purge(timezone.now() - timedelta(hours=4)) == 1
    assert not path_of(uploaded.file).exists()
    assert uploads.purge(timezone.now()) == 0, "it is gone, and not counted again"
    with in_tenant(anna.tenant):
        assert Import.objects.get().file.name == "companies.csv"
    assert anna.get(f"/imports/{uploaded.pk}/").status_code == 200


def test_a_table_that_is_still_needed_is_left_alone(anna, uploaded):
    with in_tenant(anna.tenant):
        Import.objects.update(state=Import.State.RUNNING, ended_at=None)
    assert holding("import-uploads").purge(timezone.now()) == 0
    assert path_of(uploaded.file).exists()


def test_a_marked_table_leaves_nothing_behind(operator):
    uploads = holding("import-uploads")
    key = uploads.plant(operator.actor)
    uploads.use(key)
    uploads.purge(timezone.now() - timedelta(hours=1))
    assert uploads.exists(key)
    uploads.purge(timezone.now() + timedelta(seconds=1))
    assert not uploads.exists(key)
    with in_tenant(operator.tenant):
        assert not Import.objects.exists()
        assert not StoredFile.objects.exists()
    with pytest.raises(LookupError):
        uploads.use(key)
