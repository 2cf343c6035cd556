"""Words kept ready for incidents."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.availability.actions.templates import Words, drop_template, keep_template
from tillit.availability.forms.incidents import TemplateForm
from tillit.availability.models import IncidentTemplate
from tillit.availability.views.typed import show, typed
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def templates(request: Request) -> HttpResponse:
    """All words kept ready, by the moment they are for."""
    require(request.actor, "availability.manage_incidents")
    found = list(IncidentTemplate.objects.all())
    moments = [
        (label, [one for one in found if one.moment == value]) for value, label in IncidentTemplate.Moment.choices
    ]
    return render(request, "availability/templates.html", {"moments": moments})


def template(request: Request, pk: int | None = None) -> HttpResponse:
    """One template, or a new one."""
    require(request.actor, "availability.manage_incidents")
    found = get_object_or_404(IncidentTemplate, pk=pk) if pk else None
    form = TemplateForm(
        typed(request), initial=vars(found) if found else {"moment": request.GET.get("for", "updating")}
    )
    if form.is_valid():
        try:
            keep_template(request.actor, words=Words(**form.cleaned_data), template=found)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("These words are kept ready."))
            return redirect("availability:templates")
    context = {"form": form, "template": found}
    return render(request, "availability/template.html", context, status=422 if form.errors else 200)


@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    drop_template(request.actor, template=get_object_or_404(IncidentTemplate, pk=pk))
    messages.success(request, _("These words are no longer kept."))
    return redirect("availability:templates")
