"""The two screens every page is looked at on."""

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}
