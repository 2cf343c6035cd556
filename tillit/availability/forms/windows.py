"""What the operator types about windows: an announcement, a move, a cancellation."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.availability import words
from tillit.availability.actions.windows import Details, Revised
from tillit.availability.forms.fields import ClockField, FewLines, LineField, OnceForm, TextsField, read_by_customers
from tillit.availability.models import Component, Effect, MaintenanceRule, MaintenanceWindow
from tillit.availability.queries import regions
from tillit.foundation.models import Tenant


def _reasons() -> TextsField:
    label, read = _("Why is it needed?"), read_by_customers(2000)
    return TextsField(label=label, help_text=read, required=False, widget=FewLines, max_length=2000)


class AnnouncementForm(OnceForm):
    """Of planned work: an emergency is asked for elsewhere, and nothing of its line of the plan is offered here."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=MaintenanceWindow.Kind.choices[:1], widget=forms.HiddenInput, initial="planned"
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
    components = forms.ModelMultipleChoiceField(
        label=_("Parts of the service"),
        help_text=_("None chosen: all of them."),
        queryset=Component.objects.none(),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    job = forms.ChoiceField(label=_("Work"), help_text=_("What may run only inside this window."), required=False)
    reasons = _reasons()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rule, region = (
            cast(forms.ModelChoiceField, self.fields["rule"]),
            cast(forms.ChoiceField, self.fields["region"]),
        )
        ordinary = MaintenanceRule.objects.in_force().exclude(kind=MaintenanceRule.Kind.EMERGENCY)
        rule.queryset = ordinary.filter(as_needed=True)
        region.choices = [("", _("Everywhere")), *regions().items()]
        cast(forms.ModelMultipleChoiceField, self.fields["components"]).queryset = Component.objects.in_service()
        jobs = ordinary.exclude(job="").values_list("job", flat=True)
        named = sorted({(job, words.job(job)) for job in jobs}, key=lambda choice: choice[1])
        cast(forms.ChoiceField, self.fields["job"]).choices = [
            ("", _("as the plan says, else by hand")),
            *named,
        ]

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
        told = {name: said.pop(name) for name in ("wave", "region", "reasons", "effect", "rule", "job")}
        del said["key"]
        parts = [part.slug for part in said.pop("components")]
        return said | {
            "details": Details(
                most_seconds=minutes * 60 if minutes else None, components=parts, sent=self.sent(), **told
            )
        }

    def window(self) -> MaintenanceWindow:
        """The same as a window that nobody has announced yet, to be looked at."""
        said = self.announcement()
        return MaintenanceWindow(**said.pop("details").of_window(), **said)


class CancellationForm(forms.Form):
    because = LineField(label=_("Why is it cancelled?"), help_text=read_by_customers(500), max_length=500)


class MoveForm(forms.Form):
    starts_at = ClockField(label=_("Start"))
    ends_at = ClockField(label=_("End"))
    because = LineField(label=_("Why is it moved?"), help_text=read_by_customers(500), max_length=500)


class OtherwiseForm(forms.Form):
    """What an announced window is, hits and does, why, and how long it lasts: said otherwise."""

    title = TextsField(label=_("Title"))
    effect = forms.ChoiceField(label=_("What people notice"), choices=Effect)
    minutes = forms.IntegerField(
        label=_("Interrupted for at most"), help_text=_("In minutes."), required=False, min_value=1, max_value=44_640
    )
    ends_at = ClockField(label=_("End"))
    components = forms.ModelMultipleChoiceField(
        label=_("Parts of the service"),
        help_text=_("None chosen: all of them."),
        queryset=Component.objects.none(),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reasons = _reasons()
    because = LineField(label=_("Why is it changed?"), help_text=read_by_customers(500), max_length=500)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ModelMultipleChoiceField, self.fields["components"]).queryset = Component.objects.in_service()

    @staticmethod
    def of(window: MaintenanceWindow) -> dict[str, Any]:
        """What it says now."""
        told = {name: getattr(window, name) for name in ("title", "effect", "ends_at", "components")}
        minutes = -(-window.most_seconds // 60) if window.most_seconds else None
        reasons = window.reasons or ({"en": window.reason} if window.reason else {})
        return told | {"minutes": minutes, "most_seconds": window.most_seconds, "reasons": reasons}

    def revised(self) -> Revised:
        """The arguments of `actions.revise_maintenance`. What was not touched stays as exact as it was."""
        said = dict(self.cleaned_data)
        same = said["minutes"] == self.initial.get("minutes")
        seconds = self.initial.get("most_seconds") if same else (said["minutes"] or 0) * 60 or None
        return Revised(
            title=said["title"],
            effect=said["effect"],
            components=[part.slug for part in said["components"]],
            ends_at=said["ends_at"],
            most_seconds=seconds,
            reasons=said["reasons"] if "reasons" in self.changed_data else None,
        )
