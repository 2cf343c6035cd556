"""The European Economic Area: data leaves it only on a basis of Chapter V of the GDPR."""

from __future__ import annotations

# The 27 member states of the Union, and Iceland, Liechtenstein and Norway (EEA Agreement, Annex XI).
EEA = frozenset([
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO",
])  # fmt: skip


def outside(codes: list[str]) -> list[str]:
    """Those of these countries that are third countries."""
    return [code for code in codes if code and code not in EEA]
