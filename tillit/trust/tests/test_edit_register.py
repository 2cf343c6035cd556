"""The operator edits one entry: proposes, looks at what it means, announces; refused in the form's own fields."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tillit.foundation.testing import happened, queued
from tillit.trust.models import Agreement, Measure, Processor, Proposal, Revision
from tillit.trust.queries import export_register

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DUE = START + timedelta(days=30, hours=1)
NEW = {
    "slug": "nordpost", "name": "Nordpost AS", "role": "mail", "seat_country": "NO", "seat_city": "Bergen",
    "processing_countries": "no", "purposes": ["mail"], "reached_at": "smtps://smtp.nordpost.example\r\n",
    "data_categories": "contact-data, correspondence", "processing_en": "Norway", "type_en": "E-mail provider",
    "service_en": "Sends mail.", "service_de": "Versendet E-Mails.",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def seed(clock, seed):
    """In force since an hour."""
    clock.shift(timedelta(hours=1))
    return seed


def seen(slug="", section="processors"):
    proposal = Proposal.objects.filter(section=section, slug=slug, announced_in=None).first()
    newest = Revision.objects.first()
    return {"based_on": newest.pk if newest else "", "instead_of": proposal.pk if proposal else ""}


def propose(person, slug="", section="processors", /, **typed):
    address = f"/operator/register/{section}/{slug}/edit/" if slug else f"/operator/register/new/{section}/"
    return person.post(address, {**seen(slug, section), **typed}, follow=True)


def typed_of(person, slug, section="processors"):
    """What the form shows, to be changed and sent back."""
    form = person.get(f"/operator/register/{section}/{slug}/edit/").context["form"]
    values = {}
    for bound in form:
        value = bound.value()
        widget = bound.field.widget
        if hasattr(widget, "decompress"):
            texts = zip(widget.widgets_names, widget.decompress(value), strict=True)
            values |= {f"{bound.name}{suffix}": text for suffix, text in texts}
        elif value not in (None, False):
            values[bound.name] = value
    return values


def announce(person, slug="nordpost", section="processors", **more):
    proposal = Proposal.objects.get(section=section, slug=slug, announced_in=None)
    return person.post(
        f"/operator/register/proposals/{proposal.pk}/", {"based_on": seen()["based_on"], **more}, follow=True
    )


def test_a_proposal_shows_the_public_row_and_what_it_means_and_tells_nobody(seed, operator, anna, public):
    sent = propose(operator, **NEW).content.decode()
    assert "Announce Nordpost AS?" in sent
    assert "As it will look" in sent
    assert "smtp.nordpost.example, port 465 (smtps), opens on 1 Apr 2026, 12:30 for: Sending mail." in sent
    assert "1 administrator of 1 customer is told by mail" in sent
    assert "annex III" in sent
    assert "Nordpost" not in public.get("/trust/").content.decode()
    assert happened("trust.entry_proposed")
    assert not happened("trust.entry_announced")
    assert not Processor.objects.filter(slug="nordpost").exists()


def test_announcing_starts_the_notice(seed, operator, public):
    propose(operator, **NEW)
    sent = announce(operator).content.decode()
    assert "not a second earlier" in sent
    row = Processor.objects.get(slug="nordpost")
    assert (row.in_force_at, row.stage()) == (DUE, "announced")
    assert row.reached_at == ["smtps://smtp.nordpost.example"]
    assert row.service == {"en": "Sends mail.", "de": "Versendet E-Mails."}
    assert queued("foundation.react")
    page = public.get("/trust/").content.decode()
    assert "Nordpost AS" in page
    assert "from 1 April 2026" in page


def test_an_entry_whose_form_is_sent_back_as_it_is_changes_nothing(seed, operator):
    before = export_register()
    for section, slug in [("processors", "mailgun"), ("measures", "fire-alarm"), ("regions", "norway"),
                          ("agreements", "crm-online-msa"), ("statements", "around-the-clock"),
                          ("operator", "operator"), ("promises", "promises")]:  # fmt: skip
        sent = propose(operator, slug, section, **typed_of(operator, slug, section)).content.decode()
        assert "Nothing would change." in sent, (section, slug)
    assert export_register() == before


def test_what_widens_nothing_holds_at_once(seed, operator, public):
    typed = typed_of(operator, "visma-itc") | {"name": "Visma IT"}
    propose(operator, "visma-itc", **typed)
    sent = announce(operator, "visma-itc").content.decode()
    assert "It holds from now on" in sent
    assert "Visma IT<" in public.get("/trust/").content.decode()


def test_every_list_can_be_edited(seed, operator):
    typed = {"slug": "two-keys", "place": "data-centre", "text_en": "Two people have a key."}
    propose(operator, "", "measures", **typed)
    announce(operator, "two-keys", "measures")
    assert Measure.objects.in_force().get(slug="two-keys").text == {"en": "Two people have a key."}
    typed = typed_of(operator, "code-of-conduct", "agreements") | {"audience": "customers", "notice_days": "60"}
    propose(operator, "code-of-conduct", "agreements", **typed)
    announce(operator, "code-of-conduct", "agreements")
    assert Agreement.objects.in_force().get(slug="code-of-conduct").notice_days == 60


def test_the_promises_can_be_edited_and_not_shortened(seed, operator):
    typed = typed_of(operator, "promises", "promises")
    sent = propose(operator, "promises", "promises", **typed | {"processor_notice_days": "14"}).content.decode()
    assert "a promise is not shortened" in sent
    propose(operator, "promises", "promises", **typed | {"processor_notice_days": "60"})
    announce(operator, "promises", "promises")
    assert export_register()["promises"]["processor_notice_days"] == 60


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"lei": "529900T8BM49AURSDO56"}, "lei", "is no legal entity identifier"),
        ({"processing_countries": "NO, EU"}, "processing_countries", "number 2: “EU” is no ISO 3166-1"),
        ({"reached_at": "ftp://nordpost.example"}, "reached_at", "number 1: must be like"),
        ({"purposes": []}, "purposes", "what is it reached for?"),
        ({"transfer_basis": "scc"}, "transfer_document", "which document"),
        ({"slug": "Nord Post"}, "slug", "a short name of a-z"),
        ({"slug": "mailgun"}, "slug", "There is an entry of this name already."),
        ({"service_en": "Keeps mail for 12 hours.", "retention_hours": "24"}, "service", "en: must contain 24"),
        ({"transfer_review": "soon"}, "transfer_review", "Enter a valid date."),
        ({"in_force_from": "2026-03-20"}, "in_force_from", "customers are promised that much notice"),
        ({"name": ""}, "name", "This field is required."),
        ({"name": "a" * 250}, "name", "is longer than 200 characters."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(seed, operator, wrong, field, sentence):
    answer = propose(operator, **{**NEW, **wrong})
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert 'value="Bergen"' in answer.content.decode()
    assert not Proposal.objects.exists()


def test_two_people_who_edit_the_same_entry_hear_of_each_other(seed, operator):
    first = typed_of(operator, "mailgun")
    looked_at = seen("mailgun")
    propose(operator, "mailgun", **first | {"name": "Mailgun LLC"})
    late = operator.post("/operator/register/processors/mailgun/edit/", {**first, "name": "Mailgun", **looked_at})
    assert "Somebody else changed this entry meanwhile" in late.content.decode()
    announce(operator, "mailgun")
    late = operator.post("/operator/register/processors/mailgun/edit/", {**first, "name": "Mailgun", **looked_at})
    assert "Somebody else changed this entry meanwhile" in late.content.decode()
    assert Processor.objects.said().get(slug="mailgun").name == "Mailgun LLC"


def test_whoever_announces_what_somebody_changed_meanwhile_looks_again(seed, operator, in_force, seed_text):
    propose(operator, **NEW)
    looked_at = seen()["based_on"]
    in_force(seed_text.replace("Visma ITC", "Visma IT"))
    sent = announce(operator, based_on=looked_at).content.decode()
    assert "Somebody applied another register meanwhile" in sent
    assert not Processor.objects.filter(slug="nordpost").exists()


def test_an_entry_that_needs_another_is_announced_together_with_it(seed, operator):
    propose(operator, **NEW)
    hall = {"slug": "hall-1", "name": "Hall 1", "country": "NO", "processor": "nordpost"}
    alone = propose(operator, "", "data_centres", **hall).content.decode()
    assert "is no processor of this register" in alone
    company = Proposal.objects.get(slug="nordpost")
    page = f"/operator/register/proposals/{Proposal.objects.get(slug='hall-1').pk}/"
    assert "opens on" in operator.get(page, {"with": company.pk}).content.decode()
    announce(operator, "hall-1", "data_centres", **{"with": company.pk})
    assert not Proposal.objects.filter(announced_in=None).exists()
    assert export_register()["data_centres"][-1]["processor"] == "nordpost"


def test_an_entry_is_taken_out_and_its_history_stays(seed, operator, public):
    operator.post("/operator/register/processors/infobridge/edit/", {"out": "1", **seen("infobridge")})
    assert (
        "Take out infobridge?"
        in operator.get(f"/operator/register/proposals/{Proposal.objects.get().pk}/").content.decode()
    )
    announce(operator, "infobridge")
    assert "InfoBridge Software" not in public.get("/trust/", {"lang": "de"}).content.decode().split("<main")[1]
    history = public.get("/trust/processors/infobridge/").content.decode()
    assert "Ended" in history
    assert "InfoBridge Software BV" in history


def test_an_entry_that_others_point_to_is_not_taken_out(seed, operator):
    answer = operator.post("/operator/register/processors/mailgun/edit/", {"out": "1", **seen("mailgun")}, follow=True)
    assert "data_centres[frankfurt].processor: “mailgun” is no processor of this register." in answer.content.decode()
    assert not Proposal.objects.exists()


def test_a_proposal_is_withdrawn_and_leaves_nothing(seed, operator):
    propose(operator, **NEW)
    operator.post(f"/operator/register/proposals/{Proposal.objects.get().pk}/withdraw/")
    assert not Proposal.objects.exists()
    assert happened("trust.proposal_withdrawn")
    assert operator.get("/operator/register/processors/nordpost/").status_code == 404


def test_an_entrys_page_tells_its_versions(seed, operator, clock):
    propose(operator, "mailgun", **typed_of(operator, "mailgun") | {"name": "Mailgun LLC"})
    announce(operator, "mailgun")
    sent = operator.get("/operator/register/processors/mailgun/").content.decode()
    assert "Version 2" in sent
    assert "<del>Mailgun Inc.</del>" in sent
    assert "Olav Drift" in sent


def test_the_overview_counts_what_is_proposed_announced_in_force_and_ended(seed, operator):
    propose(operator, **NEW)
    announce(operator)
    propose(operator, "mailgun", **typed_of(operator, "mailgun") | {"name": "Mailgun LLC"})
    sizes = {size.section: size for size in operator.get("/operator/register/").context["sizes"]}
    found = sizes["processors"]
    assert (found.proposed, found.announced, found.in_force, found.ended) == (1, 1, 8, 0)


@pytest.mark.parametrize(
    "page",
    ["", "processors/", "processors/mailgun/", "processors/mailgun/edit/", "new/processors/", "objections/", "file/"],
)
def test_only_the_operator_comes_here(seed, operator, anna, public, page):
    address = f"/operator/register/{page}"
    assert operator.get(address).status_code == 200
    assert anna.get(address).status_code == 403
    assert public.get(address).status_code == 302


@pytest.mark.parametrize(
    "page", ["nothing/", "nothing/mailgun/", "processors/nobody/", "new/operator/", "proposals/7/"]
)
def test_what_is_not_there_is_not_found(seed, operator, page):
    assert operator.get(f"/operator/register/{page}").status_code == 404


@pytest.mark.parametrize(("page", "most"), [("", 35), ("processors/", 18), ("processors/mailgun/", 30)])
def test_the_pages_need_few_queries(seed, operator, page, most, django_assert_max_num_queries):
    operator.get(f"/operator/register/{page}")
    with django_assert_max_num_queries(most):
        operator.get(f"/operator/register/{page}")


def test_the_pages_speak_german(seed, operator):
    propose(operator, **NEW)
    page = f"/operator/register/proposals/{Proposal.objects.get().pk}/?lang=de"
    sent = operator.get(page).content.decode()
    assert "Port 465 (smtps), öffnet sich am 01.04.2026, 12:30 für: E-Mails versenden" in sent
