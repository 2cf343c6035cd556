"""What views with a form share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, cast

from django.contrib import messages
from django.forms import Form
from django.http import QueryDict
from django.utils.translation import gettext as _

from tillit.availability.filling import Known, fill
from tillit.availability.forms.fields import TextsWidget
from tillit.availability.models import Incident, IncidentTemplate
from tillit.foundation.errors import Refused
from tillit.foundation.formats import LANGUAGES
from tillit.foundation.requests import Request
from tillit.foundation.texts import LANGUAGE_NAMES

TEXTS = {"title", "body"}  # of a form about an incident, by language


def typed(request: Request) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def show(refusal: Refused, form: Form) -> None:
    """A rule's no, beside the field it is about."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def clicked(at: str, clock: time) -> datetime | None:
    """A day (`2026-12-03`, then at this clock time) or an hour (`2026-12-03T22:00`) of the calendar, without a zone."""
    try:
        moment = datetime.fromisoformat(at).replace(tzinfo=None)
    except ValueError:
        return None
    if not 2000 <= moment.year <= 2100:
        return None
    return moment if "T" in at else datetime.combine(moment.date(), clock)


def chosen_words(request: Request, moment: str, incident: Incident | None = None) -> dict[str, Any]:
    """What a form begins with, from `?template=`: its words, if they are for this moment; nothing without."""
    chosen = request.GET.get("template", "")
    if not (chosen.isdecimal() and len(chosen) < 10):
        return {}
    template = IncidentTemplate.objects.filter(pk=chosen, moment=moment).first()
    return words_of(template, request, incident) if template else {}


def remember(form: Form, ready: Mapping[str, Any]) -> None:
    """Let the fields know the words kept ready: which language says nothing else is then seen while one types."""
    for name in TEXTS & form.fields.keys() & ready.keys():
        cast(TextsWidget, form.fields[name].widget).ready = ready[name]


def own_words(form: Form, ready: Mapping[str, Any]) -> list[str]:
    """Leave out the languages that say only what was kept ready, title and text, once another one says something of
    its own; returns their codes.

    Else a German reader would be told the template, and an English one what happened.
    """
    said: dict[str, dict[str, str]] = {name: form.cleaned_data[name] for name in TEXTS & form.cleaned_data.keys()}
    own = {name: _other_than(texts, ready.get(name, {})) for name, texts in said.items()}
    changed = set().union(*own.values())
    if not changed:
        return []
    for name, texts in said.items():
        kept = own[name] or changed if name == "body" else changed
        form.cleaned_data[name] = {code: text for code, text in texts.items() if code in kept} or texts
    typed_in = {code for texts in said.values() for code in texts}
    return [code for code, _name in LANGUAGES if code in typed_in - changed]


def tell_left_out(request: Request, languages: list[str]) -> None:
    """Who published hears which languages were not."""
    if languages:
        names = ", ".join(str(LANGUAGE_NAMES[code]) for code in languages)
        told = _("Not published, because it was left as it was kept ready: %(languages)s.")
        messages.warning(request, told % {"languages": names})


def _other_than(texts: dict[str, str], ready: dict[str, str]) -> set[str]:
    """The languages whose text is not the one kept ready, however it is broken into lines."""
    return {code for code, text in texts.items() if text.split() != ready.get(code, "").split()}


def words_of(template: IncidentTemplate, request: Request, incident: Incident | None) -> dict[str, Any]:
    """A template's words with what is known of the incident, and what was chosen beside them.

    What nobody knows yet (by when we write again; the parts of a new one) is filled in when it is said.
    """
    parts = incident.components.all() if incident else ()
    since = incident.started_at if incident else None
    for_good = template.moment == template.Moment.LOOKING_BACK
    body = fill(template.body, Known(parts, since, for_good=for_good), zone=request.tenant.time_zone)
    words = {"body": body, "title": template.title, "next_in": str(template.minutes or "")}
    words |= {name: value for name in ("status", "impact", "state") if (value := getattr(template, name))}
    return words | ({"also": request.GET.getlist("also")} if "also" in request.GET else {})
