"""What the frame of every public page knows: whose page it is, and whether it shows examples only."""

from __future__ import annotations

import functools
from typing import Any

from django.utils.functional import SimpleLazyObject

from tillit.foundation.requests import Request
from tillit.foundation.web import is_public
from tillit.trust import queries
from tillit.trust.models import Operator


def operator(request: Request) -> dict[str, Any]:
    """`operator_name`, `example_data` and where it comes from, read only if a page shows them."""
    if not is_public(request):
        return {}

    @functools.cache
    def held() -> Operator | None:
        return queries.operator()

    return {
        "operator_name": SimpleLazyObject(lambda: getattr(held(), "name", "")),
        "example_data": SimpleLazyObject(lambda: getattr(held(), "example_data", False)),
        "example_source": SimpleLazyObject(lambda: getattr(held(), "source", {})),
    }
