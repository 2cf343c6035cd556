"""The register as the operator hands it in: a file, or its text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tillit.trust.problems import RegisterRefused
from tillit.trust.register import LONGEST_FILE, read_register


class RegisterForm(forms.Form):
    """Cleans to `register`, read and found in order; a file goes before the text and is shown as the text."""

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
        self.problems: list[Any] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        text = self._text_of(cleaned["file"]) if cleaned.get("file") else cleaned.get("text", "")
        if text and not self.errors:
            self._read(text)
        elif not self.errors:
            self.add_error("file", _("Choose a file, or paste its text below."))
        return cleaned

    def _text_of(self, file: UploadedFile) -> str:
        if (file.size or 0) > LONGEST_FILE:
            self.add_error("file", _("The file is larger than 1 MB. A register is a short text."))
            return ""
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("The file is not text in UTF-8. Save it as UTF-8 and choose it again."))
            return ""

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
