"""Names and codes of countries as people write them, to ISO 3166 alpha-2 codes; names by Babel."""

from __future__ import annotations

from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from tillit.crm.imports.fields import normal

# Babel's territories that are no country with a code of its own
_NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
_LONGEST = 80  # characters; longer text is no name of a country and not worth remembering
# Usual names that are not Babel's
_OTHER_NAMES = {
    "AE": ("UAE", "VAE", "Emirates"),
    "AT": ("A",),
    "BE": ("Belgique", "België"),
    "BN": ("Brunei",),
    "CD": ("Democratic Republic of the Congo", "DR Congo", "Demokratische Republik Kongo"),
    "CG": ("Republic of the Congo", "Republik Kongo"),
    "CH": ("Suisse", "Svizzera", "Schweizerische Eidgenossenschaft"),
    "CI": ("Ivory Coast",),
    "CN": ("PR China", "Volksrepublik China", "People's Republic of China"),
    "CV": ("Kap Verde",),
    "CZ": ("Czech Republic", "Tschechische Republik", "Den tsjekkiske republikk"),
    "DE": ("D", "BRD", "Bundesrepublik Deutschland", "Federal Republic of Germany"),
    "DK": ("Kingdom of Denmark",),
    "ES": ("España",),
    "FI": ("Suomi",),
    "GB": ("Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland", "Grossbritannien",
           "Schottland", "Nordirland", "Skottland", "Nord-Irland"),
    "HK": ("Hong Kong", "Hongkong"),
    "IE": ("Republic of Ireland", "Eire"),
    "IR": ("Islamic Republic of Iran",),
    "IT": ("Italia",),
    "KR": ("Korea", "Republic of Korea", "Republik Korea"),
    "LI": ("FL",),
    "LU": ("Luxembourg",),
    "MD": ("Moldau", "Republic of Moldova"),
    "MK": ("Macedonia", "Mazedonien"),
    "MO": ("Macao", "Macau"),
    "NL": ("Holland", "The Netherlands", "Nederland"),
    "NO": ("Noreg", "Kingdom of Norway"),
    "PL": ("Polska",),
    "PS": ("Palestine", "Palästina"),
    "RU": ("Russian Federation", "Russische Föderation"),
    "SE": ("Sverige",),
    "SZ": ("Swaziland", "Swasiland"),
    "TR": ("Turkey", "Türkiye"),
    "TW": ("Republic of China",),
    "US": ("USA", "U.S.A.", "U.S.", "United States of America", "Vereinigte Staaten von Amerika", "America", "Amerika",
           "De forente stater"),
    "VA": ("Holy See", "Heiliger Stuhl"),
    "VN": ("Viet Nam",),
}  # fmt: skip


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for language in ("en", "de", "nb"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES:
                codes.setdefault(normal(name), code)
                codes[normal(code)] = code
    for alias, now in get_global("territory_aliases").items():  # DEU, USA, UK; several: a state that broke up
        if len(now) == 1 and now[0] not in _NO_COUNTRIES and alias.isalpha():
            codes.setdefault(normal(alias), now[0])
    for code, names in _OTHER_NAMES.items():
        codes.update((normal(name), code) for name in names)
    return codes


def code_of(text: str) -> str | None:
    """`NO` for Norway, Norwegen, Norge, NOR or no; None if the text names no country."""
    return _code_of(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _code_of(text: str) -> str | None:
    return _codes().get(normal(text))
