"""Addresses of pages that other rooms have."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def address(name: str, *arguments: object) -> str:
    """The address of a page; empty where this installation has no such page."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
