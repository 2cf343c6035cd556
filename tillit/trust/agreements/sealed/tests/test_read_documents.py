"""The sealed PDF of a version over HTTP, and whose seal it is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tillit.foundation.testing import run_jobs
from tillit.trust.agreements.models import SealedDocument
from tillit.trust.agreements.sealed import sealkey
from tillit.trust.models import Agreement

pytestmark = pytest.mark.django_db
ADDRESS = "/trust/agreements/ai-lab-terms/1/en.pdf"


def test_everybody_reads_the_sealed_pdf_without_a_cookie(ai_lab, public, django_assert_max_num_queries):
    made = SealedDocument.objects.get(version=ai_lab)
    with django_assert_max_num_queries(8):
        answer = public.get(ADDRESS)
    content = b"".join(answer.streaming_content)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="ai-lab-terms-1-en.pdf"'
    assert answer.headers["ETag"] == f'"{made.sha256}"'
    assert "immutable" in answer.headers["Cache-Control"]
    assert int(answer.headers["Content-Length"]) == made.size == len(content)
    assert not answer.cookies
    again = public.get(ADDRESS, headers={"If-None-Match": f'"{made.sha256}"'})
    assert again.status_code == 304


def test_a_pdf_that_is_being_made_says_so(publish, public):
    version = publish("ai-lab-terms")
    answer = public.get(ADDRESS)

    assert answer.status_code == 404
    assert answer.headers["Retry-After"] == "60"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "is being made" in answer.content.decode()
    assert version.sha256["en"] in answer.content.decode()
    run_jobs()
    assert public.get(ADDRESS).status_code == 200


@pytest.mark.parametrize("address", ["ai-lab-terms/2/en", "ai-lab-terms/1/de", "none-such/1/en", "ai-lab-terms/1/xx"])
def test_what_does_not_exist_is_not_being_made(ai_lab, public, address):
    answer = public.get(f"/trust/agreements/{address}.pdf")
    assert answer.status_code == 404
    assert "Retry-After" not in answer.headers


def test_what_is_for_customers_only_is_given_to_members_only(ai_lab, public, mia):
    Agreement.objects.filter(slug="ai-lab-terms").update(audience="customers")
    assert public.get(ADDRESS).status_code == 404
    inside = reverse("sealed:read_pdf", args=["ai-lab-terms", 1, "en"])
    answer = mia.get(inside)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert public.get(inside).status_code in (302, 401, 403)


def test_what_is_given_on_request_is_not_given_to_other_members(ai_lab, mia):
    Agreement.objects.filter(slug="ai-lab-terms").update(audience="on-request")
    assert mia.get(reverse("sealed:read_pdf", args=["ai-lab-terms", 1, "en"])).status_code == 404


def test_everybody_sees_whose_seal_it_is(ai_lab, public):
    seal = sealkey.current_seal()
    page = public.get("/trust/seal/").content.decode()

    assert seal.fingerprint_in_groups in page
    assert "self-made" in page
    certificate = public.get("/trust/seal.pem")
    assert certificate.content.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in certificate.content


def test_before_the_first_document_there_is_no_seal(seed, public):
    assert "No document has been sealed yet." in public.get("/trust/seal/").content.decode()
    assert public.get("/trust/seal.pem").status_code == 404


@pytest.mark.promise("code-of-conduct-is-published")
@pytest.mark.promise("supplier-code-of-conduct-is-published")
@pytest.mark.parametrize("slug", ["code-of-conduct", "supplier-code-of-conduct"])
def test_everybody_reads_the_codes_of_conduct_as_pdf(publish, public, slug):
    publish(slug)
    run_jobs()
    answer = public.get(f"/trust/agreements/{slug}/1/en.pdf")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
