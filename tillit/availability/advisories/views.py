"""The operator writes advisories, asks for emergencies and confirms them; everybody reads what is published."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from tillit.availability import words
from tillit.availability.advisories import actions, csaf
from tillit.availability.advisories.forms import AdvisoryForm, EmergencyForm
from tillit.availability.advisories.models import Advisory, Emergency
from tillit.availability.queries import operating_tenant
from tillit.availability.serving import serve
from tillit.availability.views.typed import show, typed
from tillit.availability.zone import in_operators_time
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.operating import operators_name
from tillit.foundation.requests import Request


def emergencies(request: Request) -> HttpResponse:
    """What is asked for, what was confirmed, every advisory; and the form that asks."""
    require(request.actor, "advisories.ask")
    form = EmergencyForm(typed(request))
    if form.is_valid():
        try:
            actions.ask_emergency(request.actor, **form.asked())
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Asked for. Somebody else of the staff must confirm it now."))
            return redirect("advisories:emergencies")
    context = {
        "form": form,
        "open": Emergency.objects.open().select_related("advisory", "asked_by"),
        "past": Emergency.objects.exclude(window=None).select_related("advisory", "asked_by", "confirmed_by")[:20],
        "advisories": Advisory.objects.all()[:100],
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "advisories/emergencies.html", context, status=422 if form.errors else 200)


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "advisories.confirm")
    emergency = get_object_or_404(Emergency, pk=pk)
    try:
        window = actions.confirm_emergency(request.actor, emergency=emergency)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Confirmed and announced: %(window)s.") % {"window": words.named(window)})
    return redirect("advisories:emergencies")


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "advisories.ask")
    try:
        actions.withdraw_emergency(request.actor, emergency=get_object_or_404(Emergency, pk=pk))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("advisories:emergencies")


def write(request: Request) -> HttpResponse:
    """A new advisory: a draft."""
    require(request.actor, "advisories.write")
    form = AdvisoryForm(typed(request))
    if form.is_valid():
        try:
            advisory = actions.write_advisory(request.actor, wording=form.wording(), sent=form.sent())
        except Refused as refusal:
            show(refusal, form)
        else:
            return redirect("advisories:advisory", slug=advisory.slug)
    return render(request, "advisories/write.html", {"form": form}, status=422 if form.errors else 200)


def advisory(request: Request, slug: str) -> HttpResponse:
    """One advisory as the operator writes it."""
    require(request.actor, "advisories.write")
    found = get_object_or_404(Advisory, slug=slug)
    before = {name: getattr(found, name) for name in actions.Wording.__dataclass_fields__}
    form = AdvisoryForm(typed(request), initial=before)
    if form.is_valid():
        because = form.cleaned_data["because"]
        try:
            actions.revise_advisory(request.actor, advisory=found, wording=form.wording(), because=because)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Saved."))
            return redirect("advisories:advisory", slug=slug)
    context = {"form": form, "advisory": found}
    return render(request, "advisories/write.html", context, status=422 if form.errors else 200)


@require_POST
def publish(request: Request, slug: str) -> HttpResponse:
    try:
        actions.publish_advisory(request.actor, advisory=get_object_or_404(Advisory, slug=slug))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("advisories:advisory", slug=slug)


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def public_list(request: Request) -> HttpResponse:
    return render(request, "advisories/public.html", {"advisories": Advisory.objects.published()})


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def public_one(request: Request, slug: str) -> HttpResponse:
    """A published advisory with every revision, and the windows it was closed in."""
    found = get_object_or_404(Advisory.objects.published(), slug=slug)
    windows = [one.window for one in found.emergencies.exclude(window=None).select_related("window__rule")]
    context = {"advisory": found, "windows": windows, "csaf": f"/.well-known/csaf/white/{csaf.path(found)}"}
    return render(request, "advisories/public_one.html", context)


@login_not_required
@require_safe
def document(request: HttpRequest, year: int, slug: str) -> HttpResponse:
    """`GET /.well-known/csaf/white/<year>/<id>.json`: CSAF 2.0."""
    found = get_object_or_404(Advisory.objects.published(), slug=slug)
    if csaf.path(found) != f"{year}/{slug}.json":
        raise Http404
    return serve(request, _written(csaf.document(found, operators_name())), "application/json", seconds=300)


@login_not_required
@require_safe
def provider(request: HttpRequest) -> HttpResponse:
    """`GET /.well-known/csaf/provider-metadata.json`."""
    changed = [one.at for advisory in Advisory.objects.published() for one in advisory.revisions.all()]
    last = max(changed, default=operating_tenant().created_at).isoformat(timespec="seconds")
    return serve(request, _written(csaf.provider(operators_name(), last)), "application/json", seconds=300)


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`GET /.well-known/csaf/white/index.txt`: the paths of all documents."""
    lines = "".join(f"{csaf.path(one)}\n" for one in Advisory.objects.published())
    return serve(request, lines.encode(), "text/plain", seconds=300)


@login_not_required
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """`GET /.well-known/csaf/white/changes.csv`: path and last change, newest first."""
    newest = [(one.revisions.latest("number").at, csaf.path(one)) for one in Advisory.objects.published()]
    rows = [f'"{path}","{at.isoformat(timespec="seconds")}"\n' for at, path in sorted(newest, reverse=True)]
    return serve(request, "".join(rows).encode(), "text/csv", seconds=300)


def _written(told: csaf.Json) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
