"""The two screens every page is looked at on, and who looks whether everybody can use it."""

from axe_playwright_python.base import AXE_SCRIPT

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"


def violations(page):
    """What axe-core finds on this page; only that: what passed is long, and costs as much again to hand over."""
    page.evaluate(AXE_SCRIPT)
    return page.evaluate(VIOLATIONS)
