"""Adding a company or a person, with a look at what may be the same already."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tillit.crm.forms import RecordForm, possible
from tillit.crm.models import Company
from tillit.crm.queries import Likeness, duplicates_of, occurring
from tillit.crm.views.kinds import THINGS, Things, company_named_in
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def new(request: Request, kind: str) -> HttpResponse:
    """The form; sent once without looking at likely duplicates, they are shown before anything is saved."""
    require(request.actor, "crm.edit")
    things = THINGS[kind]
    company = company_named_in(request)
    initial: dict[str, Any] = {"company": company} if company and kind == "person" else {}
    form = things.form(request.POST or None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _form(request, things, form)
    if "anyway" not in request.POST:
        alike = duplicates_of(things.of.model, possible(things.of.model, form.values()))
        sent_before = things.of.model.objects.filter(request_key=form.cleaned_data["key"] or uuid4())
        if alike and not sent_before.exists():
            return _form(request, things, form, alike)
    try:
        made = things.create(request.actor, form.values(), form.cleaned_data["key"])
    except ValidationError as error:
        form.refuse(error)
        return _form(request, things, form)
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _form(request, things, form)
    messages.success(request, _("%(record)s is added.") % {"record": made})
    return redirect(made)


def _form(request: Request, things: Things, form: RecordForm, alike: list[Likeness] | None = None) -> HttpResponse:
    context = {
        "things": things,
        "form": form,
        "alike": alike or [],
        "list_url": things.url(),
        "industries": occurring(Company, "industry") if "industry" in form.names else [],
    }
    return render(request, "crm/new.html", context, status=422 if form.errors or alike else 200)
