"""What views with a form share."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.forms import Form
from django.http import QueryDict

from tillit.availability.filling import Known, fill
from tillit.availability.models import Incident, IncidentTemplate
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


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


def own_words(texts: dict[str, str], ready: dict[str, str]) -> dict[str, str]:
    """Without the languages that say only what was kept ready, once another one says something of its own.

    Else a German reader would be told the template, and an English one what happened.
    """
    own = {language: text for language, text in texts.items() if text.split() != ready.get(language, "").split()}
    return own or texts


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
