"""What views with a form share."""

from __future__ import annotations

from django.forms import Form
from django.http import QueryDict

from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def typed(request: Request) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def show(refusal: Refused, form: Form) -> None:
    """A rule's no, beside the field it is about."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
