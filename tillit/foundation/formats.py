"""Dates, numbers and money as the reader writes them, by Babel; time zones by name."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, dates, numbers
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("nb", "Norsk bokmål")]
_LOCALES = {"en": Locale("en", "GB"), "de": Locale("de"), "nb": Locale("nb")}


def locale() -> Locale:
    """Babel's locale of the language that is active."""
    return _LOCALES.get((get_language() or "en")[:2], _LOCALES["en"])


def check_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is no time zone known to the IANA database."), params={"name": name})


def local_date(value: date | datetime | None, style: str = "medium") -> str:
    """`22.11.2026` for a German reader; an aware datetime is taken in the reader's zone."""
    if value is None:
        return ""
    day = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return dates.format_date(day, style, locale=locale())


def local_datetime(value: datetime | None, style: str = "short") -> str:
    """Day and time in the reader's zone."""
    if value is None:
        return ""
    zone = timezone.get_current_timezone()
    day = dates.format_date(timezone.localtime(value).date(), "medium", locale=locale())
    return f"{day}, {dates.format_time(value, style, tzinfo=zone, locale=locale())}"


def zoned_datetime(value: datetime, zone: ZoneInfo) -> str:
    """Day, time and the zone's own abbreviation, for readers who may live elsewhere."""
    local = value.astimezone(zone)
    day = dates.format_date(local.date(), "EEE d MMM y", locale=locale())
    return f"{day}, {dates.format_time(local, 'HH:mm', tzinfo=zone, locale=locale())} {local:%Z}"


def local_number(value: int | float | Decimal | None) -> str:
    return "" if value is None else numbers.format_decimal(value, locale=locale())


def local_money(value: Decimal | None, currency: str) -> str:
    return "" if value is None else numbers.format_currency(value, currency, locale=locale())


def country_name(code: str) -> str:
    """The country's name in the active language; an unknown code is shown as it is."""
    return locale().territories.get(code.upper(), code) if code else ""
