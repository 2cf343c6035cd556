"""What people type, checked before an action sees it. Allauth's own forms are adjusted, not replaced."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import available_timezones

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tillit.foundation.addresses import AddressField
from tillit.foundation.formats import LANGUAGES, check_time_zone
from tillit.foundation.models import SLUG, Tenant, User
from tillit.tenants.models import RESERVED_SLUGS, roles_of
from tillit.tenants.queries import regions

GOOD_PASSWORD = _("At least 10 characters; not only digits, not like your name, not one that many people use.")


class Labelled(forms.Form):
    """The label says what a field is; allauth's placeholder would say it twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(Labelled, LoginForm):
    """The way to a new password stands below the form, not inside."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit(self.fields["login"], 254)
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"
        self.fields["login"].label = _("E-mail")
        self.fields["password"].help_text = ""


class ChangeForm(Labelled, ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = GOOD_PASSWORD


class ResetForm(Labelled, ResetPasswordForm):
    pass


class ResetByLinkForm(Labelled, ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = GOOD_PASSWORD


class ConfirmForm(Labelled, ReauthenticateForm):
    pass


class SecondStepForm(Labelled, AuthenticateForm):
    pass


class ConfirmCodeForm(Labelled, ReauthenticateCodeForm):
    pass


class SetUpAppForm(Labelled, ActivateTOTPForm):
    pass


class AddKeyForm(AddWebAuthnForm):
    """A key is a passkey unless one says otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        _limit(self.fields["name"], 100)
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].label = _("Sign in with it alone, without a password")
        self.fields["passwordless"].help_text = _(
            "Then the key itself asks for a fingerprint, your face or a PIN. Otherwise it is a second step."
        )


class ZoneField(forms.CharField):
    """A text field that proposes every zone of the IANA database; searchable without script."""

    default_validators = [check_time_zone]

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(
            label=_("Time zone"),
            max_length=64,
            widget=widget,
            help_text=_("Type a city and choose from the list, such as Europe/Oslo."),
            **kwargs,
        )


class NewcomerForm(forms.Form):
    """Name and password of somebody who accepts an invitation without having a sign-in yet."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=GOOD_PASSWORD,
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if "password" in said:
            try:
                get_adapter().clean_password(said["password"], User(email=self.email, name=said.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return said


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    time_zone = ZoneField()
    theme = forms.ChoiceField(label=_("Appearance"), choices=User.Theme.choices, widget=forms.RadioSelect)


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What for"), max_length=80, help_text=_("For instance the name of the program."))
    expires_on = forms.DateField(
        label=_("Expires on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Leave empty for a token that stays good until you revoke it."),
    )

    def expires_at(self) -> datetime | None:
        """The end of the chosen day in the person's zone."""
        day = self.cleaned_data["expires_on"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None


class InviteForm(forms.Form):
    email = AddressField(label=_("E-mail"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=120)
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=LANGUAGES)

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "role", roles_of(tenant))
        self.initial.setdefault("language", tenant.language)
        self.initial.setdefault("role", roles_of(tenant)[-1][0])


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "role", roles_of(tenant))


def _region_choices() -> list[tuple[str, str]]:
    return list(regions().items())


class FirstAdministratorForm(forms.Form):
    administrator_name = forms.CharField(label=_("First administrator: name"), max_length=120)
    administrator_email = AddressField(label=_("First administrator: e-mail"), max_length=254)


class NewTenantForm(FirstAdministratorForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    slug = forms.CharField(
        label=_("Address"),
        max_length=40,
        validators=[SLUG],
        help_text=_("The first part of its host name. It never changes."),
    )
    region = forms.ChoiceField(label=_("Region"), choices=_region_choices)
    wave = forms.ChoiceField(
        label=_("Release wave"), choices=[("", _("By the draw")), *Tenant.Wave.choices], required=False
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    time_zone = ZoneField()

    field_order = ["name", "slug", "region", "wave", "language", "time_zone"]

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if slug in RESERVED_SLUGS:
            raise ValidationError(_("This address is reserved."))
        if Tenant.objects.filter(slug=slug).exists():
            raise ValidationError(_("Another tenant already lives at this address."))
        return slug


class TenantForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    region = forms.ChoiceField(label=_("Region"), choices=_region_choices)
    wave = forms.ChoiceField(label=_("Release wave"), choices=Tenant.Wave.choices)
    state = forms.ChoiceField(label=_("State"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(
            self, "state", [(value, label) for value, label in Tenant.State.choices if value != Tenant.State.DELETED]
        )


def _limit(field: forms.Field, length: int) -> None:
    field.widget.attrs["maxlength"] = length
    field.validators.append(MaxLengthValidator(length))


def _offer(form: forms.Form, name: str, choices: list[tuple[str, Any]]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def time_zones() -> list[str]:
    """Every zone a person may choose, by name."""
    return sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
