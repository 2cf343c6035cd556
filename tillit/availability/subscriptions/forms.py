"""What a visitor types to hear of the service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.availability.subscriptions.actions.joining import Choice
from tillit.availability.subscriptions.models import Subscriber
from tillit.availability.subscriptions.queries import part_choices
from tillit.foundation.addresses import AddressField
from tillit.foundation.formats import LANGUAGES

CHOSEN = ("language", "incidents", "maintenance", "reminders", "components")


class ChoiceForm(forms.Form):
    """What to hear, in which language; at least one kind."""

    incidents = forms.BooleanField(label=_("Incidents"), required=False, initial=True)
    maintenance = forms.BooleanField(
        label=_("Maintenance: announced, moved, cancelled, ended early"), required=False, initial=True
    )
    reminders = forms.BooleanField(label=_("A reminder the day before maintenance"), required=False)
    components = forms.MultipleChoiceField(
        label=_("Parts of the service"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them, also those to come."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        components = self.fields["components"]
        if isinstance(components, forms.MultipleChoiceField):
            components.choices = part_choices()

    @classmethod
    def of(cls, subscriber: Subscriber) -> ChoiceForm:
        """As this subscriber has chosen."""
        return cls(initial={name: getattr(subscriber, name) for name in CHOSEN})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not said.get("incidents") and not said.get("maintenance"):
            self.add_error("incidents", _("Please choose at least one: incidents or maintenance."))
        return said

    @property
    def choice(self) -> Choice:
        """To be asked of a valid form."""
        return Choice(**{name: self.cleaned_data[name] for name in CHOSEN})


class MailForm(ChoiceForm):
    email = AddressField(label=_("E-mail address"), max_length=254)
    website = forms.CharField(required=False, max_length=200)  # people do not see it; programs fill it in
    field_order: tuple[str, ...] = ("email", *CHOSEN)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class WebhookForm(MailForm):
    url = forms.CharField(
        label=_("Address of the receiver"), max_length=1000, help_text=_("Begins with https:// and is public.")
    )
    field_order = ("url", "email", *CHOSEN)
