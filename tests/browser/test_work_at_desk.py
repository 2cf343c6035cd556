"""The operator's day and night: a window is dragged, an incident is told with one thumb, or by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect
from screens import violations

PHONE = {"width": 390, "height": 780}


@pytest.fixture
def olav(signed_in):
    def sign_in(**how):
        page = signed_in("olav", **how)
        page.set_default_timeout(15_000)
        return page

    return sign_in


def serious(page):
    page.wait_for_load_state("networkidle")
    found = [
        f"{one['id']}: {node['html'][:120]}"
        for one in violations(page)
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, *(["wider than the screen"] if wide else [])]


def carry(page, slot, cell):
    """Drag by hand: down, some steps, up."""
    slot.scroll_into_view_if_needed()
    here, there = slot.bounding_box(), cell.bounding_box()
    page.mouse.move(here["x"] + 12, here["y"] + 8)
    page.mouse.down()
    page.mouse.move(there["x"] + there["width"] / 2, there["y"] + there["height"] - 6, steps=8)
    expect(cell).to_have_class(re.compile("is-target"))
    page.mouse.up()


def carry_by_finger(page, slot, cell):
    """The same on a screen one touches: by its dots, because a finger elsewhere scrolls the page."""
    slot.scroll_into_view_if_needed()
    here, there = slot.locator("[data-handle]").bounding_box(), cell.bounding_box()
    from_x, from_y = here["x"] + here["width"] / 2, here["y"] + here["height"] / 2
    to_x, to_y = there["x"] + there["width"] / 2, there["y"] + there["height"] - 6
    finger = page.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0), *(("touchMove", step / 8) for step in range(1, 9))):
        at = {"x": from_x + (to_x - from_x) * share, "y": from_y + (to_y - from_y) * share}
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
    expect(cell).to_have_class(re.compile("is-target"))
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def announce(page, day, title):
    page.goto(f"{page.home}/operator/maintenance/announce?at={day}")
    page.get_by_role("group", name="Title").get_by_role("textbox").first.fill(title)
    start, wrong = page.locator("#id_starts_at"), page.locator("#announce-form .error")
    chosen = start.input_value()
    start.fill("2020-01-01T10:00")
    page.get_by_role("button", name="Announce", exact=True).click()
    expect(wrong).to_have_count(1)
    start.fill(chosen)
    page.get_by_role("button", name="Look at it first").click()
    expect(page.locator("#preview")).to_contain_text("It concerns")
    expect(page.locator("#preview .preview-text")).to_have_count(3)
    expect(wrong).to_have_count(0)
    page.get_by_role("button", name="Announce", exact=True).click()
    expect(page.get_by_text(f"Announced: {title}")).to_be_visible()


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
def test_a_window_is_dragged_to_another_day_and_refused_inside_the_notice(olav):
    page = olav()
    later = f"{page.home}/operator/maintenance/?view=month&at="
    page.goto(f"{page.home}/operator/maintenance/")
    today = page.locator("td[aria-current=date]").get_attribute("data-at")
    day = page.evaluate(
        "([day, more]) => new Date(Date.parse(day) + more * 864e5).toISOString().slice(0, 10)", [today, 9]
    )
    free = page.evaluate(
        "([day, more]) => new Date(Date.parse(day) + more * 864e5).toISOString().slice(0, 10)", [day, 1]
    )
    announce(page, day, "Change of the core switch")

    page.goto(f"{page.home}/operator/maintenance/?view=week&at={day}")
    expect(page.get_by_role("link", name=re.compile("Change of the core switch")).first).to_be_visible()
    assert serious(page) == []

    # the server says no before anything is typed, wherever it was dropped from
    page.goto(later + today)
    soon = page.locator(f"td[data-at='{today}']")
    expect(soon).to_have_attribute("data-too-soon", "")
    page.goto(later + day)
    slot = page.locator(f"td[data-at='{day}'] .slot[data-move]").filter(has_text="core switch").first
    target = slot.get_attribute("data-move")
    page.goto(f"{page.home}{target}?to={today}")
    expect(page.get_by_role("alert")).to_contain_text("at least 24 hours' notice")
    page.get_by_label("Why is it moved?").fill("I tried.")
    page.get_by_role("button", name="Move window").click()
    expect(page.get_by_role("heading", name="Please look at this once more")).to_be_visible()

    page.on("dialog", lambda asked: asked.accept())
    page.goto(later + free)
    slot = page.locator(f"td[data-at='{day}'] .slot[data-move]").filter(has_text="core switch").first
    carry(page, slot, page.locator(f"td[data-at='{free}']"))
    expect(page).to_have_url(re.compile(rf"/move\?to={free}"))
    page.get_by_label("Why is it moved?").fill("The part comes a day later.")
    page.get_by_role("button", name="Move window").click()
    expect(page.get_by_text("Moved: Change of the core switch")).to_be_visible()

    # the same without a mouse: Shift and an arrow, Enter
    page.goto(later + free)
    page.locator(f"td[data-at='{free}'] .slot[data-move]").filter(has_text="core switch").first.focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(f"td[data-at='{day}']")).to_have_class(re.compile("is-target"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/move\?to={day}"))

    # and with a finger
    tablet = olav(view={"width": 1024, "height": 1366}, touch=True)
    tablet.goto(later + free)
    slot = tablet.locator(f"td[data-at='{free}'] .slot[data-move]").filter(has_text="core switch").first
    carry_by_finger(tablet, slot, tablet.locator(f"td[data-at='{day}']"))
    expect(tablet).to_have_url(re.compile(rf"/move\?to={day}"))


def test_an_incident_is_told_at_night_with_one_thumb(olav, browse, tillit):
    page = olav(view=PHONE, scheme="dark", touch=True)
    page.goto(f"{page.home}/operator/incidents/?new")
    page.get_by_role("link", name="Partly not working").tap()
    title = page.get_by_role("group", name="What is wrong?").get_by_role("textbox").first
    expect(title).to_have_value("Not everything works: {parts}")
    words, left_out = page.locator("#open textarea").first, page.locator("#open .badge", has_text="nb: not published")
    ready = words.input_value()
    words.fill("Mail waits.")
    expect(left_out).to_have_count(2)  # of title and text: left as they were kept ready
    words.fill(ready)
    expect(left_out).to_have_count(0)
    page.get_by_role("checkbox", name="E-mail").first.tap()
    low = page.evaluate(
        "[...document.querySelectorAll('main :is(button, .button, .chip, .choices label)')]"
        ".filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 44)"
        ".map((one) => one.textContent.trim().slice(0, 30))"
    )
    assert low == []
    assert serious(page) == []
    page.get_by_role("button", name="Publish").tap()
    expect(page.get_by_role("heading", level=2, name="Not everything works: E-mail")).to_be_visible()
    visitor = browse()
    visitor.goto(tillit.address("/status/"))
    expect(visitor.get_by_text("Not everything works: E-mail").first).to_be_visible()
    expect(visitor.get_by_text("We write again by").first).to_be_visible()

    # a slip: what was typed stays; then how it went on, and how it ended
    words = page.locator("#say textarea").first
    words.fill("The relay refuses us. {next_update}")
    page.locator("#say").get_by_text("no time is promised").tap()
    page.locator("#say").get_by_role("button", name="Publish").tap()
    expect(page.get_by_role("heading", name="Please look at this once more")).to_be_visible()
    expect(page.locator("#say textarea").first).to_have_value("The relay refuses us. {next_update}")
    page.locator("#say").get_by_role("link", name="Cause found").tap()
    expect(page.locator("#say textarea").first).to_have_value(re.compile("We have found the cause"))
    page.locator("#say").get_by_role("button", name="Publish").tap()
    expect(page.locator(".timetable")).to_contain_text("Cause found")
    page.locator("#resolve").get_by_role("link", name="Over").tap()
    expect(page.locator("#resolve textarea").first).to_have_value(re.compile("works as before"))
    page.locator("#resolve").get_by_role("button", name="Resolve").tap()
    page.get_by_role("link", name="Write the post-mortem").tap()
    page.locator("textarea").first.fill("## Why\n\nA certificate had **expired**.")
    page.get_by_role("button", name="Keep the draft").tap()
    expect(page.locator(".said strong")).to_have_text("expired")
    assert serious(page) == []
    page.get_by_role("button", name="Publish", exact=True).tap()
    page.get_by_role("alertdialog").get_by_role("button", name="Publish").tap()
    expect(page.get_by_text("The post-mortem is public.").first).to_be_visible()
    visitor.goto(tillit.address("/status/"))
    visitor.get_by_role("link", name="Not everything works: E-mail").first.click()
    expect(visitor.locator(".said strong", has_text="expired")).to_be_visible()


def test_the_desk_is_worked_at_with_the_keyboard_alone(olav):
    page = olav()
    page.goto(f"{page.home}/operator/incidents/?new")
    page.keyboard.press("n")
    page.keyboard.type("Search is slow")
    page.locator("#open textarea").first.focus()
    page.keyboard.type("We are looking.")
    page.locator("#open button.primary").press("Enter")
    expect(page.get_by_role("heading", level=2, name="Search is slow")).to_be_visible()
    title, key = (page.locator(f".desk-open a[aria-current] {one}").bounding_box() for one in ("strong", "kbd"))
    assert key["y"] < title["y"] + title["height"] and key["x"] > title["x"] + title["width"] / 2  # on its first line
    page.keyboard.press("u")
    expect(page.locator("#say textarea").first).to_be_focused()
    page.keyboard.type("An index is missing.")
    page.locator("#say button.primary").press("Enter")
    expect(page.locator(".timetable")).to_contain_text("An index is missing.")
    assert serious(page) == []
    page.keyboard.press("r")
    expect(page.locator("#resolve textarea").first).to_be_focused()
    page.keyboard.type("It is fast again.")
    page.locator("#resolve button").press("Enter")
    expect(page.get_by_role("heading", name="It is over")).to_be_visible()
