"""The operator writes the next version on a page, sees what is wrong with it, and publishes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from tillit.trust.agreements.models import AgreementVersion, Draft
from tillit.trust.agreements.testing import text, texts

DESK = "/operator/agreements/"
DPA = "/operator/agreements/crm-online-dpa/"


@pytest.fixture(autouse=True)
def in_november():
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        yield


@pytest.mark.parametrize("page", [DESK, DPA, f"{DPA}publish", f"{DESK}requests/", f"{DESK}acceptances.csv"])
def test_only_the_operator_has_the_desk(seed, operator, anna, page):
    assert operator.get(page).status_code in (200, 302)
    assert anna.get(page).status_code == 403


def test_the_desk_lists_every_agreement_of_the_register(seed, operator):
    sent = operator.get(DESK).content.decode()
    assert sent.count("no text") == 15


def test_a_text_is_saved_with_its_problems_and_shown(seed, operator):
    wrong = text("de", hours="24").replace("## 2", "## 3")
    assert operator.post(f"{DPA}?text=de", {"text": wrong}).status_code == 302
    sent = operator.get(DPA, {"text": "de"}).content.decode()
    assert "Clause 3 cannot follow here" in sent
    assert "is a value of the register" in sent
    assert "crm-online-dpa.de.md" in sent
    assert 'class="bound">30' in sent  # the preview
    assert operator.get(f"{DPA}publish").status_code == 302
    assert "2 problems" in operator.get(DESK).content.decode()


def test_a_file_is_brought_and_the_draft_is_published_after_a_look(seed, operator):
    for code, said in texts().items():
        file = SimpleUploadedFile(f"crm-online-dpa.{code}.md", said.encode(), "text/markdown")
        operator.post(f"{DPA}?text={code}", {"text": "", "file": file})
    assert "The texts have no problems." in operator.get(DPA).content.decode()
    assert "ready" in operator.get(DESK).content.decode()
    assert 'value="2026-12-01"' in operator.get(f"{DPA}publish").content.decode()
    operator.post(f"{DPA}publish", {"valid_from": "2026-12-24", "asks_acceptance": "on"})
    version = AgreementVersion.objects.get()
    assert version.valid_from == datetime(2026, 12, 23, 23, tzinfo=UTC)
    assert version.asks_acceptance
    assert not Draft.objects.exists()


def test_a_file_that_no_database_keeps_is_refused_with_a_sentence(seed, operator):
    file = SimpleUploadedFile("crm-online-dpa.de.md", b"\0" + text("de").encode(), "text/markdown")
    answer = operator.post(f"{DPA}?text=de", {"text": "", "file": file})
    assert (answer.status_code, Draft.objects.count()) == (422, 0)
    assert "U+0000" in answer.content.decode()
    hidden = text("de").replace('title = "', 'title = "\\u0000', 1)
    operator.post(f"{DPA}?text=de", {"text": hidden})
    assert "“title” cannot be read" in operator.get(DPA, {"text": "de"}).content.decode()


def test_a_date_in_the_past_is_told_and_nothing_is_lost(seed, operator):
    for code, said in texts().items():
        operator.post(f"{DPA}?text={code}", {"text": said})
    answer = operator.post(f"{DPA}publish", {"valid_from": "2026-11-01"})
    assert answer.status_code == 422
    assert "cannot begin in the past" in answer.content.decode()
    assert Draft.objects.exists()


def test_a_new_version_shows_what_it_changes_and_can_be_thrown_away(publish, operator):
    publish(texts(valid_from="2026-11-20"))
    changed = text("de", valid_from="2026-11-20").replace("löschen", "vernichten")
    operator.post(f"{DPA}?text=de", {"text": changed})
    sent = operator.get(f"{DPA}publish").content.decode()
    assert "<del>löschen</del>" in sent
    assert "<ins>vernichten</ins>" in sent
    assert operator.post(f"{DPA}withdraw").status_code == 302
    assert not Draft.objects.exists()


def test_a_changed_register_is_told_on_the_desk(publish, in_force, operator):
    publish(texts(valid_from="2026-11-20"))
    assert "out of step" not in operator.get(DESK).content.decode()
    in_force("processor_notice_days = 30", "processor_notice_days = 60")
    sent = operator.get(DESK).content.decode()
    assert "out of step" in sent
    assert "promises.processor_notice_days" in sent


@pytest.mark.parametrize(
    ("content", "told"), [(b"\xff\xfe", "not in UTF-8"), (b"x" * 1_600_001, "The file is too long")]
)
def test_a_file_that_is_no_text_is_refused(seed, operator, content, told):
    answer = operator.post(f"{DPA}?text=de", {"file": SimpleUploadedFile("x.md", content)})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Draft.objects.exists()
