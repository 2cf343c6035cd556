"""What the operator types about incidents: what is wrong, how far we are, how it ended, words kept ready."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.availability.actions.incidents import Said
from tillit.availability.forms.fields import ClockField, OnceForm, TextsField
from tillit.availability.models import Component, Incident, IncidentTemplate
from tillit.foundation.clock import now

PROMISES = [("15", _("15 minutes")), ("30", _("30 minutes")), ("60", _("1 hour")), ("120", _("2 hours"))]
STEP = timedelta(minutes=5)  # nobody promises 03:37
OPEN = [(one.value, one.label) for one in Incident.Status][:3]
STATES = Component.State.choices[:4]
AS_BAD = {  # what an impact says of the parts, where nobody says it
    Incident.Impact.MINOR: Component.State.DEGRADED,
    Incident.Impact.MAJOR: Component.State.PARTIAL_OUTAGE,
    Incident.Impact.CRITICAL: Component.State.MAJOR_OUTAGE,
}


def promised(minutes: str) -> datetime | None:
    """So many minutes from now, on the next clock time that ends in five or nought, four minutes later at
    most; nothing where none is promised."""
    if not minutes:
        return None
    at = (now() + timedelta(minutes=int(minutes))).replace(second=0, microsecond=0)
    over = timedelta(minutes=at.minute % 5)
    return at + STEP - over if over else at


class UpdateForm(OnceForm):
    """One more thing said about an open incident."""

    body = TextsField(label=_("What is going on?"), widget=forms.Textarea, max_length=4000)
    status = forms.ChoiceField(label=_("How far are we?"), choices=OPEN, widget=forms.RadioSelect)
    next_in = forms.ChoiceField(
        label=_("We write again within"),
        choices=[*PROMISES, ("", _("no time is promised"))],
        widget=forms.RadioSelect,
        required=False,
    )
    state = forms.ChoiceField(label=_("Its parts are"), required=False, choices=[("", _("as they were")), *STATES])
    impact = forms.ChoiceField(
        label=_("How badly?"), choices=[("", _("as it was")), *Incident.Impact.choices], required=False
    )
    also = forms.ModelMultipleChoiceField(
        label=_("Parts of the service"),
        queryset=Component.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    started_at = ClockField(label=_("Since when?"), help_text=_("Empty: as it was."), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ModelMultipleChoiceField, self.fields["also"]).queryset = Component.objects.in_service()

    def said(self) -> Said:
        names = ("body", "status", "state", "also", "impact", "started_at")
        told = {name: self.cleaned_data[name] for name in names}
        return Said(next_update_at=promised(self.cleaned_data["next_in"]), sent=self.sent(), **told)


class IncidentForm(UpdateForm):
    title = TextsField(label=_("What is wrong?"))
    impact = forms.ChoiceField(
        label=_("How badly?"), choices=Incident.Impact, widget=forms.RadioSelect, initial=Incident.Impact.MINOR
    )
    started_at = ClockField(label=_("Since when?"), help_text=_("Empty: now."), required=False)
    status = forms.ChoiceField(
        label=_("How far are we?"), choices=OPEN, widget=forms.RadioSelect, initial=Incident.Status.INVESTIGATING
    )

    state = forms.ChoiceField(label=_("Its parts are"), required=False, choices=[("", _("as bad as that")), *STATES])

    field_order = ("title", "body", "impact", "also", "state", "next_in", "status", "started_at")

    def incident(self) -> dict[str, Any]:
        """The arguments of `actions.open_incident`."""
        told = {name: self.cleaned_data[name] for name in ("title", "impact", "started_at")}
        said = self.said()
        return told | {"said": replace(said, state=said.state or AS_BAD.get(told["impact"], ""))}


class ResolutionForm(forms.Form):
    body = TextsField(label=_("How did it end?"), widget=forms.Textarea, max_length=4000)


class RevisionForm(forms.Form):
    body = TextsField(label=_("What it says"), widget=forms.Textarea, max_length=20_000)


class PostmortemForm(forms.Form):
    body = TextsField(
        label=_("What happened, why, and what we change"),
        help_text=_("Markdown: ## heading, - list, **strong**, [link](https://…)."),
        widget=forms.Textarea,
        max_length=20_000,
    )


class ComponentForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), choices=STATES)


class TemplateForm(forms.Form):
    """Words kept ready."""

    moment = forms.ChoiceField(label=_("For"), choices=IncidentTemplate.Moment, widget=forms.RadioSelect)
    name = TextsField(label=_("Name of the template"), max_length=60)
    title = TextsField(
        label=_("What is wrong?"), help_text=_("The incident's title; only for opening."), required=False
    )
    body = TextsField(
        label=_("Text"),
        help_text=_(
            "When it is published, {parts} becomes the parts concerned, {since} the time it began, and {next_update} "
            "the time by which we write again."
        ),
        widget=forms.Textarea,
        max_length=4000,
    )
    status = forms.ChoiceField(label=_("How far are we?"), choices=[("", _("as it was")), *OPEN], required=False)
    impact = forms.ChoiceField(
        label=_("How badly?"), choices=[("", _("as it was")), *Incident.Impact.choices], required=False
    )
    state = forms.ChoiceField(label=_("Its parts are"), choices=[("", _("as they were")), *STATES], required=False)
    minutes = forms.TypedChoiceField(
        label=_("We write again within"),
        choices=[("", _("no time is promised")), *PROMISES],
        coerce=int,
        empty_value=None,
        required=False,
    )
