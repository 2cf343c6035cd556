"""`bin/tillit operator EMAIL`: invite somebody of the operator's staff; the first one has nobody else to do it."""

from __future__ import annotations

import argparse
import json
import sys

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.formats import LANGUAGES
from tillit.foundation.models import Role, Tenant
from tillit.site.problems import Problem
from tillit.tenants.actions.people import invite_person
from tillit.tenants.queries import address_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", help="where the invitation goes")
    parser.add_argument("--name", default="", help="the person's name")
    parser.add_argument("--language", default="en", choices=[code for code, _name in LANGUAGES])
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    name = options.name or options.email.partition("@")[0]
    try:
        invitation = invite_person(
            Actor.system(operator), email=options.email, name=name, role=Role.OPERATOR, language=options.language
        )
    except Refused as refusal:
        raise Problem(str(refusal)) from refusal
    link = address_of(operator, f"/invitation/{invitation.token}/")
    if options.json:
        sys.stdout.write(json.dumps({"email": invitation.email, "link": link}) + "\n")
    else:
        sys.stdout.write(f"{invitation.email} is invited. The link, also sent by mail:\n\n  {link}\n")
    return 0
