"""The administrator's pages about people: who works here, who is invited, in which role."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.models import Membership
from tillit.foundation.requests import Request
from tillit.foundation.web import is_fragment
from tillit.tenants.actions.people import (
    change_role,
    end_membership,
    invite_person,
    send_invitation_again,
    withdraw_invitation,
)
from tillit.tenants.forms import InviteForm, RoleForm
from tillit.tenants.models import Invitation
from tillit.tenants.queries import invitations, members, pages


def people(request: Request) -> HttpResponse:
    require(request.actor, "tenants.see_people")
    search = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    after = request.GET.get("after", "")
    known = after.isdecimal() and len(after) < 19
    shown, more = pages(members(after=int(after) if known else None, search=search))
    context = {
        "members": shown,
        "next": "?" + urlencode({"after": shown[-1].pk, "q": search}) if more else "",
        "q": search,
        "invitations": invitations()[:200],
    }
    page = "tenants/people.html"
    return render(request, f"{page}#members" if is_fragment(request) else page, context)


def invite(request: Request) -> HttpResponse:
    require(request.actor, "tenants.manage_people")
    form = InviteForm(request.POST or None, tenant=request.tenant)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invite_person(request.actor, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
            return redirect("tenants:people")
    return render(request, "tenants/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def send_again(request: Request, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        send_invitation_again(request.actor, invitation=invitation)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("Sent again to %(email)s. The old link no longer works.") % {"email": invitation.email}
        )
    return redirect("tenants:people")


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        withdraw_invitation(request.actor, invitation=invitation)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The invitation of %(email)s was withdrawn.") % {"email": invitation.email})
    return redirect("tenants:people")


def member(request: Request, pk: int) -> HttpResponse:
    """One person: what the list shows, and the form for the role."""
    require(request.actor, "tenants.see_people")
    membership = get_object_or_404(members(), pk=pk)
    form = RoleForm(request.POST or None, tenant=request.tenant, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        try:
            change_role(request.actor, membership=membership, role=form.cleaned_data["role"])
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("%(name)s has a new role.") % {"name": membership.user.name})
            return redirect("tenants:people")
    context = {"membership": membership, "form": form}
    return render(request, "tenants/member.html", context, status=422 if form.errors else 200)


def end(request: Request, pk: int) -> HttpResponse:
    """Asks first; the second request ends the membership."""
    require(request.actor, "tenants.manage_people")
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=pk)
    refused = ""
    if request.method == "POST":
        try:
            end_membership(request.actor, membership=membership)
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, _("%(name)s no longer works here.") % {"name": membership.user.name})
            return redirect("tenants:people")
    context = {"membership": membership, "refused": refused}
    return render(request, "tenants/end.html", context, status=409 if refused else 200)
