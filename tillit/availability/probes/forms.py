"""What an operator types to register a prober."""

from __future__ import annotations

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from tillit.availability import queries
from tillit.availability.probes.models import Prober


class ProberForm(forms.ModelForm):
    region = forms.ChoiceField(label=capfirst(_("region it measures")))

    class Meta:
        model = Prober
        fields = ("name", "place", "region", "key")
        help_texts = {"key": _("bin/tillit prober prints it when it starts.")}

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self.fields["region"].choices = list(queries.regions().items())  # type: ignore[attr-defined]
        self.fields["key"].required = True
