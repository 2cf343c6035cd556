"""The long part of the work, outside every transaction: setting, sealing. The only place that loads the press."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.agreements.sealed import queries
from tillit.trust.agreements.sealed.bundle import compose
from tillit.trust.agreements.sealed.chapters import document_of


def documents(version: AgreementVersion) -> Iterator[tuple[str, bytes]]:
    """The sealed PDF in each language that has none yet. Raises Refused where this machine cannot make it."""
    from tillit.trust.agreements.sealed import press  # WeasyPrint and pyHanko take seconds to load, and much memory

    for language in queries.missing_languages(version):
        key, seal = press.press_key()
        page = f"/trust/agreements/{version.agreement}/"
        yield language, press.pressed(document_of(version, language, seal), key, page=page)


def whole_contract(tenant: Tenant, language: str) -> tuple[bytes, dict[str, Any]]:
    """The sealed bundle of a customer, and its manifest."""
    from tillit.trust.agreements.sealed import press  # as above

    key, seal = press.press_key()
    with in_tenant(tenant):
        printed, contents = compose(tenant, language, seal)
    return press.pressed(printed, key, page="/trust/agreements/"), contents
