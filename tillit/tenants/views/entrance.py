"""The way in, where allauth does not already stand: invitations, and the page for people who may not enter."""

from __future__ import annotations

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tillit.foundation.errors import Refused
from tillit.foundation.models import User
from tillit.foundation.requests import Request
from tillit.tenants.actions.people import Newcomer, accept_invitation
from tillit.tenants.forms import NewcomerForm
from tillit.tenants.models import Invitation
from tillit.tenants.queries import guest, invitation_of


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def invitation(request: Request, token: str) -> HttpResponse:
    """The page an invitation's mail leads to: for a newcomer, for somebody with a sign-in, for the wrong person."""
    throttled = ratelimit.consume_or_429(request, action="invitation", limit_get=True)
    if throttled:
        return throttled
    found = invitation_of(token)
    if found is None or not found.is_valid() or not request.tenant.is_open():
        return render(request, "tenants/invitation_gone.html", {"invitation": found}, status=410)
    if isinstance(request.user, User):
        return _accept_as(request, request.user, found, token)
    if User.objects.filter(email=found.email).exists():
        return render(request, "tenants/invitation.html", {"invitation": found, "stance": "sign_in"})
    return _welcome(request, found, token)


def _accept_as(request: Request, user: User, found: Invitation, token: str) -> HttpResponse:
    stance = "join" if user.email == found.email else "other"
    if request.method == "POST" and stance == "join":
        try:
            accept_invitation(guest(request.tenant, user), token=token)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("tenants:invitation", token)
        messages.success(request, _("Welcome to %(tenant)s.") % {"tenant": request.tenant})
        return redirect("/")
    return render(request, "tenants/invitation.html", {"invitation": found, "stance": stance})


def _welcome(request: Request, found: Invitation, token: str) -> HttpResponse:
    form = NewcomerForm(request.POST or None, email=found.email, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        newcomer = Newcomer(
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            language=found.language,
            time_zone=request.tenant.time_zone,
        )
        try:
            membership = accept_invitation(guest(request.tenant, None), token=token, newcomer=newcomer)
        except (Refused, ValidationError) as refusal:
            form.add_error(None, refusal if isinstance(refusal, ValidationError) else str(refusal))
        else:
            return perform_login(request, membership.user, redirect_url="/")
    context = {"invitation": found, "stance": "new", "form": form}
    return render(request, "tenants/invitation.html", context, status=422 if form.errors else 200)


def forbidden(request: Request, exception: Exception | None = None) -> HttpResponse:
    """Django's handler of 403: somebody signed in who does not work here gets a way out, others the plain page."""
    if str(exception) == "no membership" and isinstance(request.user, User):
        context = {"email": request.user.email, "signed_in": True}
        return render(request, "tenants/no_access.html", context, status=403)
    return render(request, "403.html", status=403)


def stale_form(request: Request, reason: str = "") -> HttpResponse:
    """Django's answer to a form without a valid CSRF token. Who signed in or out in another tab is led on."""
    if request.path == reverse("account_login") and request.user.is_authenticated:
        return redirect(request.get_full_path())
    if request.path == reverse("account_logout"):
        return redirect("account_logout")
    return render(request, "403_csrf.html", {"reason": reason}, status=403)
