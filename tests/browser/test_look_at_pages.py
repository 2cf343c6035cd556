"""Every page at two widths: no serious accessibility problem, nothing to scroll sideways, nobody else's server."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from screens import NARROW, WIDE

PUBLIC = [
    "/trust/", "/trust/?lang=de", "/trust/processors/nordlys-post/", "/status/", "/status/maintenance/", "/sign-in/",
]  # fmt: skip
OF_ANNA = [
    "/companies/", "/persons/", "/companies/?q=berg", "/companies/filters/", "/companies/columns/", "/companies/new/",
    "/companies/import/", "/search/?q=berg", "/people/", "/profile/", "/palette/",
    "/my-trust/processors/rheinpost-relay/", "/my-trust/processors/rheinpost-relay/object/",
]  # fmt: skip
OF_OPERATOR = ["/operator/tenants/", "/operator/mail/", "/operator/maintenance/", "/operator/incidents/",
               "/operator/register/", "/operator/register/file/", "/operator/register/processors/",
               "/operator/register/processors/nordlys-post/", "/operator/register/processors/mailgun/edit/",
               "/operator/register/objections/", "/styleguide/"]  # fmt: skip


def problems(page):
    """What axe-core calls serious or critical, and whether the page is wider than the screen."""
    found = [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("wider than the screen")
    return found


def look(page, home, paths):
    wrong = {}
    for path in paths:
        answer = page.goto(home + path)
        assert answer.status == 200, path
        if found := problems(page):
            wrong[path] = found
    return wrong


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_public_pages_are_in_order(browse, tillit, view, scheme):
    page = browse(view=view, scheme=scheme)
    assert look(page, tillit.address("", "fjordlys"), PUBLIC) == {}


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(("who", "lang", "paths"), [("chiara", "de-DE", OF_ANNA), ("olav", "en-GB", OF_OPERATOR)])
def test_pages_of_people_are_in_order(signed_in, view, who, lang, paths):
    page = signed_in(who, view=view, lang=lang)
    assert look(page, page.home, paths) == {}


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_card_is_in_order(signed_in, view):
    page = signed_in("anna", view=view, scheme="dark")
    for kind in ("companies", "persons"):
        page.goto(f"{page.home}/{kind}/")
        page.locator("#list tbody th a").first.click()
        page.wait_for_load_state("networkidle")
        assert problems(page) == []


def test_public_pages_set_no_cookie_and_ask_nobody_else(browse, tillit):
    page = browse()
    for path in ["/trust/", "/trust/?lang=de", "/status/", "/status/?lang=nb", "/status/maintenance/"]:
        page.goto(tillit.address(path))
        page.wait_for_load_state("networkidle")
    assert page.context.cookies() == []
    assert {url.split("/")[2] for url in page.asked if not url.startswith("data:")} == {f"localhost:{tillit.port}"}
