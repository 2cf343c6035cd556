"""Dates, numbers and texts as the reader writes them."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from tillit.foundation import formats, texts

MOMENT = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "date", "number"),
    [("en", "22 Nov 2026", "1,234.5"), ("de", "22.11.2026", "1.234,5"), ("nb", "22. nov. 2026", "1\xa0234,5")],
)
def test_dates_and_numbers_by_language(language, date, number):
    with translation.override(language), timezone.override("UTC"):
        assert formats.local_date(MOMENT) == date
        assert formats.local_number(Decimal("1234.5")) == number


def test_a_time_is_shown_in_the_readers_zone():
    with translation.override("de"), timezone.override("Europe/Oslo"):
        assert formats.local_datetime(MOMENT) == "22.11.2026, 23:30"
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        assert formats.local_date(MOMENT) == "23.11.2026"


def test_a_time_for_all_readers_names_its_zone():
    with translation.override("en"):
        assert formats.zoned_datetime(MOMENT, ZoneInfo("Europe/Oslo")).endswith("23:30 CET")


def test_money_and_countries_by_language():
    with translation.override("de"):
        assert formats.local_money(Decimal("1234.5"), "EUR") == "1.234,50\xa0€"
        assert formats.country_name("NO") == "Norwegen"
    with translation.override("nb"):
        assert formats.country_name("DE") == "Tyskland"
    assert formats.country_name("QQ") == "QQ"


def test_nothing_is_shown_as_nothing():
    assert formats.local_date(None) == formats.local_datetime(None) == formats.local_number(None) == ""


def test_an_unknown_time_zone_is_refused():
    formats.check_time_zone("Europe/Oslo")
    with pytest.raises(ValidationError):
        formats.check_time_zone("Europe/Atlantis")


def test_a_text_falls_back_and_says_so():
    with translation.override("de"):
        assert texts.pick({"en": "Terms"}) == ("Terms", "en")
        assert texts.language_mark("en") == "Englisch"
        assert texts.pick({"de": "Bedingungen", "en": "Terms"}) == ("Bedingungen", "de")
        assert texts.language_mark("de") == ""
    assert texts.pick({}, "nb") == ("", "nb")
