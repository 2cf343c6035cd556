"""What an administrator writes to a processor that is announced."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ObjectionForm(forms.Form):
    reason = forms.CharField(
        label=_("Why do you object?"),
        help_text=_("The operator reads it. It may stay empty."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
