"""What people wrote into cells becomes what a field holds, or a reason why it cannot."""

from __future__ import annotations

import pytest

from tillit.crm.imports.cleaning import BadValue, clean, row_cleaner
from tillit.crm.imports.fields import COMPANY_FIELDS, PERSON_FIELDS
from tillit.crm.imports.names import split_name
from tillit.crm.models import Company, Person

COMPANY = {field.key: field for field in COMPANY_FIELDS}
PERSON = {field.key: field for field in PERSON_FIELDS}


def cleaned(key: str, text: str) -> object:
    return clean(COMPANY[key], text)


def refused(key: str, text: str) -> str:
    with pytest.raises(BadValue) as bad:
        clean(COMPANY[key], text)
    return str(bad.value)


@pytest.mark.parametrize("name", ["Blåbær AS", "株式会社", "שלום", "🦀" * 200, "x" * 200])
def test_names_in_every_script_are_taken_up_to_200_characters(name):
    assert cleaned("name", name) == (name, None)
    assert refused("name", name + "x" * 200) == f"Name may have at most 200 characters, not {len(name) + 200}."


def test_a_company_without_a_name_is_refused():
    assert refused("name", "") == "Name is missing."


@pytest.mark.parametrize(
    ("text", "address", "warned"),
    [
        ("Anna@Example.com", "anna@example.com", False),
        ("o'neil+crm@sub.example.co.uk", "o'neil+crm@sub.example.co.uk", False),
        ("post@blåbær.example", "post@blåbær.example", False),
        ("mailto:post@acme.example", "post@acme.example", True),
        ("Anna Berg <anna@acme.example>", "anna@acme.example", True),
        ("a@acme.example; b@acme.example", "a@acme.example", True),
        ("-", "", False),
        ("", "", False),
    ],
)
def test_an_email_address_is_found(text, address, warned):
    value, warning = cleaned("email", text)
    assert value == address
    assert bool(warning) is warned


@pytest.mark.parametrize("text", ["anna", "anna@", "@acme.example", "anna@acme", "a b@c", "a@b@c.example"])
def test_what_is_no_email_address_is_refused(text):
    assert "is no e-mail address" in refused("email", text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("acme.example", "acme.example"),
        ("WWW.Acme.Example", "acme.example"),
        ("https://www.acme.example/de/?q=1#x", "acme.example"),
        ("http://user:pw@shop.acme.example:8080/", "shop.acme.example"),
        ("https://blåbær.example", "blåbær.example"),
        ("xn--blbr-roah.example", "blåbær.example"),
        ("n/a", ""),
    ],
)
def test_a_domain_is_taken_from_a_web_address(text, host):
    assert cleaned("domain", text) == (host, None)


