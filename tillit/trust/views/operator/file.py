"""A whole register as a file, in two steps: look at the differences and what they mean, apply."""

from __future__ import annotations

from pathlib import Path

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.trust import queries
from tillit.trust.actions.proposals import foresee_register
from tillit.trust.actions.register import apply_register
from tillit.trust.consequences import Foreseen
from tillit.trust.forms.register import RegisterForm
from tillit.trust.meaning import meaning
from tillit.trust.models import Revision
from tillit.trust.problems import RegisterRefused
from tillit.trust.writing import as_toml

PROFILES = Path(__file__).parents[2] / "profiles"
SHOWN_REVISIONS = 10


def file(request: Request) -> HttpResponse:
    require(request.actor, "trust.edit_register")
    form = RegisterForm(request.POST or None, request.FILES or None)
    foreseen: Foreseen | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if "apply" in request.POST:
                return _apply(request, form)
            foreseen = foresee_register(request.actor, register=form.cleaned_data["register"])
        except RegisterRefused as refusal:
            form.refuse(refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    revisions = list(Revision.objects.select_related("by")[:SHOWN_REVISIONS])
    context = {
        "form": form,
        "found": foreseen.found if foreseen else None,
        "consequences": meaning(foreseen) if foreseen else [],
        "operator": queries.operator(),
        "sizes": queries.sizes(),
        "revisions": revisions,
        "contacts_hold_until": queries.contacts_hold_until(),
    }
    return render(request, "trust/register/file.html", context)


def _apply(request: Request, form: RegisterForm) -> HttpResponse:
    revision = apply_register(
        request.actor, register=form.cleaned_data["register"], based_on=form.cleaned_data["based_on"]
    )
    if revision.changes_anything:
        text = _("Applied: %(added)s added, %(changed)s changed, %(removed)s removed.")
        messages.success(request, text % vars(revision))
    else:
        messages.success(request, _("Applied. Nothing differed; the register is confirmed."))
    return redirect("trust:register")


@require_safe
def export(request: Request) -> HttpResponse:
    """The register as a file; it reads equal to what was applied."""
    require(request.actor, "trust.edit_register")
    response = HttpResponse(as_toml(queries.export_register()), content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="operator.toml"'
    return response


@require_safe
def template(request: Request) -> FileResponse:
    """A register that promises nothing yet and explains every key."""
    require(request.actor, "trust.edit_register")
    file = (PROFILES / "blank.toml").open("rb")
    return FileResponse(file, as_attachment=True, filename="operator.toml", content_type="application/toml")
