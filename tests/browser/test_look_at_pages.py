"""Every page at two widths: no serious accessibility problem, nothing to scroll sideways, nobody else's server.

Each is looked at closely on one screen in one language and on the other screen in another; whether it fits is asked on
both screens in both.
"""

import pytest
from playwright.sync_api import expect
from screens import NARROW, WIDE, violations

PUBLIC = [
    "/trust/", "/trust/processors/nordlys-post/", "/trust/log/", "/trust/log/3/", "/trust/seal/",
    "/trust/agreements/crm-online-dpa/", "/trust/agreements/crm-online-dpa/compare/",
    "/trust/agreements/crm-online-dpa/compare/?all=1", "/status/", "/status/maintenance/",
    "/status/restarts/", "/status/subscribe/", "/status/advisories/", "/sign-in/",
]  # fmt: skip
OF_ANNA = [
    "/companies/", "/persons/", "/companies/?q=berg", "/companies/filters/", "/companies/columns/", "/companies/new/",
    "/companies/import/", "/search/?q=berg", "/people/", "/profile/", "/palette/",
    "/my-trust/processors/rheinpost-relay/", "/my-trust/processors/rheinpost-relay/object/",
    "/my-trust/processors/nordlys-post/", "/agreements/", "/agreements/crm-online-dpa/",
    "/agreements/crm-online-dpa/accept/", "/agreements/crm-online-dpa/1/2/", "/agreements/bundle/",
    "/my-release/", "/notices/mail", "/notices/receipts",
]  # fmt: skip
OF_OPERATOR = ["/operator/tenants/", "/operator/mail/", "/operator/maintenance/", "/operator/incidents/",
               "/operator/maintenance/?view=week", "/operator/maintenance/?view=list",
               "/operator/maintenance/announce", "/operator/incidents/?new", "/operator/incidents/templates/",
               "/operator/incidents/templates/new",
               "/operator/register/", "/operator/register/file/", "/operator/register/processors/",
               "/operator/register/processors/nordlys-post/", "/operator/register/processors/mailgun/edit/",
               "/operator/register/objections/", "/operator/register/measures/", "/operator/register/new/processors/",
               "/operator/traffic/", "/operator/checks/", "/operator/checks/backup/", "/operator/agreements/",
               "/operator/agreements/crm-online-dpa/", "/operator/agreements/acceptances/",
               "/operator/agreements/requests/", "/operator/releases/", "/operator/clocks/",
               "/operator/emergencies/", "/operator/probers/", "/styleguide/"]  # fmt: skip


NOT_SWISS = "ß„“"  # German here is Swiss: ss, and quotes «so»


def problems(page):
    """What axe-core calls serious or critical, headings that leave out a step, a page wider than the screen."""
    found = [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in violations(page)
        if violation["impact"] in ("serious", "critical") or violation["id"] == "heading-order"
        for node in violation["nodes"]
    ]
    found += too_wide(page)
    if page.locator("html").get_attribute("lang") == "de":
        found += [f"{sign} on a German page" for sign in NOT_SWISS if sign in page.locator("body").inner_text()]
    return found


def too_wide(page):
    wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [f"wider than the screen of {page.viewport_size['width']}"] if wider else []


def look(page, home, paths):
    first = page.viewport_size
    wrong = {}
    for path in paths:
        answer = page.goto(home + path)
        assert answer.status == 200, path
        found = problems(page)
        page.set_viewport_size(WIDE if first == NARROW else NARROW)
        if found := [*found, *too_wide(page)]:
            wrong[path] = found
        page.set_viewport_size(first)
    return wrong


@pytest.mark.parametrize(("lang", "scheme", "view"), [("de-DE", "light", NARROW), ("en-GB", "dark", WIDE)])
def test_public_pages_are_in_order(browse, tillit, lang, scheme, view):
    page = browse(view=view, scheme=scheme, lang=lang)
    for _second in range(60):  # until the worker has logged what the register was at the start
        if page.request.get(tillit.address("/trust/log/checkpoint")).ok:
            break
        page.wait_for_timeout(1_000)
    assert look(page, tillit.address("", "fjordlys"), PUBLIC) == {}


@pytest.mark.parametrize(
    ("who", "speaks", "paths", "view"),
    [
        ("chiara", "de", OF_ANNA, NARROW),
        ("anna", "en", OF_ANNA, WIDE),
        ("ingrid", "de", OF_OPERATOR, WIDE),
        ("olav", "en", OF_OPERATOR, NARROW),
    ],
)
def test_pages_of_people_are_in_order(signed_in, who, speaks, paths, view):
    page = signed_in(who, view=view)
    page.goto(f"{page.home}/profile/")
    page.locator("select[name=language]").select_option(speaks)
    page.locator("select[name=language]").evaluate("element => element.form.requestSubmit()")
    expect(page.locator("html")).to_have_attribute("lang", speaks)
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
