"""Samples for the style guide: one form in every state, a history, table rows. Invented people and companies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django import forms, template

register = template.Library()

NOON = datetime(2026, 11, 20, 12, 4, tzinfo=UTC)
TONES = ("good", "info", "warn", "bad", "idle")
STATES = ("Kunde", "Interessent", "Zu prüfen", "Gesperrt", "Ruhend")
NAMES = (
    "Nordwind Schifffahrtsgesellschaft mbH",
    "Fjell & Foss AS",
    "Käserei Oberalp",
    "Østlandet Rørlegger AS",
    "Żagle",
)
DRAWINGS = Path(__file__).resolve().parents[1] / "static/icons/icons.svg"
PLACES = ("Hamburg, DE", "Bergen, NO", "Andermatt, CH", "Lillestrøm, NO", "Gdańsk, PL")


class SampleForm(forms.Form):
    name = forms.CharField(label="Firmenname", help_text="Wie im Handelsregister eingetragen.")
    email = forms.EmailField(label="E-Mail-Adresse", required=False)
    zip = forms.CharField(label="Postleitzahl", max_length=8)
    country = forms.ChoiceField(label="Land", choices=[("no", "Norwegen"), ("de", "Deutschland"), ("ch", "Schweiz")])
    since = forms.DateField(label="Kunde seit", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    fixed = forms.CharField(label="Kundennummer", required=False, widget=forms.TextInput(attrs={"readonly": True}))
    notes = forms.CharField(label="Bemerkungen", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    letters = forms.BooleanField(
        label="Darf Rundschreiben erhalten", required=False, help_text="Jederzeit widerrufbar."
    )
    match = forms.ChoiceField(
        label="Wenn es die Firma schon gibt",
        choices=[("merge", "Leere Felder ergänzen"), ("replace", "Werte ersetzen"), ("skip", "Zeile auslassen")],
        widget=forms.RadioSelect,
        initial="merge",
    )
    rooms = forms.MultipleChoiceField(
        label="Abonnierte Bereiche",
        required=False,
        choices=[("sales", "Verkauf"), ("service", "Kundenservice"), ("marketing", "Kampagnen")],
        widget=forms.CheckboxSelectMultiple,
    )


class SampleFile(forms.Form):
    file = forms.FileField(label="Datei hierher ziehen oder auswählen", help_text="CSV oder XLSX, höchstens 200 MB.")


@register.simple_tag
def samples() -> dict[str, Any]:
    """Everything the style guide shows: forms (empty, with errors), rows, history, a conflict, the tones."""
    empty = SampleForm(auto_id="empty_%s")
    wrong = SampleForm({"email": "anna@", "zip": "ABC-123456", "country": "no", "match": ""}, auto_id="wrong_%s")
    rows = [
        {"name": name, "place": place, "tone": tone, "state": state, "turnover": 1_204_000 * number, "number": number}
        for number, (name, place, tone, state) in enumerate(zip(NAMES, PLACES, TONES, STATES, strict=True), 1)
    ]
    history = [
        {"who": "Anna Beispiel", "at": NOON, "action": "Firma geändert", "changes": [
            ("Ort", "Oslo", "Bergen"), ("Telefon", "", "+47 55 00 00 00"), ("Domain", "alt.example", "")]},
        {"who": "Import 14", "at": NOON - timedelta(days=9), "action": "Firma angelegt", "changes": []},
    ]  # fmt: skip
    return {
        "form": empty,
        "wrong": wrong,
        "file": SampleFile(auto_id="file_%s"),
        "drop": SampleFile(auto_id="drop_%s"),
        "rows": rows,
        "tones": TONES,
        "history": history,
        "at": NOON,
        "icons": re.findall(r'symbol id="([^"]+)"', DRAWINGS.read_text()),
        "steps": ["Datei", "Spalten", "Vorschau", "Ausführen", "Ergebnis"],
    }
