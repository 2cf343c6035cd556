"""The emergency of the demo's half year: asked for, confirmed by a colleague, its advisory public when it was over.

Invented.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from tillit.availability.advisories import actions
from tillit.availability.advisories.models import Advisory, Emergency
from tillit.availability.demo import Told, on
from tillit.foundation import clock
from tillit.foundation.access import Actor
from tillit.foundation.models import Membership, Role
from tillit.foundation.tenancy import in_tenant

ASKED = (55, "14:00")  # days ago
WORDING = actions.Wording(
    title={
        "en": "A hole in the TLS library (invented)",
        "de": "Eine Lücke in der TLS-Bibliothek (erfunden)",
        "nb": "Et hull i TLS-biblioteket (oppdiktet)",
    },
    summary={
        "en": "A client could have read memory of other sessions. We know of nobody who did.",
        "de": "Ein Programm hätte Speicher anderer Sitzungen lesen können. Wir wissen von niemandem, der es tat.",
        "nb": "En klient kunne ha lest minnet til andre økter. Vi vet ikke om noen som gjorde det.",
    },
    severity=Advisory.Severity.CRITICAL,
    affected=["1.0.0"],
    fixed_in="1.0.1",
)
REASONS = {
    "en": "A critical hole in the TLS library must be closed (invented).",
    "de": "Eine kritische Lücke in der TLS-Bibliothek muss geschlossen werden (erfunden).",
    "nb": "Et kritisk hull i TLS-biblioteket må tettes (oppdiktet).",
}


def emergency(staff: Actor, until: datetime) -> list[Told]:
    """What happened when; nothing where there is no second person to confirm it."""
    colleague = _colleague(staff)
    asked_at = on(staff, until, *ASKED)
    if colleague is None:
        return []
    return [
        (asked_at, partial(_ask, staff)),
        (asked_at + timedelta(minutes=20), partial(_confirm, colleague)),
        (asked_at + timedelta(hours=5), partial(_publish, staff)),
    ]


def _ask(staff: Actor) -> None:
    starts_at = clock.now() + timedelta(hours=4)
    actions.ask_emergency(
        staff,
        advisory=actions.write_advisory(staff, wording=WORDING),
        reasons=REASONS,
        asked=actions.Asked(starts_at, starts_at + timedelta(minutes=30)),
    )


def _confirm(colleague: Actor) -> None:
    actions.confirm_emergency(colleague, emergency=Emergency.objects.get())


def _publish(staff: Actor) -> None:
    actions.publish_advisory(staff, advisory=Advisory.objects.get())


def _colleague(staff: Actor) -> Actor | None:
    with in_tenant(staff.tenant):
        others = Membership.objects.filter(ended_at=None, role=Role.OPERATOR).exclude(user=staff.user)
        found = others.select_related("user").order_by("pk").first()
    return Actor.of(found.user, staff.tenant) if found else None
