"""Fields of this room's forms: a clock time in a zone, a text in several languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tillit.availability import recurrence
from tillit.availability.once import Sent
from tillit.foundation.texts import one_line

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class ClockField(forms.DateTimeField):
    """A day and a clock time in the zone that is active.

    A time the clocks jump over means the moment after the jump, one that comes twice the first: as in the plan.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override("UTC"):
            typed = super().to_python(value)
        if typed is None:
            return None
        try:
            return recurrence.moment(typed.replace(tzinfo=None), timezone.get_current_timezone())
        except OverflowError as error:  # the first and the last hours that calendars know
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class OnceForm(forms.Form):
    """A form that makes something, with a key of its own: sent twice, it makes one thing."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("key", uuid4())

    def sent(self) -> Sent:
        """Its key and a digest of all it says; asked of a valid form."""
        said = dict(self.cleaned_data)
        return Sent.by(said.pop("key"), said)


def read_by_customers(most: int) -> _StrPromise:
    """The help of a field that is public, and that takes no more characters than these."""
    return format_lazy(_("Customers read it; {most} characters at most."), most=most)


class FewLines(forms.Textarea):
    """For a sentence or two."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 3} | (attrs or {}))


class TextsWidget(forms.MultiWidget):
    """One input for each language: the reader's own in the open, the others folded away."""

    template_name = "availability/texts_widget.html"
    use_fieldset = True
    ready: Mapping[str, str] = MappingProxyType({})  # by language, the words kept ready that it began with

    def __init__(self, widget: type[forms.Widget], attrs: dict[str, Any] | None = None) -> None:
        super().__init__({code: widget(attrs={"lang": code}) for code, _name in settings.LANGUAGES}, attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        for sub in context["widget"]["subwidgets"]:
            if said := self.ready.get(sub["attrs"]["lang"]):
                sub["attrs"]["data-ready"] = said
        return context

    def id_for_label(self, id_: str, index: str | None = None) -> str:  # noqa: ARG002 - as Django calls it
        """The reader's own language: where a link to the field leads."""
        codes = [code for code, _name in settings.LANGUAGES]
        own = (get_language() or "en")[:2]
        return f"{id_}_{codes.index(own) if own in codes else 0}"

    def decompress(self, value: dict[str, str] | None) -> list[str]:
        return [(value or {}).get(code, "") for code, _name in settings.LANGUAGES]


class LineField(forms.CharField):
    """A text in one line, however it was typed."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")


class TextsField(forms.MultiValueField):
    """Texts by language, at least in one: `{"de": "…"}`."""

    def __init__(self, *, widget: type[forms.Widget] = forms.TextInput, max_length: int = 200, **options: Any) -> None:
        kind = LineField if widget is forms.TextInput else forms.CharField
        parts = [kind(max_length=max_length, required=False) for _language in settings.LANGUAGES]
        super().__init__(parts, widget=TextsWidget(widget), require_all_fields=False, **options)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        typed = zip(settings.LANGUAGES, data_list, strict=False)
        texts = {code: text for (code, _name), text in typed if text}
        if self.required and not texts:  # nothing but spaces
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return texts
