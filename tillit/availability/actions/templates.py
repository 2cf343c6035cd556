"""Words kept ready for incidents."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _

from tillit.availability.models import IncidentTemplate
from tillit.foundation.access import Actor, action, require
from tillit.foundation.errors import Refused
from tillit.foundation.events import record

Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Words:
    """What a template says and sets; what is left empty stays as it is."""

    moment: str
    name: Texts
    body: Texts
    title: Texts = field(default_factory=dict)  # of the incident, when opening
    impact: str = ""
    status: str = ""
    state: str = ""
    minutes: int | None = None  # until we write again


@action
def keep_template(actor: Actor, *, words: Words, template: IncidentTemplate | None = None) -> IncidentTemplate:
    """Keep words ready, new ones or those of a template that is there already."""
    require(actor, "availability.manage_incidents")
    if words.moment == IncidentTemplate.Moment.OPENING and not any(words.title.values()):
        raise Refused(_("Words for opening an incident need its title."), field="title")
    if template is None:
        last = IncidentTemplate.objects.aggregate(last=Max("position"))["last"]
        template = IncidentTemplate(position=(last or 0) + 1)
    for name, value in asdict(words).items():
        setattr(template, name, value)
    try:
        template.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    template.save()
    record(actor, "availability.incident_template_kept", template)
    return template


@action
def drop_template(actor: Actor, *, template: IncidentTemplate) -> None:
    """Keep these words no longer. What was said with them stays said."""
    require(actor, "availability.manage_incidents")
    record(actor, "availability.incident_template_dropped", template)
    template.delete()
