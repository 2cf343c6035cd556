"""ISO 3166-1: the 249 country codes, read from Babel's territories."""

from __future__ import annotations

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Two-letter codes that CLDR knows beside the standard: unions, exceptional reservations, pseudo-places.
NOT_ISO = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
COUNTRIES = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha() and code not in NOT_ISO
)


def check_country(code: str) -> None:
    if code not in COUNTRIES:
        raise ValidationError(
            _("“%(code)s” is no ISO 3166-1 country code of two capital letters."), params={"code": code}
        )
