"""What callers send and get, with the descriptions and examples of the documentation.

These classes tell types only. What a value may be is the models' business, so that page and API say the same in the
same words; a test holds the documented lengths against the models. Companies and people in examples are invented.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, get_args

from ninja import Path
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tillit.crm.lists import LONGEST_QUERY
from tillit.crm.values import COMPANY_FIELDS, PERSON_FIELDS


def text(longest: int, description: str, example: str, *, needed: bool = False) -> Any:
    """A text. Where it is not needed `null` empties it, as an empty text does."""
    extra: JsonDict = {"maxLength": longest}
    default = PydanticUndefined if needed else None
    return Field(default, description=description, examples=[example], json_schema_extra=extra)


def number(least: int, most: int, description: str, example: int) -> Any:
    extra: JsonDict = {"minimum": least, "maximum": most}
    return Field(None, description=description, examples=[example], json_schema_extra=extra)


def _in_order(schema: JsonDict, model: type[Sent]) -> None:
    """Describe fields in the order in which pages show them."""
    properties = schema["properties"]
    if isinstance(properties, dict):
        schema["properties"] = {name: properties[name] for name in model.order if name in properties}


class Sent(BaseModel):
    """Bodies: fields we do not know and values of another type are refused, not guessed at."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_in_order)
    order: ClassVar[tuple[str, ...]] = ()

    def values(self) -> dict[str, Any]:
        """What was sent, and only that."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Contact(Sent):
    email: str | None = text(254, "E-mail address; kept in lower case.", "post@nordwind.example")
    phone: str | None = text(60, "Telephone number as people write it.", "+47 55 00 00 00")
    street: str | None = text(200, "Street and number.", "Bryggen 7")
    postal_code: str | None = text(20, "Postal code.", "5003")
    city: str | None = text(120, "City.", "Bergen")
    country: str | None = text(2, "Country: two letters of ISO 3166-1.", "NO")
    note: str | None = text(20_000, "Free text; lines are kept.", "Met at the fair in Hamburg.")


class CompanyFields(Contact):
    order = COMPANY_FIELDS

    code: str | None = text(40, "Short code of your own.", "NORDW")
    registration_number: str | None = text(60, "Number in the register of companies.", "987 654 321")
    industry: str | None = text(120, "Industry, in words of your own.", "Shipping")
    domain: str | None = text(253, "Internet domain; an address is cut down to it.", "nordwind.example")
    founded: int | None = number(500, 2200, "Year of foundation.", 1994)
    employees: int | None = number(0, 2_000_000_000, "Number of employees.", 140)


class NewCompany(CompanyFields):
    """A company to add."""

    name: str = text(200, "Name of the company.", "Nordwind Schifffahrt GmbH", needed=True)


class CompanyChange(CompanyFields):
    """Fields of a company to change; those left out stay as they are."""

    name: str | None = text(200, "Name of the company.", "Nordwind Schifffahrt GmbH")


class NewPerson(Contact):
    """A person to add."""

    order = PERSON_FIELDS

    first_name: str | None = text(120, "First name. A person needs this or a last name.", "Ingrid")
    last_name: str | None = text(120, "Last name.", "Solberg")
    title: str | None = text(120, "Job title.", "Head of Procurement")
    company: int | None = Field(None, description="Number of the company the person works for.", examples=[17])


class PersonChange(NewPerson):
    """Fields of a person to change; those left out stay as they are."""


class Kept(BaseModel):
    """What the register adds to a record."""

    version: int = Field(description="Counts the changes; also the ETag.", examples=[3])
    archived_at: datetime | None = Field(description="When it was archived; null while it is in use.")
    created_at: datetime = Field(description="When it was added.", examples=["2026-11-20T12:04:00Z"])
    updated_at: datetime = Field(description="When it was last changed.", examples=["2026-11-21T08:30:00Z"])


def kept(name: str, sent: type[Sent], description: str) -> type[BaseModel]:
    """The record as it is answered: every field that can be sent, always there, and what `Kept` adds.

    Empty texts are empty, empty numbers null.
    """
    number = Field(description="Number of the record; never changes.", examples=[17])
    fields: dict[str, Any] = {"id": (int, number)}
    fields |= {field: _always(sent.model_fields[field]) for field in sent.order}
    fields |= {field: (info.annotation, info) for field, info in Kept.model_fields.items()}
    return create_model(name, __doc__=description, **fields)


def _always(info: FieldInfo) -> tuple[Any, Any]:
    is_text = str in (info.annotation, *get_args(info.annotation))
    annotation = str if is_text else int | None
    extra = info.json_schema_extra
    return annotation, Field(description=info.description, examples=info.examples, json_schema_extra=extra)


def page_of(record: type[BaseModel]) -> type[BaseModel]:
    return create_model(
        f"{record.__name__}List",
        __doc__="One page of a list.",
        items=(list[record], Field(description="The records, in the order asked for.")),  # type: ignore[valid-type]
        next=(
            str | None,
            Field(description="Cursor of the next page, for `?cursor=`; null on the last one.", examples=["WyJib…"]),
        ),
    )


Company = kept("Company", CompanyChange, "A business the tenant deals with.")
Person = kept("Person", PersonChange, "Somebody the tenant deals with, at a company or alone.")
CompanyList, PersonList = page_of(Company), page_of(Person)


Number = Annotated[int, Path(..., description="Number of the record.", examples=[17])]


class ListQuery(BaseModel):
    """What every list can be asked."""

    q: str = Field(
        "",
        description="Words, each found anywhere in name, e-mail, phone and the like.",
        examples=["berg"],
        max_length=LONGEST_QUERY,
    )
    country: str = Field("", description="Country: two letters of ISO 3166-1.", examples=["NO"])
    city: str = Field("", description="City, exactly.", examples=["Bergen"])
    has_email: bool | None = Field(None, description="Only those with, or without, an e-mail address.")
    selection: int | None = Field(None, description="Only members of the selection of this number.", ge=1)
    archived: Literal["false", "true", "all"] = Field("false", description="Those in use, archived ones, or all.")
    limit: int = Field(50, description="Records per page.", ge=1, le=200)
    cursor: str = Field("", description="`next` of the page before.")
    sort: str


class CompanyQuery(ListQuery):
    industry: str = Field("", description="Industry, exactly.", examples=["Shipping"])
    sort: Literal[
        "name", "-name", "industry", "-industry", "city", "-city", "country", "-country",
        "created_at", "-created_at", "updated_at", "-updated_at",
    ] = Field("name", description="Order; with `-` the other way round.")  # fmt: skip


class PersonQuery(ListQuery):
    company: int | None = Field(None, description="Only persons of the company of this number.", ge=1)
    sort: Literal[
        "name", "-name", "email", "-email", "city", "-city", "country", "-country",
        "created_at", "-created_at", "updated_at", "-updated_at",
    ] = Field("name", description="Order; with `-` the other way round. `name`: last name, then first.")  # fmt: skip
