"""The register as the operator hands it in: a file, or its text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tillit.trust.problems import Problem, RegisterRefused
from tillit.trust.register import LONGEST_FILE, read_register, text_of


class RegisterForm(forms.Form):
    """Cleans to `register`, read and found in order; a file goes before the text and is shown as the text."""

    data: Any  # a QueryDict when bound
    file = forms.FileField(label=_("Register file"), required=False)
    text = forms.CharField(
        label=_("Text of the register"),
        required=False,
        strip=False,
        max_length=LONGEST_FILE,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "register-text"}),
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".toml"
        self.problems: list[Problem] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            text = self._text(cleaned)
        except RegisterRefused as refusal:
            self.add_error("file", str(refusal))
        else:
            if text.strip():
                self._read(text)
            else:
                self.add_error("file", _("Choose a file, or paste its text below."))
        return cleaned

    def _text(self, cleaned: dict[str, Any]) -> str:
        file = cleaned.get("file")
        return text_of(file.read(LONGEST_FILE + 1)) if file else cleaned.get("text", "")

    def _read(self, text: str) -> None:
        self.data = self.data.copy()
        self.data["text"] = text
        try:
            self.cleaned_data["register"] = read_register(text)
        except RegisterRefused as refusal:
            self.refuse(refusal)

    def refuse(self, refusal: RegisterRefused) -> None:
        """Show every problem beside the text, with key and line."""
        self.problems = refusal.located(self.data["text"]).problems
        self.add_error("text", _("The register was not applied. What is wrong is listed above."))
