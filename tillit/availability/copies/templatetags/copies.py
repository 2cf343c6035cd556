"""A time to the second: a copy holds for three minutes only."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.timezone import localtime

register = template.Library()


@register.filter
def exact_clock(moment: datetime) -> str:
    """`15:24:03`, in the active zone."""
    return f"{localtime(moment):%H:%M:%S}"
