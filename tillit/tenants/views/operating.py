"""The operator's pages: customers from outside, and the mail that waits or was kept for reading."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.mail import read_body
from tillit.foundation.mailbox import known_mailbox
from tillit.foundation.models import OutgoingMail, Tenant
from tillit.foundation.regions import known_regions
from tillit.foundation.requests import Request
from tillit.tenants.actions.customers import (
    CHANGEABLE,
    TenantFields,
    change_tenant,
    create_tenant,
    invite_first_administrator,
)
from tillit.tenants.forms import FirstAdministratorForm, NewTenantForm, TenantForm, time_zones
from tillit.tenants.middleware import forget_hosts
from tillit.tenants.queries import address_of, customers, has_people, open_invitations_of, outgoing_mail, pages


def tenants(request: Request) -> HttpResponse:
    require(request.actor, "tenants.operate")
    search = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    shown, more = pages(customers(after=request.GET.get("after", "").replace("\x00", ""), search=search))
    names = known_regions()
    context = {
        "rows": [(row, address_of(row), names.get(row.region, row.region)) for row in shown],
        "next": "?" + urlencode({"after": shown[-1].slug, "q": search}) if more else "",
        "q": search,
    }
    return render(request, "tenants/tenants.html", context)


def new_tenant(request: Request) -> HttpResponse:
    require(request.actor, "tenants.operate")
    form = NewTenantForm(
        request.POST or None, initial={"language": "en", "time_zone": "Europe/Oslo", "region": request.tenant.region}
    )
    if request.method == "POST" and form.is_valid():
        made = _make(request, form)
        if made is not None:
            forget_hosts()
            messages.success(
                request, _("%(name)s stands ready; its first administrator has been invited.") % {"name": made.name}
            )
            return redirect("tenants:tenant", made.slug)
    context = {"form": form, "zones": time_zones(), "base_host": settings.BASE_HOST}
    return render(request, "tenants/new_tenant.html", context, status=422 if form.errors else 200)


def _make(request: Request, form: NewTenantForm) -> Tenant | None:
    """Tenant and invitation, both or neither."""
    said = form.cleaned_data
    fields = {name: said[name] for name in ("slug", "name", "region", "wave", "language", "time_zone")}
    try:
        with transaction.atomic():
            made = create_tenant(request.actor, fields=TenantFields(**fields))
            invite_first_administrator(
                request.actor, tenant=made, email=said["administrator_email"], name=said["administrator_name"]
            )
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    except ValidationError as error:  # two operators, the same address, the same moment
        form.add_error(None, error)
    else:
        return made
    return None


def tenant(request: Request, slug: str) -> HttpResponse:
    """One customer. Every change is asked back before it is made."""
    require(request.actor, "tenants.operate")
    found = get_object_or_404(Tenant, slug=slug)
    now = {field: getattr(found, field) for field in CHANGEABLE}
    form = TenantForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        if "confirmed" not in request.POST:
            return _ask_back(request, found, form)
        try:
            change_tenant(request.actor, tenant=found, changes=form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            forget_hosts()
            messages.success(request, _("Saved."))
            return redirect("tenants:tenant", slug)
    context = {
        "found": found,
        "address": address_of(found),
        "form": form,
        "invitations": [] if has_people(found) else open_invitations_of(found),
        "invite_form": None if found.is_operator or has_people(found) else FirstAdministratorForm(),
    }
    return render(request, "tenants/tenant.html", context, status=422 if form.errors else 200)


def _ask_back(request: Request, found: Tenant, form: TenantForm) -> HttpResponse:
    """What would change, in words, and whether it shuts people out."""
    after = Tenant(**{field: form.cleaned_data[field] for field in CHANGEABLE})
    changes = [
        {"label": form.fields[field].label, "before": _shown(found, field), "after": _shown(after, field)}
        for field in CHANGEABLE
        if getattr(found, field) != getattr(after, field)
    ]
    moves = (found.wave, found.region) != (after.wave, after.region) or (after.is_open() and not found.is_open())
    context = {
        "found": found,
        "form": form,
        "changes": changes,
        "locks_out": found.is_open() and not after.is_open(),
        "moves_to": after if moves else None,
    }
    return render(request, "tenants/confirm_tenant.html", context)


def _shown(tenant: Tenant, field: str) -> str:
    display = getattr(tenant, f"get_{field}_display", None)
    return str(display() if display else getattr(tenant, field))


def invite_first(request: Request, slug: str) -> HttpResponse:
    require(request.actor, "tenants.operate")
    found = get_object_or_404(Tenant, slug=slug)
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            invite_first_administrator(
                request.actor, tenant=found, email=said["administrator_email"], name=said["administrator_name"]
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("An invitation is on its way to %(email)s.") % {"email": said["administrator_email"]}
            )
            return redirect("tenants:tenant", slug)
    context = {"found": found, "form": form}
    return render(request, "tenants/invite_first.html", context, status=422 if form.errors else 200)


def mail(request: Request) -> HttpResponse:
    require(request.actor, "tenants.operate")
    before = request.GET.get("before", "")
    shown, more = pages(outgoing_mail(before=int(before) if before.isdecimal() and len(before) < 19 else None))
    context = {
        "mails": shown,
        "next": f"?before={shown[-1].pk}" if more else "",
        "relay": bool(settings.SMTP_URL),
        "mailbox": known_mailbox(),
    }
    return render(request, "tenants/mail.html", context)


def message(request: Request, pk: int) -> HttpResponse:
    """One mail. What it says is shown only where no relay delivers it: elsewhere it is a letter to somebody else."""
    require(request.actor, "tenants.operate")
    found = get_object_or_404(OutgoingMail, pk=pk)
    body = "" if settings.SMTP_URL else read_body(found)
    return render(request, "tenants/message.html", {"mail": found, "body": body, "relay": bool(settings.SMTP_URL)})
