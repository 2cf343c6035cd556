"""What people type: files of an agreement, when a version begins, on whose authority it is accepted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.foundation.addresses import AddressField
from tillit.trust.agreements.actions import GIVEN_DAYS
from tillit.trust.agreements.documents import LONGEST_FILE


class TextForm(forms.Form):
    """One language of a draft: typed, or brought as a file, which counts if both are there."""

    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=LONGEST_FILE,
        strip=False,
        widget=forms.Textarea(attrs={"class": "agreement-source", "rows": 32, "spellcheck": "false", "wrap": "off"}),
        help_text=_("An empty text takes the language out of the draft."),
    )
    file = forms.FileField(
        label=_("Or a file"), required=False, widget=forms.ClearableFileInput(attrs={"accept": ".md,text/markdown"})
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > 4 * LONGEST_FILE:
            raise forms.ValidationError(_("The file is too long: at most 400,000 characters."))
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The file is not in UTF-8.")) from error

    def said(self) -> str:
        return self.cleaned_data["file"] or self.cleaned_data["text"]


class PublishForm(forms.Form):
    valid_from = forms.DateField(
        label=_("Valid from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From midnight; today means from now on."),
    )
    asks_acceptance = forms.BooleanField(
        label=_("Customers are asked to accept this version"),
        required=False,
        help_text=_("Otherwise they are only told."),
    )


class AcceptForm(forms.Form):
    """`sha256` and `language` are those of the text on the page."""

    name = forms.CharField(
        label=_("On whose authority"),
        max_length=120,
        help_text=_("The person of your company who decides this; often yourself."),
    )
    function = forms.CharField(
        label=_("Role in the company"),
        max_length=120,
        help_text=_("What allows this person to bind the company, for example: managing director."),
    )
    agreed = forms.BooleanField(label=_("We have read this version and accept it for our company."))
    language = forms.CharField(max_length=2, widget=forms.HiddenInput)
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)


class AskForm(forms.Form):
    name = forms.CharField(label=_("Who will read it"), max_length=120)
    reason = forms.CharField(label=_("What for"), max_length=500, required=False)
    secret = forms.BooleanField(label=_("We keep the document secret and do not pass it on."))


class NoteForm(forms.Form):
    """Somebody asked by mail."""

    def __init__(self, *args: Any, agreements: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["agreement"]
        if isinstance(field, forms.ChoiceField):
            field.choices = agreements

    agreement = forms.ChoiceField(label=_("Document"))
    name = forms.CharField(label=_("Name"), max_length=120)
    email = AddressField(label=_("E-mail address"), max_length=254)
    reason = forms.CharField(label=_("What for"), max_length=500, required=False)
    secret = forms.BooleanField(label=_("Has promised to keep it secret."))


class AnswerForm(forms.Form):
    days = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=366, initial=GIVEN_DAYS)
