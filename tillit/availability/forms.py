"""What the operator types: announcements, incidents, and what is said in several languages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tillit.availability import recurrence
from tillit.availability.actions.incidents import Said
from tillit.availability.actions.windows import Details
from tillit.availability.models import Component, Effect, Incident, MaintenanceRule, MaintenanceWindow
from tillit.availability.queries import regions
from tillit.foundation.models import Tenant


class ClockField(forms.DateTimeField):
    """A day and a clock time in the zone that is active.

    A time the clocks jump over means the moment after the jump, one that comes twice the first: as in the plan.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override("UTC"):
            typed = super().to_python(value)
        if typed is None:
            return None
        try:
            return recurrence.moment(typed.replace(tzinfo=None), timezone.get_current_timezone())
        except OverflowError as error:  # the first and the last hours that calendars know
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class TextsWidget(forms.MultiWidget):
    """One input for each language: the reader's own in the open, the others folded away."""

    template_name = "availability/texts_widget.html"
    use_fieldset = True

    def __init__(self, widget: type[forms.Widget], attrs: dict[str, Any] | None = None) -> None:
        super().__init__({code: widget(attrs={"lang": code}) for code, _name in settings.LANGUAGES}, attrs)

    def decompress(self, value: dict[str, str] | None) -> list[str]:
        return [(value or {}).get(code, "") for code, _name in settings.LANGUAGES]


class TextsField(forms.MultiValueField):
    """Texts by language, at least in one: `{"de": "…"}`."""

    def __init__(self, *, widget: type[forms.Widget] = forms.TextInput, max_length: int = 200, **options: Any) -> None:
        parts = [forms.CharField(max_length=max_length, required=False) for _language in settings.LANGUAGES]
        super().__init__(parts, widget=TextsWidget(widget), require_all_fields=False, **options)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        typed = zip(settings.LANGUAGES, data_list, strict=False)
        texts = {code: text for (code, _name), text in typed if text}
        if self.required and not texts:  # nothing but spaces
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return texts


class AnnouncementForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"), choices=MaintenanceWindow.Kind, widget=forms.RadioSelect, initial="planned"
    )
    rule = forms.ModelChoiceField(
        label=_("Line of the plan"),
        queryset=MaintenanceRule.objects.none(),
        required=False,
        empty_label=_("Something else"),
    )
    title = TextsField(label=_("Title"), required=False, help_text=_("Empty: the name of the line of the plan."))
    starts_at = ClockField(label=_("Start"))
    ends_at = ClockField(label=_("End"))
    effect = forms.ChoiceField(label=_("What people notice"), choices=Effect, initial=Effect.SECONDS)
    minutes = forms.IntegerField(
        label=_("Interrupted for at most"), help_text=_("In minutes."), required=False, min_value=1, max_value=44_640
    )
    wave = forms.ChoiceField(label=_("Wave"), choices=[("", _("Everybody")), *Tenant.Wave.choices], required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    reason = forms.CharField(
        label=_("Why is it needed?"),
        help_text=_("Needed for an emergency; customers read it."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rule, region = (
            cast(forms.ModelChoiceField, self.fields["rule"]),
            cast(forms.ChoiceField, self.fields["region"]),
        )
        rule.queryset = MaintenanceRule.objects.in_force().filter(as_needed=True)
        region.choices = [("", _("Everywhere")), *regions().items()]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not said.get("title") and "title" in said:
            if said.get("rule"):
                said["title"] = said["rule"].name
            else:
                self.add_error("title", _("Please say what is going to be done."))
        return said

    def announcement(self) -> dict[str, Any]:
        """The arguments of `actions.announce_maintenance`."""
        said = dict(self.cleaned_data)
        minutes = said.pop("minutes")
        told = {name: said.pop(name) for name in ("wave", "region", "reason", "effect", "rule")}
        return said | {"details": Details(most_seconds=minutes * 60 if minutes else None, **told)}


class CancellationForm(forms.Form):
    because = forms.CharField(label=_("Why is it cancelled?"), help_text=_("Customers read it."), max_length=500)


class MoveForm(forms.Form):
    starts_at = ClockField(label=_("Start"))
    ends_at = ClockField(label=_("End"))
    because = forms.CharField(label=_("Why is it moved?"), help_text=_("Customers read it."), max_length=500)


class UpdateForm(forms.Form):
    """One more thing said about an open incident."""

    status = forms.ChoiceField(
        label=_("How far are we?"), choices=[(one.value, one.label) for one in Incident.Status][:3]
    )
    state = forms.ChoiceField(label=_("Its parts are"), required=False)
    also = forms.ModelMultipleChoiceField(
        label=_("Parts of the service"),
        queryset=Component.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    body = TextsField(label=_("What is going on?"), widget=forms.Textarea, max_length=4000)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ModelMultipleChoiceField, self.fields["also"]).queryset = Component.objects.in_service()
        cast(forms.ChoiceField, self.fields["state"]).choices = [("", _("as they were")), *Component.State.choices[:4]]

    def said(self) -> Said:
        return Said(**{name: self.cleaned_data[name] for name in ("body", "status", "state", "also")})


class IncidentForm(UpdateForm):
    title = TextsField(label=_("What is wrong?"))
    impact = forms.ChoiceField(
        label=_("How badly?"), choices=Incident.Impact, widget=forms.RadioSelect, initial=Incident.Impact.MINOR
    )
    started_at = ClockField(label=_("Since when?"), help_text=_("Empty: now."), required=False)

    field_order = ("title", "impact", "also", "state", "status", "started_at", "body")

    def incident(self) -> dict[str, Any]:
        """The arguments of `actions.open_incident`."""
        told = {name: self.cleaned_data[name] for name in ("title", "impact", "started_at")}
        return told | {"said": self.said()}


class ResolutionForm(forms.Form):
    body = TextsField(label=_("How did it end?"), widget=forms.Textarea, max_length=4000)


class ComponentForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), choices=Component.State.choices[:4])
