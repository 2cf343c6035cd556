"""Keeping what a list shows as a selection, and forgetting it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.crm.actions import create_selection, delete_selection
from tillit.crm.forms import SelectionForm
from tillit.crm.lists import Criteria
from tillit.crm.models import Selection
from tillit.crm.queries import COUNTED, numbers_of
from tillit.crm.views.kinds import THINGS
from tillit.foundation.access import require
from tillit.foundation.formats import local_number
from tillit.foundation.requests import Request
from tillit.foundation.web import is_fragment


def keep(request: Request, kind: str) -> HttpResponse:
    """Name the rows the list shows now: a page of its own, or opened above the table."""
    require(request.actor, "crm.edit")
    things = THINGS[kind]
    criteria = Criteria.read(things.of, request.GET)
    form = SelectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        numbers = numbers_of(criteria)
        if len(numbers) <= COUNTED:
            made = create_selection(request.actor, name=form.cleaned_data["name"], kind=kind, ids=numbers)
            messages.success(request, _("The selection “%(name)s” is kept.") % {"name": made.name})
            return redirect(f"{things.url()}?selection={made.pk}")
        limit = local_number(COUNTED)
        form.add_error(None, _("A selection is made of at most %(limit)s rows. Narrow the list.") % {"limit": limit})
    context = {
        "things": things,
        "form": form,
        "keep_url": f"{things.url('keep')}{criteria.query()}",
        "back": f"{things.url()}{criteria.query()}",
    }
    template = "crm/selection.html#form" if is_fragment(request) else "crm/selection.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def forget(request: Request, kind: str, number: int) -> HttpResponse:
    """The selection goes, its companies or persons stay."""
    selection = get_object_or_404(Selection.objects.filter(kind=kind), pk=number)
    delete_selection(request.actor, selection=selection)
    messages.success(request, _("The selection “%(name)s” is forgotten.") % {"name": selection.name})
    return redirect(THINGS[kind].url())
