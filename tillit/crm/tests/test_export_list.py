"""Anna takes along what a list shows, as a file."""

import csv
import gc
import io
from datetime import UTC, datetime

import openpyxl
import pytest

from tillit.crm.actions import create_company, create_person
from tillit.crm.models import Company, Person
from tillit.foundation.models import Event, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.tenants.middleware import forget_hosts


def rows(reply):
    text = b"".join(reply.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def exported(person):
    with in_tenant(person.tenant):
        return [event.data for event in Event.objects.filter(name="crm.exported")]


@pytest.fixture
def companies(anna):
    for name, city in (("Nordlys AS", "Oslo"), ("Ærlig AS", "Bergen"), ("=1+1 AS", "Oslo")):
        create_company(anna.actor, values={"name": name, "city": city, "employees": 7})


def test_a_csv_holds_the_same_rows_order_and_columns_as_the_list(anna, companies):
    anna.post("/companies/columns/", {"columns": ["city", "employees"]})
    reply = anna.get("/companies/export.csv?sort=-name&city=Oslo")
    assert "attachment" in reply.headers["Content-Disposition"]
    assert rows(reply) == [["Name", "City", "Employees"], ["Nordlys AS", "Oslo", "7"], ["'=1+1 AS", "Oslo", "7"]]
    assert exported(anna) == [{"kind": "company", "form": "csv", "rows": 2}]


def test_a_workbook_holds_them_too(anna, companies):
    reply = anna.get("/companies/export.xlsx?q=lig")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(reply.streaming_content))).active
    names = [row[0] for row in sheet.iter_rows(values_only=True)]
    assert names == ["Name", "Ærlig AS"]
    assert exported(anna) == [{"kind": "company", "form": "xlsx", "rows": 1}]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_moments_are_those_of_the_readers_zone(anna, companies, form):
    anna.user.time_zone = "Pacific/Auckland"
    anna.user.save(update_fields=["time_zone"])
    anna.post("/companies/columns/", {"columns": ["created"]})
    with in_tenant(anna.tenant):
        Company.objects.update(created_at=datetime(2026, 11, 22, 21, 30, tzinfo=UTC))
    reply = anna.get(f"/companies/export.{form}?q=lig")
    if form == "csv":
        assert rows(reply)[1] == ["Ærlig AS", "2026-11-23 10:30+13:00"]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(reply.streaming_content))).active
        assert sheet["B2"].value == datetime(2026, 11, 23, 10, 30)  # noqa: DTZ001 - a workbook knows no zone


def test_anna_takes_her_data_along_while_it_may_only_be_read(anna, companies):
    Tenant.objects.filter(pk=anna.tenant.pk).update(state=Tenant.State.READ_ONLY)
    forget_hosts()
    assert len(rows(anna.get("/companies/export.csv"))) == 4
    assert exported(anna) == [{"kind": "company", "form": "csv", "rows": 3}]


def test_more_rows_than_a_page_are_all_there_and_companies_have_names(anna):
    here = create_company(anna.actor, values={"name": "Here AS"})
    with in_tenant(anna.tenant):
        Person.objects.bulk_create(
            Person(tenant=anna.tenant, last_name=f"Nr {number:04}", company=here) for number in range(4_100)
        )
    create_person(anna.actor, values={"first_name": "Kari", "last_name": "Zett"})
    table = rows(anna.get("/persons/export.csv"))
    assert len(table) == 4_102
    assert table[0][:4] == ["First name", "Last name", "Job title", "Company"]
    assert table[1][1:4] == ["Nr 0000", "", "Here AS"] and table[-1][:2] == ["Kari", "Zett"]


def test_a_reader_who_hangs_up_is_recorded_with_what_was_read(anna):
    with in_tenant(anna.tenant):
        Person.objects.bulk_create(
            Person(tenant=anna.tenant, last_name=f"Nr {number:04} {'x' * 100}") for number in range(4_100)
        )
    reply = anna.get("/persons/export.csv")
    next(iter(reply.streaming_content))
    del reply
    gc.collect()
    (event,) = exported(anna)
    assert 0 < event["rows"] < 4_100


def test_ben_who_may_only_read_cannot_export(ben, companies):
    assert ben.get("/companies/export.csv").status_code == 403
    assert ben.get("/companies/export.xlsx").status_code == 403
    assert "export.csv" not in ben.get("/companies/").content.decode()


def test_chiara_exports_nothing_of_annas(chiara, companies):
    assert len(rows(chiara.get("/companies/export.csv?archived=all"))) == 1
