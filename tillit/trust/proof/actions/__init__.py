"""Verbs of the trust log (`log`, `witness`) and of checks and canaries."""
