"""`bin/tillit operator EMAIL`: invite somebody of the operator's staff; the first one has nobody else to do it."""

from __future__ import annotations

import argparse
import json
import sys

from django.core.exceptions import ValidationError

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.formats import LANGUAGES
from tillit.foundation.models import Role, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.site.problems import Problem
from tillit.tenants.actions.people import invite_person, send_invitation_again
from tillit.tenants.models import Invitation
from tillit.tenants.queries import address_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", help="where the invitation goes")
    parser.add_argument("--name", default="", help="the person's name")
    parser.add_argument("--language", default="en", choices=[code for code, _name in LANGUAGES])
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    try:
        invitation = _invite(Actor.system(operator), options)
    except Refused as refusal:
        raise Problem(str(refusal)) from refusal
    except ValidationError as invalid:
        raise Problem(f"{options.email}: {' '.join(invalid.messages)}") from invalid
    link = address_of(operator, f"/invitation/{invitation.token}/")
    if options.json:
        sys.stdout.write(json.dumps({"email": invitation.email, "link": link}) + "\n")
    else:
        sys.stdout.write(f"{invitation.email} is invited. The link, also sent by mail:\n\n  {link}\n")
    return 0


def _invite(system: Actor, options: argparse.Namespace) -> Invitation:
    """A first link or, for somebody who has been invited and did not accept yet, a new one."""
    email = options.email.strip().lower()
    with in_tenant(system.tenant):
        waiting = Invitation.objects.pending().filter(email=email).first()
    if waiting is not None:
        return send_invitation_again(system, invitation=waiting)
    name = options.name or email.partition("@")[0]
    return invite_person(system, email=email, name=name, role=Role.OPERATOR, language=options.language)
