"""Anna keeps what a list shows as a selection."""

import pytest

from tillit.crm.actions import create_company, create_person, create_selection
from tillit.crm.models import Company, Selection, SelectionMember
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened

KEEP = "/companies/selections/new/"


@pytest.fixture
def companies(anna):
    return [
        create_company(anna.actor, values={"name": name, "city": city}) for name, city in (("A", "Oslo"), ("B", ""))
    ]


def test_what_the_list_shows_is_kept_under_a_name(anna, companies):
    reply = anna.post(KEEP + "?city=Oslo", {"name": "Oslo fair"}, follow=True)
    page = reply.content.decode()
    assert "Selection: Oslo fair" in page and "1 company" in page
    assert happened("crm.selection_created")


def test_a_selection_needs_a_name(anna, companies):
    assert anna.post(KEEP, {"name": " "}).status_code == 422
    assert "<html" not in anna.get(KEEP, headers={"HX-Request": "true"}).content.decode()


def test_forgetting_a_selection_keeps_what_was_in_it(anna, companies):
    selection = create_selection(anna.actor, name="Fair", kind="company", ids=[one.pk for one in companies])
    anna.post(f"/companies/selections/{selection.pk}/forget/")
    with in_tenant(anna.tenant):
        assert not Selection.objects.exists() and not SelectionMember.objects.exists()
        assert Company.objects.count() == 2
    assert happened("crm.selection_deleted")


def test_ben_keeps_and_forgets_nothing(anna, ben, companies):
    selection = create_selection(anna.actor, name="Fair", kind="company")
    assert ben.get(KEEP).status_code == 403
    assert ben.post(KEEP, {"name": "x"}).status_code == 403
    assert ben.post(f"/companies/selections/{selection.pk}/forget/").status_code == 403


def test_chiara_can_not_forget_annas_selection(anna, chiara, companies):
    selection = create_selection(anna.actor, name="Fair", kind="company")
    assert chiara.post(f"/companies/selections/{selection.pk}/forget/").status_code == 404


def test_records_of_another_tenant_do_not_come_into_a_selection(anna, chiara, companies):
    theirs = create_person(anna.actor, values={"last_name": "Nord"})
    create_selection(chiara.actor, name="Sly", kind="person", ids=[theirs.pk])
    with in_tenant(chiara.tenant):
        assert not SelectionMember.objects.exists()
