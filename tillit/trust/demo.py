"""Half a year of the register: a company that came with a notice and changed once, one that is announced and may still
be objected to, and a customer who objected and thought better of it.

Everything is made by the room's own actions, at times the loader tells. The companies are invented.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tillit.foundation import clock
from tillit.foundation.access import Actor
from tillit.trust.actions.objections import raise_objection, withdraw_objection
from tillit.trust.actions.proposals import announce_entry, propose_entry
from tillit.trust.actions.telling import tell_customers
from tillit.trust.models import Processor, Revision

CAME, MOVED, COMING = 150, 70, 9  # days ago: announced
CARRIER: dict[str, Any] = {
    "slug": "nordlys-post",
    "name": "Nordlys Post AS",
    "role": "mail",
    "seat_city": "Bodø",
    "seat_country": "NO",
    "storage_countries": ["NO"],
    "processing_countries": ["NO"],
    "purposes": ["mail"],
    "reached_at": ["smtps://smtp.nordlys-post.example:465"],
    "data_categories": ["contact-data", "correspondence"],
    "transfer_basis": "none",
    "retention_hours": 24,
    "processing": {"de": "Bodø, Norwegen", "en": "Bodø, Norway", "nb": "Bodø"},
    "type": {
        "de": "E-Mail-Serviceanbieter (erfunden)",
        "en": "E-mail service provider (invented)",
        "nb": "Leverandør av e-posttjeneste (oppdiktet)",
    },
    "service": {
        "de": "Versendet Einladungen und Mitteilungen des Dienstes.",
        "en": "Sends the service's invitations and notices.",
        "nb": "Sender tjenestens invitasjoner og meldinger.",
    },
    "governance": {
        "de": "Vertrag zur Auftragsverarbeitung, jährlich geprüft.",
        "en": "Data processing agreement, reviewed every year.",
        "nb": "Databehandleravtale, gjennomgås hvert år.",
    },
}
RELAY: dict[str, Any] = CARRIER | {
    "slug": "rheinpost-relay",
    "name": "Rheinpost Relay GmbH",
    "seat_city": "Basel",
    "seat_country": "CH",
    "storage_countries": ["CH"],
    "processing_countries": ["CH", "DE"],
    "reached_at": ["smtps://relay.rheinpost.example:465"],
    "transfer_basis": "adequacy",
    "transfer_document": "Decision 2000/518/EC",
    "processing": {"de": "Basel und Frankfurt", "en": "Basel and Frankfurt", "nb": "Basel og Frankfurt"},
    "service": {
        "de": "Zweiter Weg für Mitteilungen des Dienstes, wenn der erste ausfällt.",
        "en": "A second way for the service's notices when the first one fails.",
        "nb": "En andre vei for tjenestens meldinger når den første svikter.",
    },
}


def tell_half_a_year(staff: Actor, administrators: list[Actor], until: datetime) -> None:
    """The register's past. `staff` may edit it; the customers' administrators may object."""
    _announce(staff, until - timedelta(days=CAME), CARRIER)
    moved = CARRIER | {
        "processing_countries": ["NO", "SE"],
        "processing": {"de": "Bodø und Luleå", "en": "Bodø and Luleå", "nb": "Bodø og Luleå"},
    }
    _announce(staff, until - timedelta(days=MOVED), moved)
    if administrators:
        with clock.at(until - timedelta(days=MOVED - 3)):
            said = raise_objection(administrators[-1], processor="nordlys-post", reason="Why Sweden all of a sudden?")
        with clock.at(until - timedelta(days=MOVED - 11)):
            withdraw_objection(administrators[-1], objection=said)
    _announce(staff, until - timedelta(days=COMING), RELAY)


def _announce(staff: Actor, moment: datetime, entry: dict[str, Any]) -> None:
    """Propose in the morning, announce an hour later, tell the customers."""
    slug, newest = entry["slug"], Revision.objects.values_list("pk", flat=True).first()
    with clock.at(moment):
        proposal = propose_entry(staff, section="processors", slug=slug, entry=entry, based_on=newest)
    with clock.at(moment + timedelta(hours=1)):
        announce_entry(staff, proposals=[proposal])
        version = Processor.objects.said().get(slug=slug)
        tell_customers(Actor.system(staff.tenant), section="processors", version=version.pk, ended=False)
