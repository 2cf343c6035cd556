"""What a customer types for its register of information, and what a visitor types to hear of changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.foundation.addresses import AddressField
from tillit.foundation.clock import now
from tillit.foundation.formats import LANGUAGES
from tillit.trust.evidence.models import ReportingDetails

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DetailsForm(forms.ModelForm):
    """Everything the provider cannot know. Codes in capitals, whatever was typed."""

    function_ids = forms.CharField(
        label=_("Functions"), max_length=400, help_text=_("As in your B_06.01, for example F1; several with commas.")
    )

    class Meta:
        model = ReportingDetails
        fields = (
            "lei",
            "country",
            "scope",
            "reference_date",
            "contract_reference",
            "arrangement",
            "overarching_reference",
            "function_ids",
            "service_type",
            "critical",
            "starts_on",
            "ends_on",
            "notice_days_customer",
            "notice_days_provider",
            "governing_law",
            "currency",
            "yearly_cost",
            "sensitivity",
            "reliance",
            "substitutability",
            "substitution_reason",
            "last_audit",
            "exit_plan",
            "reintegration",
            "impact",
            "alternatives",
            "alternative_names",
        )
        widgets = dict.fromkeys(("reference_date", "starts_on", "ends_on", "last_audit"), DAY)
        help_texts = {
            "country": _("ISO code of two letters: the competent authority's."),
            "ends_on": _("Empty: without an end."),
            "last_audit": _("Empty: there was none."),
            "governing_law": _("ISO code of two letters. Empty: the operator's jurisdiction."),
            "critical": _("Then the chain of sub-processors and B_07.01 belong to the file."),
        }

    def __init__(self, *args: Any, instance: ReportingDetails | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = (
            {"reference_date": date(now().year - 1, 12, 31)}
            if instance is None
            else {"function_ids": ", ".join(instance.function_ids)}
        )
        super().__init__(*args, **kwargs | {"instance": instance})

    def clean_lei(self) -> str:
        return str(self.cleaned_data["lei"]).upper()

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_governing_law(self) -> str:
        return str(self.cleaned_data["governing_law"]).upper()

    def clean_function_ids(self) -> list[str]:
        said = (part.strip() for part in self.cleaned_data["function_ids"].split(","))
        return list(dict.fromkeys(part for part in said if part))


class SubscribeForm(forms.Form):
    email = AddressField(label=_("E-mail address"), max_length=254)
    language = forms.ChoiceField(label=_("Language of the mails"), choices=LANGUAGES)
    website = forms.CharField(required=False, max_length=200)  # people do not see it; programs fill it in

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()
