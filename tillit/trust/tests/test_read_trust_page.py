"""Anybody reads the trust centre: on every host, in their language, without account, cookie or foreign host."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from tillit.foundation.testing import Person, public_of

PAGES = [
    "/trust/",
    "/trust/agreements/dora-addendum/",
    "/trust/statements.json",
    "/trust/agreements.json",
    "/trust/processors.json",
    "/trust/measures.json",
    "/trust/regions.json",
    "/.well-known/security.txt",
    "/robots.txt",
]


@pytest.mark.parametrize("page", PAGES)
def test_the_trust_centre_answers_everybody_without_a_cookie(seed, public, fjordlys, anna, page):
    for reader in (public, public_of(fjordlys), anna):
        answer = reader.get(page)
        assert answer.status_code == 200
        assert not answer.cookies
        assert "Cookie" not in answer.headers["Vary"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_kept_for_a_minute_and_then_asked_for_by_its_mark(seed, public, in_force, seed_text, page):
    first = public.get(page)
    assert first.headers["Cache-Control"] == "public, max-age=60"
    again = public.get(page, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert public.head(page).headers["ETag"] == first.headers["ETag"]
    assert public.post(page).status_code == 405


def test_a_changed_register_has_another_mark(seed, public, in_force, seed_text):
    first = public.get("/trust/")
    in_force(seed_text.replace("Visma ITC", "Visma IT"))
    changed = public.get("/trust/", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "Visma IT" in changed.content.decode()


@pytest.mark.parametrize("page", PAGES[:2])
def test_a_page_loads_nothing_from_elsewhere(seed, public, page):
    sent = public.get(page).content.decode()
    loaded = re.findall(r'<(?:link|script|img|iframe|source|use)[^>]*?(?:href|src)="([^"]*)"', sent)
    assert loaded
    assert [address for address in loaded if not address.startswith("/")] == []
    assert "<script" not in sent


def test_links_to_elsewhere_are_those_of_the_register(seed, public):
    sent = public.get("/trust/").content.decode()
    assert set(re.findall(r'<a[^>]*href="(https?://[^"]*)"', sent)) == {
        "https://status.superoffice.com",
        "https://www.microsoft.com/de-de/trustcenter/cloudservices/azure",
    }


def test_own_links_lead_somewhere(seed, public):
    sent = public.get("/trust/", {"lang": "de"}).content.decode()
    for address in set(re.findall(r'<(?:a|link)[^>]*href="(/(?:trust|status|\.well-known)[^"#]*)', sent)):
        assert public.get(address).status_code == 200, address


def test_anchors_of_the_contents_exist(seed, public):
    sent = public.get("/trust/").content.decode()
    for anchor in re.findall(r'href="#([^"]+)"', sent):
        assert f'id="{anchor}"' in sent


@pytest.mark.parametrize(
    ("asked", "accepts", "shown", "heading"),
    [
        ({"lang": "de"}, "en", "de", "Vereinbarungen & Richtlinien"),
        ({}, "nb-NO,nb;q=0.9", "nb", "Avtaler og retningslinjer"),
        ({}, "de-CH", "de", "Vereinbarungen & Richtlinien"),
        ({"lang": "tlh"}, "de", "de", "Vereinbarungen & Richtlinien"),
        ({"lang": "../etc"}, "fi", "en", "Agreements & policies"),
    ],
)
def test_everybody_reads_in_their_language(seed, public, asked, accepts, shown, heading):
    answer = public.get("/trust/", asked, headers={"Accept-Language": accepts})
    assert answer.headers["Content-Language"] == shown
    assert heading in answer.content.decode()


def test_a_document_in_another_language_says_so(seed, public):
    german = public.get("/trust/", {"lang": "de"}).content.decode()
    assert '<span lang="en">SuperOffice Code of Conduct</span></a> <span class="lang-mark">(Englisch, pdf)' in german
    english = public.get("/trust/", {"lang": "en"}).content.decode()
    assert 'Master Subscription Agreement (MSA)</a> <span class="lang-mark">(German)' in english
    assert 'SuperOffice Code of Conduct</a> <span class="lang-mark">(pdf)' in english


def test_a_text_that_is_missing_in_a_language_falls_back_in_the_operators_order(in_force, seed_text, public):
    english = next(line for line in seed_text.splitlines() if line.startswith("text.en") and "locked" in line)
    norwegian = next(line for line in seed_text.splitlines() if line.startswith("text.nb") and "Lokalene" in line)
    in_force(seed_text.replace(norwegian, "").replace(english, ""))
    assert 'überwacht.</span> <span class="lang-mark">(German)' in public.get("/trust/").content.decode()
    in_force(seed_text.replace(norwegian, ""))
    shown = public.get("/trust/", {"lang": "nb"}).content.decode()
    assert 'überwacht.</span> <span class="lang-mark">(tysk)' in shown.replace("Tysk", "tysk")


def test_example_data_is_marked_in_every_language(seed, public):
    for language, mark in (("de", "Beispieldaten: "), ("en", "Example data: "), ("nb", "Eksempeldata: ")):
        for page in ("/trust/", "/trust/agreements/dora-addendum/"):
            sent = public.get(page, {"lang": language}).content.decode()
            assert 'class="example-mark"' in sent
            assert mark in sent


def test_a_register_of_ones_own_is_not_marked(blank, public):
    sent = public.get("/trust/").content.decode()
    assert "example-mark" not in sent
    assert "Your company" in sent


def test_a_blank_register_leaves_no_holes(blank, public):
    sent = public.get("/trust/").content.decode()
    for words in ("No agreement or policy is listed yet", "No processor is listed yet", "Our own server"):
        assert words in sent
    assert "None" not in sent


def test_before_the_first_register_nothing_is_promised(public):
    sent = public.get("/trust/").content.decode()
    assert "has not published a register yet" in sent
    assert public.get("/.well-known/security.txt").status_code == 404
    assert public.get("/trust/processors.json").json()["processors"] == []


def test_an_agreement_says_plainly_that_its_text_is_not_here(seed, public):
    sent = public.get("/trust/agreements/supplier-code-of-conduct/", {"lang": "de"}).content.decode()
    for words in ("SuperOffice Supplier Code of Conduct", "Verhaltenskodex", "Englisch", "PDF", "nicht veröffentlicht"):
        assert words in sent
    assert public.get("/trust/agreements/no-such-thing/").status_code == 404


def test_an_agreement_with_a_link_leads_there(in_force, seed_text, public):
    in_force(
        seed_text.replace('slug = "dora-addendum"', 'slug = "dora-addendum"\nlink = "https://example.com/dora.pdf"')
    )
    sent = public.get("/trust/agreements/dora-addendum/").content.decode()
    assert 'href="https://example.com/dora.pdf"' in sent
    assert "not published here" not in sent


def test_a_part_of_the_page_has_an_address(seed, public):
    answer = public.get("/trust/processors/", {"lang": "nb"})
    assert answer.headers["Location"] == "/trust/?lang=nb#processors"


def test_the_page_tells_when_it_last_changed(seed, public):
    day = seed.at.astimezone(ZoneInfo("Europe/Oslo")).date()  # the operator's, which begins before that of UTC
    assert day.isoformat() in public.get("/trust/").content.decode()


def test_markup_in_a_register_stays_text(in_force, seed_text, public):
    in_force(seed_text.replace('name = "Visma ITC"', 'name = "<img src=x onerror=alert(1)>"'))
    sent = public.get("/trust/").content.decode()
    assert "<img src=x" not in sent
    assert "&lt;img src=x" in sent


def test_the_page_needs_few_queries_whatever_its_size(seed, public, django_assert_max_num_queries):
    public.get("/trust/")
    with django_assert_max_num_queries(39):
        public.get("/trust/")


def test_somebody_signed_in_elsewhere_reads_the_same_page(seed, anna, fjordlys):
    assert anna.get("/trust/").content == Person(fjordlys).get("/trust/").content


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_page_to_read_says_that_it_takes_nothing(seed, operator_tenant, method):
    visitor = Client(enforce_csrf_checks=True, headers={"Host": "tillit.test"})
    answer = getattr(visitor, method)("/trust/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
