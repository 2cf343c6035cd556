"""A restart nobody notices: what somebody was typing is there again, is saved once, and nobody signs in again."""

import os
import signal

import pytest
from playwright.sync_api import expect

from tillit.site import runtime

RESTORED = "Restored what you had typed"


@pytest.mark.promise("signed-in-again-after-a-restart")
def test_a_half_typed_form_outlives_a_restart_and_is_saved_once(signed_in, tillit):
    page = signed_in("anna")
    page.on("dialog", lambda dialog: dialog.accept())  # «leave this page?»
    page.goto(f"{page.home}/companies/new/")
    expect(page.get_by_text(RESTORED)).to_have_count(0)
    page.locator("[name=name]").fill("Halvveis AS")
    page.locator("[name=note]").fill("Typed before the restart.")
    key = page.locator("main form [name=key]").input_value()
    restart(tillit, page)
    page.reload()
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value("Halvveis AS")
    expect(page.locator("[name=note]")).to_have_value("Typed before the restart.")
    assert page.locator("main form [name=key]").input_value() == key

    page.locator("main form button.primary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Halvveis AS")
    page.go_back()
    expect(page.get_by_text(RESTORED)).to_have_count(0)
    page.goto(f"{page.home}/companies/?q=Halvveis")
    expect(page.locator("#list tbody th a")).to_have_count(1)


def test_what_was_typed_survives_a_new_sign_in_and_goes_when_it_is_discarded(signed_in, tillit):
    page = signed_in("anna")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{page.home}/companies/new/")
    page.locator("[name=name]").fill("Utlogget AS")
    page.context.clear_cookies(name="tillit_session")
    page.locator("main form button.primary").click()
    page.wait_for_url(lambda url: "/sign-in/" in url)
    person = tillit.person("anna")
    page.fill("input[name=login]", person["email"])
    page.fill("input[name=password]", person["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/companies/new/"))
    expect(page.locator("[name=name]")).to_have_value("Utlogget AS")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("[name=name]")).to_have_value("")
    page.reload()
    expect(page.get_by_text(RESTORED)).to_have_count(0)

    page.locator("[name=name]").fill("Somebody else's business")
    page.get_by_label("Menu of").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: "/sign-in/" in url)
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft '))") == []


def test_a_request_whose_connection_was_cut_is_sent_once_more(signed_in):
    page = signed_in("anna")
    page.goto(f"{page.home}/companies/")
    page.locator("#list tbody th a").first.click()
    page.get_by_role("link", name="Edit Phone").click()
    sent = []

    def cut_the_first(route):
        sent.append(route.request.method)
        if len(sent) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/edit/", cut_the_first)
    page.locator("dd form input:not([type=hidden])").first.fill("+47 22 33 44 55")
    page.locator("dd form").get_by_role("button", name="Save").click()
    expect(page.get_by_text("+47 22 33 44 55").first).to_be_visible()
    assert sent == ["POST", "POST"]
    expect(page.get_by_text("No connection")).to_have_count(0)
    assert [said for said in page.complaints if "htmx:" not in said and "Failed to load" not in said] == []
    page.complaints.clear()  # htmx tells of the cut one


def restart(tillit, page):
    """As `bin/tillit restart` asks for it; the page of the signed-in person answers all the while."""
    before = runtime.running(tillit.data)
    os.kill(before["pid"], signal.SIGHUP)
    while runtime.running(tillit.data)["restarts"] == before["restarts"]:
        assert page.evaluate("fetch('/companies/', {redirect: 'manual'}).then((answer) => answer.status)") == 200
    assert runtime.running(tillit.data)["restarted"]
