"""Public pages speak of times as the operator does, whoever reads them and on whatever host."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone

from tillit.availability import queries
from tillit.foundation.requests import Request

View = Callable[..., HttpResponse]


def in_operators_time(view: View) -> View:
    """The view runs in the operator's time zone."""

    @functools.wraps(view)
    def show(request: Request, **named: Any) -> HttpResponse:
        operator = request.tenant if request.tenant.is_operator else queries.operating_tenant()
        with timezone.override(ZoneInfo(operator.time_zone)):
            return view(request, **named)

    return show
