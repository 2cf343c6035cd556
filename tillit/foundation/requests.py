"""The request as the middleware leaves it: with tenant, actor and what htmx told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from tillit.foundation.access import Actor
    from tillit.foundation.models import Tenant

    class Request(HttpRequest):
        tenant: Tenant
        actor: Actor
        htmx: HtmxDetails
        failed: bool  # an exception was answered: what the view wrote is to be undone

else:
    Request = HttpRequest
