"""What cannot be seen is no name, and no name turns the page around it."""

import pytest

from tillit.crm.values import tidy_text


@pytest.mark.parametrize("text", ["\u200b", "\u2060 \u200b", "\u202e", "\ufeff"])
def test_invisible_signs_are_nothing(text):
    assert tidy_text("name", text) == ""


@pytest.mark.parametrize("text", ["شركة النور", "חברת אור", "株式会社ひかり", "Ελιά ΑΕ", "📈 GmbH", "Zürich‑Süd AG"])
def test_every_script_stays_as_it_is(text):
    assert tidy_text("name", text) == text


def test_overrides_of_the_direction_are_left_out():
    assert tidy_text("name", "\u202egpj.evil\u202c AS") == "gpj.evil AS"


def test_a_company_of_invisible_signs_is_refused_by_the_form(anna):
    answer = anna.post("/companies/new/", {"name": "\u200b"})
    assert answer.status_code == 422
