"""From what is to be printed to sealed bytes. For workers and the command line: it takes seconds."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused
from tillit.trust import queries as register
from tillit.trust.agreements.sealed.printed import Printed
from tillit.trust.agreements.sealed.sealing import PURPOSE, DeclaredService, sealed
from tillit.trust.agreements.sealed.sealkey import Seal, SealKey, describe, seal_key
from tillit.trust.models import Processor

try:
    from tillit.trust.agreements.sealed import pdf
except OSError as error:  # WeasyPrint looks for Pango when it is loaded
    missing: OSError | None = error
else:
    missing = None


def press_key() -> tuple[SealKey, Seal]:
    """The operator's key, made if there is none, and what people may know of it."""
    held = register.operator()
    key = seal_key(held.legal_entity or held.name if held else "", held.seat_country if held else "")
    return key, describe(key.certificate)


def pressed(printed: Printed, key: SealKey, *, page: str) -> bytes:
    """The sealed PDF. `page`: where on this server the document's links begin, such as `/trust/agreements/dpa/`.

    Raises Refused where this machine lacks what WeasyPrint needs.
    """
    if missing is not None:
        told = _(
            "This machine cannot make PDF files: the library Pango is missing (%(error)s). Install it and try again."
        )
        raise Refused(told % {"error": missing})
    scheme = "https" if settings.HTTPS else "http"
    made = pdf.render(printed, address=f"{scheme}://{settings.BASE_HOST}{page}")
    return sealed(made, key, reason=printed.title, stamper=_stamper())


def _stamper() -> DeclaredService | None:
    """The time-stamping service that the register declares."""
    for processor in Processor.objects.in_force().filter(purposes__contains=[PURPOSE]):
        for address in processor.reached_at:
            if address.startswith("https://"):
                return DeclaredService(address)
    return None
