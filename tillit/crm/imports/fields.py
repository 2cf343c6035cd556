"""What can be imported: the fields of companies and persons, and the headings other programs give them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["text", "note", "name", "email", "phone", "domain", "country", "year", "number"]


@dataclass(frozen=True)
class Field:
    """One field an import may fill.

    `kind` decides how a cell is cleaned (`cleaning`), `limit` is its length in characters, `synonyms` are headings in
    English, German and Norwegian, the most certain first. A row without a `required` field is rejected.
    """

    key: str
    label: str | Promise
    kind: Kind
    synonyms: tuple[str, ...]
    limit: int = 0
    required: bool = False


def _field(
    key: str, label: str | Promise, kind: Kind, synonyms: str, *, limit: int = 0, required: bool = False
) -> Field:
    return Field(key, label, kind, tuple(word.strip() for word in synonyms.split(",")), limit, required)


_PLACE = (
    _field(
        "street", _("Street"), "text",
        "Street, Street address, Address, Address line 1, Address 1, Strasse, Strasse und Hausnummer, Strasse Nr, "
        "Adresse, Anschrift, Gate, Gateadresse, Besøksadresse, Postadresse, Vei, Mailing street, Business street",
        limit=200,
    ),
    _field(
        "postal_code", _("Postal code"), "text",
        "Postal code, Postcode, Post code, ZIP, ZIP code, PLZ, Postleitzahl, Postnummer, Postnr, Mailing zip",
        limit=20,
    ),
    _field(
        "city", _("City"), "text",
        "City, Town, Ort, Stadt, By, Poststed, Sted, Place, Wohnort, Locality, Mailing city, Sitz, Standort, "
        "Hauptsitz, Headquarters, Headquarters location, Location, Hovedkontor",
        limit=120,
    ),
    _field(
        "country", _("Country"), "country",
        "Country, Land, Country code, Ländercode, Länderkürzel, Landkode, Nation, Staat, Country region, "
        "Country name, ISO country, Mailing country",
    ),
)  # fmt: skip
_REACHED = (
    _field(
        "email", _("E-mail"), "email",
        "E-mail, Mail, E-mail address, E-Mail-Adresse, Mailadresse, E-post, Epost, E-postadresse, Epostadresse, "
        "Contact e-mail, Kontakt-E-Mail, E-mail 1, Primary e-mail, Work e-mail, Business e-mail",
        limit=254,
    ),
    _field(
        "phone", _("Phone"), "phone",
        "Phone, Telephone, Phone number, Telephone number, Telefon, Telefonnummer, Telefonnr, Tel, Tlf, Fon, "
        "Rufnummer, Phone 1, Business phone, Work phone, Mobile, Mobile phone, Mobile number, Cell, Cell phone, Mobil, "
        "Mobiltelefon, Mobilnummer, Handy, Handynummer",
        limit=60,
    ),
)  # fmt: skip
_DOMAINS = (
    "Website, Domain, Web, URL, Homepage, Web site, Web address, Webseite, Webadresse, Internet, Internetadresse, "
    "Internetseite, Nettsted, Nettside, Hjemmeside, Nettadresse, Domene, Company website, Company domain, "
    "Domain der Firma, Firmaets domene"
)
_NOTE = _field(
    "note", _("Note"), "note",
    "Note, Notes, Comment, Comments, Remark, Remarks, Description, Notiz, Notizen, Bemerkung, Bemerkungen, Kommentar, "
    "Anmerkung, Beschreibung, Merknad, Merknader, Notat, Notater, Beskrivelse, Info",
    limit=20_000,
)  # fmt: skip
_COMPANY_NAMES = (
    "Company, Company name, Account name, Account, Organisation, Organization, Organisation name, Organization name, "
    "Legal name, Business name, Firma, Firmenname, Firmenbezeichnung, Unternehmen, Unternehmensname, "
    "Gesellschaft, Bedrift, Bedriftsnavn, Firmanavn, Selskap, Selskapsnavn, Foretak, Foretaksnavn, "
    "Employer, Arbeitgeber"
)

COMPANY_FIELDS: tuple[Field, ...] = (
    _field(
        "name", _("Name"), "name",
        f"Name, Navn, {_COMPANY_NAMES}, Customer name, Customer, Kunde, Kundenname, Kundenavn, Security, Issuer",
        limit=200, required=True,
    ),
    _field(
        "code", _("Code"), "text",
        "Code, Company code, Short code, Short name, Symbol, Ticker, Ticker symbol, Kode, Kürzel, Kurzname, "
        "Kurzzeichen, Kortnavn, Kurzbezeichnung, Kundennummer, Kundenummer, Kundennr, Customer number, Customer no, "
        "Customer id, Account number, Debitorennummer, Debitor",
        limit=40,
    ),
    _field(
        "registration_number", _("Registration number"), "text",
        "Registration number, Registration no, Company registration number, Company number, Org number, "
        "Organisation number, Organization number, Organisasjonsnummer, Orgnummer, Org nr, Orgnr, Foretaksnummer, "
        "Handelsregisternummer, Handelsregister, HRB, HR-Nummer, UID, UID-Nummer, Firmenbuchnummer, Registernummer, "
        "Register number, VAT number, VAT ID, VAT, VAT no, USt-IdNr, USt-ID, UStID, Umsatzsteuer-ID, MVA-nummer, "
        "Mwst-Nummer, Mwst-Nr, Tax ID, Tax number, Steuernummer, CIK, LEI, DUNS",
        limit=60,
    ),
    _field("domain", _("Domain"), "domain", _DOMAINS, limit=253),
    *_REACHED,
    _field(
        "industry", _("Industry"), "text",
        "Industry, Sector, Branch, Category, Branche, Wirtschaftszweig, Sektor, Kategorie, Industriezweig, "
        "Geschäftsfeld, Bransje, Næring, Bransjekode, Business type, Line of business, Vertical",
        limit=120,
    ),
    *_PLACE,
    _field(
        "founded", _("Founded"), "year",
        "Founded, Founding year, Year founded, Foundation year, Founded in, Established, Year established, "
        "Founding date, Gründungsjahr, Gegründet, Gründung, Gründungsdatum, Stiftet, Stiftelsesår, Stiftelsesdato, "
        "Grunnlagt, Etablert, Etableringsår",
    ),
    _field(
        "employees", _("Employees"), "number",
        "Employees, Number of employees, Employee count, No of employees, Headcount, Staff, Company size, Mitarbeiter, "
        "Mitarbeitende, Anzahl Mitarbeiter, Mitarbeiterzahl, Mitarbeiteranzahl, Beschäftigte, Ansatte, Antall ansatte",
    ),
    _NOTE,
)  # fmt: skip

PERSON_FIELDS: tuple[Field, ...] = (
    _field(
        "first_name", _("First name"), "name",
        "First name, Given name, Forename, Vorname, Fornavn, Rufname, First",
        limit=120,
    ),
    _field(
        "last_name", _("Last name"), "name",
        "Last name, Surname, Family name, Nachname, Familienname, Zuname, Etternavn, Slektsnavn, Last",
        limit=120,
    ),
    _field(
        "full_name", _("Full name"), "name",
        "Full name, Name, Contact name, Contact, Person, Display name, Contact person, Vollständiger Name, Vor- und "
        "Nachname, Ansprechpartner, Kontakt, Kontaktperson, Anzeigename, Fullt navn, Navn, Visningsnavn",
        limit=241,
    ),
    *_REACHED,
    _field(
        "title", _("Job title"), "text",
        "Job title, Title, Position, Role, Function, Funktion, Stelle, Stellenbezeichnung, Berufsbezeichnung, Beruf, "
        "Titel, Rolle, Stilling, Stillingstittel, Tittel, Jobbtittel, Job",
        limit=120,
    ),
    _field("company", _("Company"), "name", _COMPANY_NAMES, limit=200),
    _field("company_domain", _("Company domain"), "domain", _DOMAINS, limit=253),
    *_PLACE,
    _NOTE,
)  # fmt: skip

_LETTERS = str.maketrans({"ø": "o", "æ": "a", "å": "a", "ł": "l", "đ": "d"})
_SPELLINGS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def normal(text: str) -> str:
    """A heading or name of a country without case, accents, signs and spaces: `E-Mail` and `email` become one.

    `ä` and `ae` (`ø` and `oe`) become one as well, because half of the programs write one and half the other.
    """
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    folded = re.sub(r"[\W_]+", "", "".join(sign for sign in folded if not unicodedata.combining(sign)))
    for long, short in _SPELLINGS:
        folded = folded.replace(long, short)
    return folded


KNOWN_NAMES = frozenset(normal(word) for field in COMPANY_FIELDS + PERSON_FIELDS for word in field.synonyms)
