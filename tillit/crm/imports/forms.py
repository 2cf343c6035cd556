"""The two forms of an import: the file, and what its columns mean."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from tillit.crm.imports.delimited import DELIMITERS
from tillit.crm.imports.encodings import ENCODINGS
from tillit.crm.imports.models import Import
from tillit.crm.imports.problems import MAX_FILE, MEGABYTE
from tillit.crm.imports.reading import Sheet

NOT_IMPORTED = ""
ENCODING_NAMES = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
SEPARATORS = (_("comma"), _("semicolon"), _("tab"), _("vertical bar"))  # in the order of `DELIMITERS`
TOO_LARGE = format_lazy(_("The file is larger than {limit} MB. Please split it."), limit=MAX_FILE // MEGABYTE)


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=format_lazy(
            _("CSV or XLSX, at most {limit} MB. The first row names the columns."), limit=MAX_FILE // MEGABYTE
        ),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": ".csv,.tsv,.txt,.xlsx", "data-max-bytes": MAX_FILE, "data-too-large": TOO_LARGE}
        ),
    )


class ReadingForm(forms.Form):
    """How the file is read, where the guess is wrong: encoding and delimiter of a CSV file, sheet of a workbook."""

    def __init__(self, *args: Any, sheet: Sheet, wishes: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        itself = ("", _("find out"))
        if sheet.kind == "csv":
            encodings = [(name, ENCODING_NAMES.get(name, name.upper())) for name in ENCODINGS]
            self._offer("encoding", _("Encoding"), [itself, *encodings])
            self._offer("delimiter", _("Cells are separated by"), [itself, *zip(DELIMITERS, SEPARATORS, strict=True)])
        elif len(sheet.names) > 1:
            self._offer("name", _("Sheet"), [(name, name) for name in sheet.names])
        self.initial = {"name": sheet.name} | (wishes or {})

    def _offer(self, name: str, label: Any, choices: list[tuple[str, Any]]) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)


class ColumnsForm(forms.Form):
    """One choice per column of the file, and how rows find the records they belong to."""

    on_match = forms.ChoiceField(
        label=_("When a row matches a record"), choices=Import.OnMatch.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, of_import: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of_import = of_import
        choices = [(NOT_IMPORTED, _("do not import")), *((f.key, f.label) for f in of_import.fields)]
        for index, header in enumerate(of_import.headers):
            self.fields[f"column_{index}"] = forms.ChoiceField(
                label=header, choices=choices, required=False, initial=of_import.plan.get(index, NOT_IMPORTED)
            )
        labels = {field.key: field.label for field in of_import.fields} | {"name": _("Name")}
        self.fields["match_on"] = forms.MultipleChoiceField(
            label=_("Rows find their record by"),
            choices=[(key, labels[key]) for key in type(of_import).all_matchable(of_import.kind)],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            initial=of_import.match_on,
        )
        self.fields["on_match"].initial = of_import.on_match

    def columns(self) -> list[forms.BoundField]:
        return [self[f"column_{index}"] for index in range(len(self.of_import.headers))]

    def chosen(self) -> dict[str, Any]:
        """Arguments of `choose_columns`."""
        picked = ((index, self.cleaned_data[f"column_{index}"]) for index in range(len(self.of_import.headers)))
        return {
            "mapping": {index: key for index, key in picked if key},
            "match_on": self.cleaned_data["match_on"],
            "on_match": self.cleaned_data["on_match"],
        }
