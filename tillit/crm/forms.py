"""Forms of companies and persons, whole or one line of a card; and which columns a list shows."""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Sequence
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import fields_for_model
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillit.crm.highlight import plain
from tillit.crm.lists import ListOf
from tillit.crm.models import Company, Person, Record
from tillit.crm.queries import companies_called, company_of
from tillit.crm.values import fields_of, tidied
from tillit.foundation.formats import locale
from tillit.foundation.search import fold

NUMBERED = re.compile(r"#(\d{1,18})\s*$")
PLAIN = {"autocomplete": "off"}
WIDGETS: dict[str, forms.Widget] = {
    "note": forms.Textarea({"rows": 4, **PLAIN}),
    "phone": forms.TextInput({"type": "tel", **PLAIN}),
    "email": forms.EmailInput({"spellcheck": "false", **PLAIN}),
    "domain": forms.TextInput({"spellcheck": "false", "autocapitalize": "none", **PLAIN}),
    "industry": forms.TextInput({"list": "industries", **PLAIN}),
}


class CountrySelect(forms.Select):
    """A choice among 250 countries, written in one go: a template for each option would take 20 ms."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        options = "".join(
            option.replace(">", " selected>", 1) if code == (value or "") else option
            for code, option in country_options(locale()).items()
        )
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", attributes, mark_safe(options))  # noqa: S308


class RecordForm(forms.Form):
    """Fields of one record, by default all. `only`: some of them; `record`: the one that is edited."""

    model: type[Record]
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, only: Sequence[str] = (), record: Record | None = None, **kwargs: Any) -> None:
        self.names = tuple(only) or fields_of(self.model)
        if record is not None:
            kwargs["initial"] = initial_of(record, self.names) | (kwargs.get("initial") or {})
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields.update(fields_for_model(self.model, self.names, formfield_callback=_form_field))
        if only:
            self.fields[self.names[0]].widget.attrs["autofocus"] = True
        if record is None:
            del self.fields["version"]
            self.initial.setdefault("key", uuid.uuid4())
        else:
            del self.fields["key"]

    def values(self) -> dict[str, Any]:
        """What the form says about the record, for the actions."""
        return {name: self.cleaned_data[name] for name in self.names}

    def refuse(self, error: ValidationError) -> None:
        """Show what an action found wrong at its field."""
        named = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
        for name, errors in named.items():
            self.add_error(name if name in self.fields else None, errors)

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.names if name != "note"]


class CompanyForm(RecordForm):
    model = Company


class PersonForm(RecordForm):
    model = Person

    def clean_company(self) -> int | None:
        """A company is typed by name; where several are called so, its place or its number (`#12`) tells them apart."""
        text = " ".join((self.cleaned_data.get("company") or "").split())
        known = self.initial.get("company")
        if not text:
            return None
        if isinstance(known, Company) and text == str(known):
            return known.pk
        return the_company(text).pk

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        value = super().get_initial_for_field(field, field_name)
        return str(value) if isinstance(value, Company) else value


def initial_of(record: Record, names: Sequence[str]) -> dict[str, Any]:
    return {"version": record.version, **{name: getattr(record, name) for name in names}}


def the_company(text: str) -> Company:
    """The one company this text names. Raises ValidationError, saying which there are."""
    number = NUMBERED.search(text)
    if number and (company := company_of(int(number[1]))):
        return company
    found = companies_called(text)
    if not found and "," in text:
        name, _comma, city = text.rpartition(",")
        found = [one for one in companies_called(name) if fold(one.city) == fold(city.strip())]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidationError(
            _("There is no company called “%(name)s”. Choose one that is suggested, or add it first.") % {"name": text}
        )
    choices = "; ".join(f"{one.name}, {one.city or one.country} #{one.pk}" for one in found[:8])
    raise ValidationError(_("Several companies are called so: %(choices)s") % {"choices": choices})


def possible(model: type[Record], values: dict[str, Any]) -> dict[str, Any]:
    """The values by column as the actions would store them; empty while they are not possible."""
    try:
        return tidied(model, values)
    except (ValidationError, LookupError):
        return {}


class ColumnsForm(forms.Form):
    """Which columns of a list somebody wants to see."""

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, of: ListOf, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = [(column.name, column.label) for column in of.columns[1:]]  # type: ignore[attr-defined]


class SelectionForm(forms.Form):
    """The name under which what a list shows is kept."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput({"autofocus": True, **PLAIN})
    )


@functools.cache
def countries(of: Locale) -> list[tuple[str, str]]:
    """Codes and names of all countries, by name in this language."""
    names = [(code, name) for code, name in of.territories.items() if len(code) == 2 and code.isalpha()]
    known = [(code, name) for code, name in names if code not in ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO")]
    return [("", "–"), *sorted(known, key=lambda entry: plain(entry[1]))]


@functools.cache
def country_options(of: Locale) -> dict[str, SafeString]:
    """The `<option>` of every country by its code, in the order of `countries`."""
    return {code: format_html('<option value="{}">{}</option>', code, name) for code, name in countries(of)}


def _form_field(field: models.Field[Any, Any], **_kwargs: Any) -> forms.Field | None:
    if field.name == "country":
        return forms.TypedChoiceField(
            label=field.verbose_name.capitalize(),
            required=False,
            choices=functools.partial(countries, locale()),
            widget=CountrySelect,
        )
    if isinstance(field, models.ForeignKey):
        return forms.CharField(label=_("Company"), required=False, max_length=260, widget=_company_input())
    options: dict[str, Any] = {"label": str(field.verbose_name)[:1].upper() + str(field.verbose_name)[1:]}
    if field.name in WIDGETS:
        options["widget"] = WIDGETS[field.name]
    return field.formfield(**options)


def _company_input() -> forms.TextInput:
    return forms.TextInput(
        {
            "list": "companies",
            "hx-get": "/companies/suggest/",
            "hx-trigger": "input changed delay:150ms",
            "hx-target": "#companies",
            **PLAIN,
        }
    )
