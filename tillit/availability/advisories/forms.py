"""What the operator types about advisories and emergencies."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.availability.advisories.actions import Asked, Wording
from tillit.availability.advisories.models import Advisory
from tillit.availability.forms.fields import ClockField, FewLines, OnceForm, TextsField, read_by_customers
from tillit.availability.models import Effect
from tillit.availability.queries import regions
from tillit.foundation.models import Tenant

CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")


class ListField(forms.CharField):
    """Several words in one line, divided by commas or blanks."""

    def clean(self, value: Any) -> Any:
        return [one for one in re.split(r"[,\s]+", super().clean(value)) if one]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class AdvisoryForm(OnceForm):
    title = TextsField(label=_("Title"))
    summary = TextsField(label=_("What is it about?"), widget=forms.Textarea, max_length=4000)
    severity = forms.ChoiceField(label=_("Severity"), choices=Advisory.Severity, initial=Advisory.Severity.HIGH)
    cves = ListField(label=_("CVE numbers"), help_text=_("As CVE-2026-12345; several with commas."), required=False)
    affected = ListField(label=_("Affected releases"), help_text=_("Several with commas."), required=False)
    fixed_in = forms.CharField(label=_("Fixed in release"), required=False, max_length=60)
    commit = forms.CharField(label=_("Commit of the fix"), required=False, max_length=64)
    because = forms.CharField(
        label=_("What is different?"), help_text=_("Of an advisory that is public."), required=False, max_length=500
    )

    def clean_cves(self) -> list[str]:
        cves = [cve.upper() for cve in self.cleaned_data["cves"]]
        if strange := [cve for cve in cves if not CVE.fullmatch(cve)]:
            raise forms.ValidationError(_("“%(cve)s” is no CVE number.") % {"cve": strange[0]})
        return cves

    def wording(self) -> Wording:
        return Wording(**{name: self.cleaned_data[name] for name in Wording.__dataclass_fields__})


class EmergencyForm(OnceForm):
    advisory = forms.ModelChoiceField(label=_("Advisory"), queryset=Advisory.objects.none(), to_field_name="slug")
    reasons = TextsField(
        label=_("Why can it not wait?"), help_text=read_by_customers(2000), max_length=2000, widget=FewLines
    )
    starts_at = ClockField(label=_("Start"), required=False, help_text=_("Empty: the next evening at 18:00."))
    ends_at = ClockField(label=_("End"), required=False, help_text=_("Empty: an hour later."))
    effect = forms.ChoiceField(label=_("What people notice"), choices=Effect, initial=Effect.SECONDS)
    wave = forms.ChoiceField(label=_("Wave"), choices=[("", _("Everybody")), *Tenant.Wave.choices], required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast(forms.ModelChoiceField, self.fields["advisory"]).queryset = Advisory.objects.all()
        cast(forms.ChoiceField, self.fields["region"]).choices = [("", _("Everywhere")), *regions().items()]

    def asked(self) -> dict[str, Any]:
        """The arguments of `actions.ask_emergency`."""
        said = self.cleaned_data
        asked = Asked(**{name: said[name] for name in Asked.__dataclass_fields__})
        return {"advisory": said["advisory"], "reasons": said["reasons"], "asked": asked, "sent": self.sent()}
