"""The example register's agreements: each has a text without a problem, and the laws' points are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tillit.trust.agreements import queries

TEXTS = Path(__file__).parents[2] / "texts" / "seed"
pytestmark = pytest.mark.django_db
DORA = [f"dora-30-2-{letter}" for letter in "abcdefghi"] + [f"dora-30-3-{letter}" for letter in "abcdef"]
GDPR = [f"gdpr-28-3-{letter}" for letter in "abcdefgh"]


def texts_of(slug):
    return {path.name.split(".")[1]: path.read_text() for path in TEXTS.glob(f"{slug}.*.md")}


def test_every_agreement_of_the_register_has_a_text_without_a_problem(seed):
    for entry in queries.entries():
        found = queries.inspection(entry.slug, texts_of(entry.slug))
        assert found.documents, entry.slug
        assert found.problems == []


@pytest.mark.parametrize(
    ("slug", "names"), [("dora-addendum", DORA), ("crm-online-dpa", GDPR), ("support-consulting-dpa-nda", GDPR)]
)
def test_each_point_of_the_law_is_a_clause_with_a_name_that_stays(seed, slug, names):
    for document in queries.inspection(slug, texts_of(slug)).documents.values():
        assert [name for name in names if document.clause(name) is None] == []


def test_example_texts_say_that_they_are_no_legal_advice(seed):
    marks = {"de": "keine Rechtsberatung", "en": "no legal advice", "nb": "ikke juridisk rådgivning"}
    for path in TEXTS.glob("*.md"):
        assert marks[path.name.split(".")[1]] in " ".join(path.read_text().split())
