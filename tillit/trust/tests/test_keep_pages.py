"""A public page is made once for many readers, and anew as soon as another register is applied."""

import pytest

from tillit.trust import publishing
from tillit.trust.publishing import forget_pages


@pytest.fixture(autouse=True)
def kept(settings):
    settings.PUBLIC_PAGES_KEPT = 3600.0
    forget_pages()
    yield
    forget_pages()


def test_a_page_that_was_made_costs_a_few_questions(seed, public, django_assert_max_num_queries):
    first = public.get("/trust/")
    with django_assert_max_num_queries(5):
        second = public.get("/trust/")
    assert second.content == first.content
    assert second.headers["ETag"] == first.headers["ETag"]
    assert second.headers["Content-Type"] == first.headers["Content-Type"]


def test_another_register_is_seen_at_once(seed, public, in_force, seed_text):
    assert "Visma ITC" in public.get("/trust/").content.decode()
    in_force(seed_text.replace("Visma ITC", "Vismuth IT"))
    assert "Vismuth IT" in public.get("/trust/").content.decode()


def test_every_language_has_its_own(seed, public):
    assert "Vereinbarungen" in public.get("/trust/?lang=de").content.decode()
    assert "Vereinbarungen" not in public.get("/trust/?lang=en").content.decode()
    assert public.get("/trust/?lang=de").headers["Content-Language"] == "de"


def test_a_known_page_is_not_sent_twice(seed, public):
    etag = public.get("/trust/").headers["ETag"]
    assert public.get("/trust/", headers={"If-None-Match": etag}).status_code == 304


def test_nobody_fills_the_memory_with_invented_addresses(seed, public):
    for number in range(50):
        assert public.get(f"/trust/?invented={number}").status_code == 200
    assert not publishing._made


def test_nobody_fills_the_memory_with_invented_languages(seed, public, monkeypatch):
    monkeypatch.setattr(publishing, "MOST_BYTES", 500_000)
    for number in range(20):
        assert public.get(f"/trust/?lang=x{number}").status_code == 200
    assert 0 < sum(len(page.content) for page in publishing._made.values()) <= 500_000


@pytest.mark.parametrize("address", ["/trust/", "/trust/processors.json", "/trust/log/", "/trust/log/key", "/status/"])
def test_a_spoilt_cookie_is_not_answered_with_a_new_one(seed, public, settings, address):
    for _again in range(2):  # made, and kept
        public.cookies.clear()
        public.cookies[settings.CSRF_COOKIE_NAME] = "spoilt"
        assert "Set-Cookie" not in public.get(address).headers