@pytest.mark.parametrize(
    "text", ["anna@acme.example", "acme", "http://", "not a domain.example", "-a.example", "xn--zzz\u00e9.example"]
)
def test_what_is_no_web_address_is_refused(text):
    assert "is no web address" in refused("domain", text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Norway", "NO"), ("norwegen", "NO"), ("Norge", "NO"), ("NO", "NO"), ("no", "NO"), ("NOR", "NO"),
        ("Deutschland", "DE"), ("Tyskland", "DE"), ("Germany", "DE"), ("D", "DE"),
        ("Österreich", "AT"), ("Oesterreich", "AT"), ("USA", "US"), ("U.S.A.", "US"), ("United States", "US"),
        ("UK", "GB"), ("England", "GB"), ("The Netherlands", "NL"), ("Türkei", "TR"), ("Turkey", "TR"),
        ("Côte d'Ivoire", "CI"), ("Czech Republic", "CZ"), ("Kosovo", "XK"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_names_and_codes(text, code):
    assert cleaned("country", text) == (code, None)


@pytest.mark.parametrize("text", ["Atlantis", "EU", "ZZ", "12", "Minnesota"])
def test_what_is_no_country_is_refused(text):
    assert refused("country", text) == f"“{text}” is no country Tillit knows."


@pytest.mark.parametrize(
    ("text", "year", "warned"),
    [
        ("1902", 1902, False),
        ("2013 (1888)", 2013, True),
        ("1957-03-04", 1957, True),
        ("578", 578, False),
        ("", None, False),
    ],
)
def test_the_first_year_in_the_text_counts(text, year, warned):
    value, warning = cleaned("founded", text)
    assert value == year
    assert bool(warning) is warned


def test_a_year_read_out_of_more_text_is_told():
    assert cleaned("founded", "2013 (1888)")[1] == "Founded “2013 (1888)” was read as 2013."


@pytest.mark.parametrize("text", ["next year", "12", "99999", "2999", "۱۹۰۲"])
def test_what_is_no_year_is_refused(text):
    assert "is no year between 500 and" in refused("founded", text)


@pytest.mark.parametrize(
    ("text", "number", "warned"),
    [
        ("1234", 1234, False), ("1,234", 1234, False), ("1.234.567", 1234567, False), ("1'234", 1234, False),
        ("1 234", 1234, False), ("1\u00a0234", 1234, False), ("12.0", 12, False), ("1.000", 1000, False),
        ("1,234.00", 1234, False), ("ca. 200", 200, True), ("51-200", 51, True),
        ("> 10 000", 10000, True), ("unknown", None, False),
    ],
)  # fmt: skip
def test_whole_numbers_are_read_with_any_thousands_sign(text, number, warned):
    value, warning = cleaned("employees", text)
    assert value == number
    assert bool(warning) is warned


@pytest.mark.parametrize("text", ["many", "-5", "12,5", "3.14159", "1E+03", "9" * 40])
def test_what_is_no_whole_number_is_refused(text):
    assert refused("employees", text)


def test_a_phone_number_stays_as_it_was_typed():
    assert cleaned("phone", "+47 22 00 00 00 ext. 5") == ("+47 22 00 00 00 ext. 5", None)
    assert "no digit" in refused("phone", "call me")
    assert refused("phone", "1" * 61) == "Phone may have at most 60 characters, not 61."


def test_a_note_keeps_its_lines_and_other_text_has_one():
    assert cleaned("note", "one\ntwo") == ("one\ntwo", None)
    assert cleaned("city", "Saint Paul,\n Minnesota") == ("Saint Paul, Minnesota", None)


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Kari Nordmann", ("Kari", "Nordmann")),
        ("Nordmann, Kari Anne", ("Kari Anne", "Nordmann")),
        ("Ludwig van der Rohe", ("Ludwig", "van der Rohe")),
        ("Anna Maria Huber", ("Anna Maria", "Huber")),
        ("山田 太郎", ("太郎", "山田")),
        ("Madonna", ("", "Madonna")),
        ("Cher,", ("", "Cher")),
        ("", ("", "")),
    ],
)
def test_a_full_name_falls_into_first_and_last(full, parts):
    assert split_name(full) == parts


def test_a_row_becomes_values_and_warnings():
    clean_row = row_cleaner(COMPANY_FIELDS, {0: "name", 2: "founded", 3: "country"})
    values, warnings = clean_row(["Acme", "ignored", "2013 (1888)", "Norge"])
    assert values == {"name": "Acme", "founded": 2013, "country": "NO"}
    assert warnings == ["Founded “2013 (1888)” was read as 2013."]


def test_a_row_is_refused_with_all_that_is_wrong_in_it():
    clean_row = row_cleaner(COMPANY_FIELDS, {0: "name", 1: "country", 2: "email"})
    with pytest.raises(BadValue) as bad:
        clean_row(["", "Atlantis", "nobody"])
    assert str(bad.value) == ("Name is missing. “Atlantis” is no country Tillit knows. “nobody” is no e-mail address.")


def test_rows_are_refused_when_no_column_holds_the_required_name():
    with pytest.raises(BadValue, match=r"Name is missing\."):
        row_cleaner(COMPANY_FIELDS, {0: "city"})(["Oslo"])


def test_a_person_needs_any_name():
    clean_row = row_cleaner(PERSON_FIELDS, {0: "first_name", 1: "full_name", 2: "email"})
    assert clean_row(["", "Kari Nordmann", ""])[0] == {"first_name": "Kari", "last_name": "Nordmann", "email": ""}
    assert clean_row(["Kari", "", ""])[0] == {"first_name": "Kari", "email": ""}
    with pytest.raises(BadValue, match=r"The name is missing\."):
        clean_row(["", "", "kari@acme.example"])
    with pytest.raises(BadValue, match="Last name may have at most 120 characters"):
        clean_row(["", "Kari " + "x" * 121, ""])


@pytest.mark.parametrize(("model", "fields"), [(Company, COMPANY), (Person, PERSON)])
def test_no_field_takes_more_than_its_column_holds(model, fields):
    limits = {column.name: column.max_length for column in model._meta.concrete_fields if column.max_length}
    for key in limits.keys() & fields.keys() - {"country"}:
        assert fields[key].limit == limits[key], key
