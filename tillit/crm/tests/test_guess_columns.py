"""A person uploads a list and finds most columns already assigned to the right fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils.translation import override

from tillit.crm.imports.fields import COMPANY_FIELDS, PERSON_FIELDS
from tillit.crm.imports.mapping import guess
from tillit.crm.imports.reading import inspect

DEMO = Path(__file__).parents[1] / "demo_data" / "companies-sp500.csv"


def companies(*headers: str, samples: list[list[str]] | None = None) -> dict[str, str]:
    return {headers[column]: key for column, key in guess(headers, samples or [], COMPANY_FIELDS).items()}


def persons(*headers: str, samples: list[list[str]] | None = None) -> dict[str, str]:
    return {headers[column]: key for column, key in guess(headers, samples or [], PERSON_FIELDS).items()}


def test_the_columns_of_the_503_real_companies_are_understood():
    sheet = inspect(DEMO, DEMO.name)
    mapping = guess(sheet.headers, sheet.samples, COMPANY_FIELDS)
    assert {sheet.headers[column]: key for column, key in mapping.items()} == {
        "Symbol": "code",
        "Security": "name",
        "GICS Sector": "industry",
        "Headquarters Location": "city",
        "CIK": "registration_number",
        "Founded": "founded",
    }


@pytest.mark.parametrize(
    "headers",
    [
        ("Company name", "Org. number", "Website", "E-mail address", "Phone number", "ZIP code", "Town", "Country"),
        ("Firma", "Handelsregister-Nr.", "Webseite", "E-Mail-Adresse", "Telefon", "PLZ", "Ort", "Land"),
        ("Firmenname", "USt-IdNr.", "Homepage", "E-Mail", "Tel.", "Postleitzahl", "Stadt", "Länderkürzel"),
        ("Bedriftsnavn", "Organisasjonsnummer", "Nettsted", "E-post", "Tlf", "Postnr.", "Poststed", "Land"),
        ("FIRMANAVN", "org nr", "hjemmeside", "epost", "TELEFON", "postnummer", "sted", "LANDKODE"),
    ],
)
def test_headings_in_english_german_and_norwegian_are_known(headers):
    keys = ["name", "registration_number", "domain", "email", "phone", "postal_code", "city", "country"]
    assert list(companies(*headers).values()) == keys


@pytest.mark.parametrize(
    ("headers", "keys"),
    [
        (("First name", "Last name", "Job title", "Company"), ["first_name", "last_name", "title", "company"]),
        (("Vorname", "Nachname", "Funktion", "Unternehmen"), ["first_name", "last_name", "title", "company"]),
        (("Fornavn", "Etternavn", "Stilling", "Bedrift"), ["first_name", "last_name", "title", "company"]),
        (("Name", "Position", "Website"), ["full_name", "title", "company_domain"]),
        (("Vorname", "Name", "Firma"), ["first_name", "last_name", "company"]),
    ],
)
def test_the_columns_of_people_are_known(headers, keys):
    assert list(persons(*headers).values()) == keys


def test_umlauts_written_out_and_signs_make_no_difference():
    assert companies("GRUENDUNGSJAHR", "strasse", "Länder-Code") == {
        "GRUENDUNGSJAHR": "founded", "strasse": "street", "Länder-Code": "country",
    }  # fmt: skip
    assert companies("Straße", "Gründungsjahr", "Næring") == {
        "Straße": "street", "Gründungsjahr": "founded", "Næring": "industry",
    }  # fmt: skip


def test_samples_decide_where_the_heading_says_nothing():
    headers = ("Column 1", "Column 2", "Column 3", "Column 4", "Column 5")
    samples = [
        ["Acme", "post@acme.example", "https://acme.example", "+47 22 00 00 00", "Norway"],
        ["Beta", "info@beta.example", "www.beta.example", "+41 44 000 00 00", "Schweiz"],
        ["Gamma", "", "gamma.example", "+49 30 000000", "DE"],
    ]
    assert companies(*headers, samples=samples) == {
        "Column 2": "email", "Column 3": "domain", "Column 4": "phone", "Column 5": "country",
    }  # fmt: skip


def test_a_heading_that_only_contains_a_name_needs_samples_that_agree():
    assert companies("Name", "Main e-mail", samples=[["Acme", "post@acme.example"]])["Main e-mail"] == "email"
    assert "E-mail consent" not in companies("Name", "E-mail consent", samples=[["Acme", "yes"]])
    assert "Last phone call" not in companies("Name", "Last phone call", samples=[["Acme", "never"]])


def test_each_field_is_filled_by_one_column_the_most_certain():
    assert companies("Mobile", "Phone", "E-mail 2", "E-mail") == {"Phone": "phone", "E-mail": "email"}


def test_what_resembles_nothing_is_left_out():
    assert companies("Date added", "Shoe size", "42", "") == {}


@pytest.mark.parametrize("fields", [COMPANY_FIELDS, PERSON_FIELDS])
@pytest.mark.parametrize("language", ["en", "de", "nb"])
def test_the_headings_of_our_own_export_are_understood_in_every_language(fields, language):
    with override(language):
        headers = [str(field.label) for field in fields]
    assert list(guess(headers, [], fields).values()) == [field.key for field in fields]
