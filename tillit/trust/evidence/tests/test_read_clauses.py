"""Supervisors read DORA and GDPR clause by clause: where the contract says it, and what shows it."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from tillit.foundation.access import Actor
from tillit.trust.agreements.actions import draft_agreement, publish_agreement
from tillit.trust.evidence import clauses, facts
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.proof.jobs.checks import run_due_checks
from tillit.trust.proof.models.checks import CheckRun

LAWS = {"dora": [f"30-2-{letter}" for letter in "abcdefghi"] + [f"30-3-{letter}" for letter in "abcdef"],
        "gdpr": [f"28-3-{letter}" for letter in "abcdefgh"]}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_every_clause_has_a_section_and_evidence(seed, name, chosen_text):
    table = clauses.table(name)
    assert set(LAWS[name]) <= {clause.key for clause in table.clauses}
    listed = tomllib.loads((Path(clauses.TABLES) / f"{name}.toml").read_text())["clauses"]
    for clause, said in zip(table.clauses, listed, strict=True):
        assert clause.evidence, clause.key
        for one in clause.evidence:
            assert facts.evidence(one)
        assert f"{{#{clause.anchor}}}" in chosen_text(clause.agreement), clause.anchor
        assert set(said["title"]) == set(said["text"]) == {"de", "en", "nb"}


def test_evidence_that_nobody_wrote_is_an_error():
    with pytest.raises(LookupError, match="perpetual_motion"):
        facts.evidence("perpetual_motion")


def test_no_evidence_is_written_that_no_clause_names():
    named = {one for name in LAWS for clause in clauses.table(name).clauses for one in clause.evidence}
    assert set(facts.KNOWN) <= named


@pytest.mark.parametrize(("lang", "words"), [("en", "Not provided"), ("de", "Nicht vorhanden"), ("nb", "Finnes ikke")])
def test_what_is_missing_is_said(seed, public, lang, words):
    sent = public.get("/trust/dora/", {"lang": lang}).content.decode()
    row = sent[sent.index('id="30-2-i"') : sent.index('id="30-3-a"')]
    assert words in row


def test_a_cloud_without_agreements_says_so(in_force, linked_text, public):
    in_force(linked_text)
    sent = public.get("/trust/gdpr/").content.decode()
    assert sent.count("No agreement in the register says it.") == 8


def test_a_check_that_fails_turns_its_clause_red(seed, public, operator_tenant, settings):
    settings.PUBLIC_PAGES_KEPT = 0
    settings.BASE_HOST, settings.HTTPS = "tillit.example", False
    settings.ALLOWED_HOSTS = ["*"]
    run_due_checks(Actor.system(operator_tenant))
    found = {row.clause.key: row.facts for row in clauses.rows("dora", Cloud())}
    weights = {fact.sentence: fact.weight for fact in found["30-2-c"]}
    assert facts.Weight.FAILED in weights.values()
    assert all(fact.at for fact in found["30-2-c"] if fact.weight == facts.Weight.PROVEN)


def test_a_check_proves_nothing_a_day_later_and_nothing_while_it_cannot_say(linked):
    """`linked` binds no measure to this check, so that no measure says for how long it holds."""
    run = CheckRun.objects.create(name="row-level-security", ok=True, message="All tables.", milliseconds=1)
    for days, weight in ((0, facts.Weight.PROVEN), (2, facts.Weight.MISSING)):
        assert facts.last_run(Cloud(at=run.at + timedelta(days=days)), run.name).weight == weight
    undecided = CheckRun.objects.create(name="retention", ok=None, message="Not yet.", milliseconds=1)
    assert facts.last_run(Cloud(), undecided.name).weight == facts.Weight.MISSING


def test_the_section_in_force_is_named_with_its_number_and_version(seed, operator, public, chosen_text):
    texts = {"en": chosen_text("dora-addendum").replace("2026-10-01", "2026-12-24")}
    draft_agreement(operator.actor, agreement="dora-addendum", texts=texts)
    version = publish_agreement(operator.actor, agreement="dora-addendum")
    rows = clauses.rows("dora", Cloud(at=version.valid_from))
    section = next(row.section for row in rows if row.clause.key == "30-2-b")
    assert (section.number, section.version) == ("2.2", "2026-1")
    assert section.link.endswith("/trust/agreements/dora-addendum/#dora-30-2-b")


def test_a_customer_sees_its_own_region(linked, anna, chiara):
    sent = anna.get("/my-trust/dora/").content.decode()
    assert "Your region: Our own server." in sent
    chiara.tenant.region = "elsewhere"
    chiara.tenant.save()
    assert "The register does not describe your region (elsewhere)." in chiara.get("/my-trust/dora/").content.decode()


@pytest.mark.parametrize("path", ["/trust/dora/", "/trust/gdpr/", "/trust/jurisdiction/", "/trust/annexes/"])
def test_public_evidence_needs_few_queries(seed, public, path, settings, django_assert_max_num_queries):
    settings.PUBLIC_PAGES_KEPT = 0
    public.get(path)
    with django_assert_max_num_queries(20):
        assert public.get(path).status_code == 200


def test_the_words_are_ours_and_the_source_is_named(seed, public):
    sent = public.get("/trust/dora/").content.decode()
    assert re.search(r'href="https://eur-lex\.europa\.eu/eli/reg/2022/2554/oj"', sent)
