"""One day with Tillit, from the notice before anyone signs in to the status page."""

import re
from pathlib import Path

from playwright.sync_api import expect

REAL = Path(__file__).resolve().parents[2] / "tillit/crm/demo_data/companies-sp500.csv"


def test_anna_spends_a_day(browse, tillit):
    anna = tillit.person("anna")
    page = browse()
    home = tillit.address("", "fjordlys")

    # before anyone signs in: what is announced, and where the trust centre is
    page.goto(home)
    expect(page).to_have_url(re.compile("/sign-in/"))
    expect(page.get_by_text("Announced maintenance")).to_be_visible()
    expect(
        page.get_by_text("Application maintenance").or_(page.get_by_text("System maintenance")).first
    ).to_be_visible()
    expect(page.get_by_role("link", name="Trust centre").first).to_be_visible()

    page.get_by_label("E-mail").fill(anna["email"])
    page.get_by_label("Password").fill(anna["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Companies")

    # the same notice, quietly; once understood it stays away
    notice = page.get_by_role("region", name="Maintenance notice")
    notice.get_by_role("button", name="Understood").click()
    page.reload()
    expect(notice).to_have_count(0)

    # search from the third letter, open
    first = page.locator("#list tbody th a").first.inner_text()
    page.locator("#q").press_sequentially(first[:5].lower())
    expect(page.locator("#list mark").first).to_be_visible()
    page.locator("#list").get_by_role("link", name=first, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(first)

    # edit in place, and see it in the history
    page.get_by_role("link", name="Edit City").or_(page.get_by_role("link", name="Edit Phone")).first.click()
    field = page.locator("dd form input:not([type=hidden])").first
    field.fill("+47 55 12 34 56")
    page.locator("dd form").get_by_role("button", name="Save").click()
    expect(page.locator("#history").get_by_text("+47 55 12 34 56")).to_be_visible()
    expect(page.locator("#history").get_by_text("Anna Lund").first).to_be_visible()

    # import the 503 real companies
    page.goto(f"{home}/companies/import/")
    page.set_input_files("input[type=file]", REAL)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("cell", name="Industrials").first).to_be_visible()
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_text("The import is done.")).to_be_visible(timeout=60_000)
    expect(page.locator(".figures")).to_contain_text("503")
    page.get_by_role("link", name="Show the imported records").click()
    expect(page.locator("#list tbody tr")).to_have_count(50)

    # trust centre in German, then the status page
    page.goto(f"{home}/trust/?lang=de")
    expect(page.get_by_role("heading", name="Rechenzentrum-Transparenzliste").first).to_be_visible()
    expect(page.get_by_text("InfoBridge Software BV").first).to_be_visible()
    page.goto(f"{home}/status/?lang=de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Servicestatus")


def test_an_import_is_taken_back(signed_in, tmp_path):
    page = signed_in("mia")
    file = tmp_path / "taken-back.csv"
    file.write_text("Navn,Poststed\nZzyzx Nordlys AS,Bodø\n")
    page.goto(f"{page.home}/companies/import/?lang=en")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name=re.compile("Continue|Fortsett")).click()
    page.get_by_role("button", name=re.compile("Start")).click()
    undo = page.get_by_role("button", name=re.compile("Undo the import|Angre importen"))
    expect(undo).to_be_visible(timeout=60_000)
    undo.click()
    page.get_by_role("alertdialog").get_by_role("button", name=re.compile("Undo the import|Angre importen")).click()
    expect(page.get_by_text(re.compile("The import was undone|Importen ble angret"))).to_be_visible(timeout=60_000)
    page.goto(f"{page.home}/companies/?q=zzyzx")
    expect(page.locator("#list tbody th")).to_have_count(0)


def test_the_same_works_without_script(signed_in):
    page = signed_in("anna", script=False)
    page.goto(f"{page.home}/companies/new/")
    page.get_by_label("Name", exact=True).fill("Uten Skript AS")
    page.locator("main form").get_by_role("button", name=re.compile("Add|Create|Save")).first.click()
    if page.get_by_role("button", name="Add anyway").count():
        page.get_by_role("button", name="Add anyway").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uten Skript AS")
    page.get_by_role("link", name="Edit Phone").click()
    page.get_by_label("Phone").fill("22 33 44 55")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("link", name="22 33 44 55")).to_be_visible()
    page.goto(f"{page.home}/companies/")
    page.locator("#q").fill("uten skript")
    page.locator("#q").press("Enter")
    expect(page.locator("#list").get_by_role("link", name="Uten Skript AS")).to_be_visible()


def test_hands_never_leave_the_keyboard(signed_in):
    page = signed_in("anna")
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("Persons")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/persons/\d+/"))
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog").filter(has=page.get_by_role("searchbox").or_(page.locator("input[name=q]")))
    expect(palette.first).to_be_visible()
    page.keyboard.type("compan")
    expect(palette.first.get_by_role("link", name="Companies").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Companies")
    page.keyboard.press("/")
    page.keyboard.type("berg")
    expect(page.locator("input[type=search]:focus")).to_have_value(re.compile("berg"))


def test_two_people_edit_the_same_company(signed_in):
    anna, mia = signed_in("anna"), signed_in("mia")
    anna.goto(f"{anna.home}/companies/")
    anna.locator("#list tbody th a").first.click()
    page = anna.url
    mia.goto(f"{page}edit/?lang=en")
    mia_street = mia.locator("[name=street]")
    mia_street.fill("Mias vei 2")
    anna.goto(f"{page}edit/")
    anna.locator("[name=street]").fill("Annas vei 1")
    anna.locator("main form").get_by_role("button", name="Save").first.click()
    expect(anna.get_by_text("Annas vei 1").first).to_be_visible()
    mia.locator("main form button.primary").first.click()
    expect(mia.get_by_text("Annas vei 1").first).to_be_visible()
    expect(mia.get_by_text("Mias vei 2").first).to_be_visible()
    mia.get_by_role("radio").first.check()
    mia.locator("main form button.primary").first.click()
    expect(mia).to_have_url(page)


def test_an_ended_session_loses_nothing_that_was_typed(signed_in):
    page = signed_in("anna")
    page.goto(f"{page.home}/companies/")
    page.locator("#list tbody th a").first.click()
    page.get_by_role("link", name="Edit Phone").click()
    field = page.locator("dd form input:not([type=hidden])").first
    field.fill("99 88 77 66")
    page.context.clear_cookies(name="tillit_session")
    page.locator("dd form").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_contain_text("signed out")
    expect(field).to_have_value("99 88 77 66")
