from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.foundation.formats import LANGUAGES
from tillit.foundation.models import Tenant


class PlanForm(forms.Form):
    """A release and its notes; at least one language."""

    version = forms.CharField(label=_("Version"), max_length=60)
    bake_hours = forms.IntegerField(
        label=_("Hours between two waves, at least"), min_value=0, max_value=720, initial=24
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in LANGUAGES:
            self.fields[f"notes_{code}"] = forms.CharField(
                label=_("What is new: %(language)s") % {"language": name},
                required=False,
                max_length=4000,
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    def planned(self) -> dict[str, Any]:
        said = self.cleaned_data
        notes = {code: said[f"notes_{code}"] for code, _name in LANGUAGES if said[f"notes_{code}"]}
        return {"version": said["version"], "bake_hours": said["bake_hours"], "notes": notes}


class BecauseForm(forms.Form):
    because = forms.CharField(
        label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Customers read this.")
    )


class WaveForm(forms.Form):
    """`wave` is «» for what the draw says, which can be chosen where there was one."""

    DRAWN = "draw"

    wave = forms.ChoiceField(label=_("Wave"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)

    def __init__(self, *args: Any, waves: dict[str, int], computed: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Tenant.Wave.choices)
        field = self.fields["wave"]
        if isinstance(field, forms.ChoiceField):
            shown = [(wave, f"{labels[wave]}, {percent} %") for wave, percent in sorted(waves.items())]
            drawn = [(self.DRAWN, _("As drawn: wave %(wave)s") % {"wave": computed.upper()})] if computed else []
            field.choices = [*drawn, *shown]

    def clean_wave(self) -> str:
        wave: str = self.cleaned_data["wave"]
        return "" if wave == self.DRAWN else wave
