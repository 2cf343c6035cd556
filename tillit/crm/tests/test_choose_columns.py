"""Everybody sees the columns he or she chose."""

import re

from tillit.crm.actions import create_company

COLUMNS = "/companies/columns/"


def heads(person, address="/companies/"):
    page = person.get(address).content.decode()
    return re.findall(r"<th scope=\"col\"[^>]*>(?:<a [^>]+>)?([^<]+)", page)


def test_anna_chooses_columns_and_ben_keeps_his(anna, ben):
    create_company(anna.actor, values={"name": "Nordlys AS", "employees": 12345})
    reply = anna.post(COLUMNS + "?sort=-name", {"columns": ["employees", "domain"]})
    assert reply.url == "/companies/?sort=-name"
    assert heads(anna) == ["Name", "Domain", "Employees"] or heads(anna) == ["Name", "Employees", "Domain"]
    assert "12,345" in anna.get("/companies/").content.decode()
    assert "Employees" not in heads(ben)


def test_the_usual_columns_come_back(anna):
    create_company(anna.actor, values={"name": "Nordlys AS"})
    usual = heads(anna)
    anna.post(COLUMNS, {"columns": ["employees"]})
    anna.post(COLUMNS, {"columns": ["employees"], "usual": "1"})
    assert heads(anna) == usual


def test_a_column_that_does_not_exist_is_refused(anna):
    assert anna.post(COLUMNS, {"columns": ["password"]}).status_code == 422


def test_a_reader_may_choose_columns_too(ben, anna):
    create_company(anna.actor, values={"name": "Nordlys AS"})
    assert ben.post(COLUMNS, {"columns": ["city"]}).status_code == 302
    assert heads(ben) == ["Name", "City"]


def test_columns_and_filters_open_above_the_table_or_on_pages_of_their_own(anna):
    create_company(anna.actor, values={"name": "Nordlys AS", "industry": "Energy", "country": "NO", "city": "Oslo"})
    for address in (COLUMNS, "/companies/filters/?industry=Energy", "/persons/filters/", "/persons/columns/"):
        assert "<html" in anna.get(address).content.decode()
        assert "<html" not in anna.get(address, headers={"HX-Request": "true"}).content.decode()
    page = anna.get("/companies/filters/?industry=Energy").content.decode()
    assert "<option selected>Energy</option>" in page and '<option value="NO">Norway</option>' in page
