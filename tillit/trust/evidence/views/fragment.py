"""The customer's register of information: what it types, what we prefill, what would be refused, the file."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.trust.evidence.actions.details import remember_details
from tillit.trust.evidence.forms import DetailsForm
from tillit.trust.evidence.models import ReportingDetails
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.evidence.queries.fragment import as_package, make_fragment, package_name


def fragment(request: Request) -> HttpResponse:
    """The form, and below it what the file would hold and what authorities would refuse."""
    require(request.actor, "evidence.download")
    held = ReportingDetails.objects.first()
    form = DetailsForm(request.POST or None, instance=held)
    if request.method == "POST" and form.is_valid():
        try:
            remember_details(request.actor, details=form.cleaned_data)
        except (Refused, ValidationError) as refusal:
            form.add_error(None, refusal if isinstance(refusal, ValidationError) else str(refusal))
        else:
            return redirect(f"{request.path}#file")
    known = ReportingDetails.objects.first() if held else None  # what is kept, not what was mistyped
    made = make_fragment(Cloud(request.tenant), known) if known else None
    context = {"form": form, "made": made}
    return render(request, "evidence/fragment.html", context, status=422 if form.errors else 200)


@require_safe
def package(request: Request) -> HttpResponse:
    """The file for the authority, or for the customer's own tool to merge."""
    require(request.actor, "evidence.download")
    details = get_object_or_404(ReportingDetails.objects)
    cloud = Cloud(request.tenant)
    name = package_name(details, cloud.at)
    answer = HttpResponse(as_package(make_fragment(cloud, details), name), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return answer
