"""Every page at two widths: no serious accessibility problem, nothing to scroll sideways, nobody else's server.

Each is looked at closely on one screen in one language and on the other screen in another; whether it fits is asked on
both screens in both. `TILLIT_SCREENSHOTS=FOLDER` keeps a picture of each, light and dark.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from screens import NARROW, WIDE, violations

from tillit.site import copy_process

PUBLIC = [
    "/trust/", "/trust/processors/nordlys-post/", "/trust/log/", "/trust/log/3/", "/trust/seal/",
    "/trust/agreements/crm-online-dpa/", "/trust/agreements/crm-online-dpa/compare/",
    "/trust/agreements/crm-online-dpa/compare/?all=1", "/status/", "/status/maintenance/",
    "/status/restarts/", "/status/samples/", "/status/subscribe/", "/status/advisories/", "/sign-in/",
    "/status/incidents/{incident}/", "/status/maintenance/{window}/",
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
               "/operator/maintenance/announce", "/operator/maintenance/{window}/",
               "/operator/maintenance/{window}/move", "/operator/maintenance/{window}/notice",
               "/operator/incidents/?new", "/operator/incidents/{incident}/", "/operator/incidents/templates/",
               "/operator/incidents/templates/new",
               "/operator/register/", "/operator/register/file/", "/operator/register/processors/",
               "/operator/register/processors/nordlys-post/", "/operator/register/processors/mailgun/edit/",
               "/operator/register/objections/", "/operator/register/measures/", "/operator/register/new/processors/",
               "/operator/traffic/", "/operator/checks/", "/operator/checks/backup/", "/operator/agreements/",
               "/operator/agreements/crm-online-dpa/", "/operator/agreements/acceptances/",
               "/operator/agreements/requests/", "/operator/releases/", "/operator/clocks/",
               "/operator/emergencies/", "/operator/probers/", "/operator/subscriptions/",
               "/styleguide/"]  # fmt: skip


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


def keep(page, path):
    """A picture of what stands on the screen, where somebody wants to see it, as `status.de.narrow.dark.png`."""
    if not (folder := os.environ.get("TILLIT_SCREENSHOTS")):
        return
    name = re.sub(r"\W+", "-", path).strip("-") or "start"
    lang = page.locator("html").get_attribute("lang")
    width = "narrow" if page.viewport_size["width"] == NARROW["width"] else "wide"
    before = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=Path(folder) / f"{name}.{lang}.{width}.{scheme}.png", animations="disabled")
    page.emulate_media(color_scheme=before)


def examples(page):
    """An announced window of everybody's that has not begun, and the latest incident."""
    home = f"http://{urlsplit(page.url).netloc.rpartition('.')[2]}"  # its own host: this client knows no others
    windows = page.request.get(f"{home}/trust/maintenance.json").json()["windows"]
    incidents = page.request.get(f"{home}/status/api/v2/incidents.json").json()["incidents"]
    now = datetime.now(UTC).isoformat()
    window = next(one["id"] for one in windows if one["id"] and not one["wave"] and one["starts_at"] > now)
    return {"window": window, "incident": incidents[0]["id"].removeprefix("i")}


def look(page, home, paths):
    first = page.viewport_size
    wrong = {}
    page.goto(f"{home}/status/")
    known = examples(page)
    for path in paths:
        answer = page.goto(home + path.format(**known))
        assert answer.status == 200, path
        if path == "/status/":
            page.locator("#uptime summary").first.click()  # the days, as a table or as cards
        found = problems(page)
        keep(page, path)
        page.set_viewport_size(WIDE if first == NARROW else NARROW)
        if found := [*found, *too_wide(page)]:
            wrong[path] = found
        keep(page, path)
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


@pytest.mark.parametrize(("lang", "view"), [("de-CH", NARROW), ("en-GB", WIDE)], ids=["narrow", "wide"])
def test_the_copy_is_in_order_with_and_without_a_signal(browse, tillit, lang, view):
    page = browse(view=view, lang=lang, scheme="dark")
    page.clock.install()
    page.goto(f"http://localhost:{copy_process.serving(tillit.data)['port']}/")
    page.wait_for_selector('html[data-signal="live"]')
    assert problems(page) == []
    page.clock.fast_forward("03:10")
    page.wait_for_selector('html[data-signal="none"]')
    assert problems(page) == []
    keep(page, "copy-without-signal")


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
