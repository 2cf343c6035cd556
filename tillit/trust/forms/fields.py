"""Fields for the shapes of the register's values: texts by language, codes, lines."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings

LANGUAGES = [code for code, _name in settings.LANGUAGES]


class TextsWidget(forms.MultiWidget):
    """One input for each language, side by side."""

    template_name = "trust/texts_widget.html"
    use_fieldset = True

    def __init__(self) -> None:
        super().__init__({code: forms.Textarea(attrs={"lang": code, "rows": 3}) for code in LANGUAGES})

    def decompress(self, value: dict[str, str] | None) -> list[str]:
        return [(value or {}).get(code, "") for code in LANGUAGES]


class TextsField(forms.MultiValueField):
    """Texts by language: `{"de": "…"}`; a language without a text is left out."""

    def __init__(self, **options: Any) -> None:
        parts = [forms.CharField(max_length=5000, required=False) for _language in LANGUAGES]
        super().__init__(parts, widget=TextsWidget(), require_all_fields=False, **options)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        typed = zip(LANGUAGES, data_list, strict=False)
        return {code: text.replace("\r\n", "\n") for code, text in typed if text}


class CodesField(forms.CharField):
    """Short codes with commas or spaces between them: a list."""

    def __init__(self, *, capital: bool = False, **options: Any) -> None:
        self.capital = capital
        super().__init__(max_length=1000, **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        typed = [part for part in re.split(r"[,;\s]+", super().to_python(value) or "") if part]
        return [part.upper() if self.capital else part.lower() for part in typed]


class LinesField(forms.CharField):
    """One value on each line: a list."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20_000, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
