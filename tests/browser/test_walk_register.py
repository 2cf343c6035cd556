"""From the operator's edit to the customer's no: proposal, preview, announcement, public page, objection."""

import json
import re
import socket

from playwright.sync_api import expect

from tillit.site import runtime


def refused_for(tillit, host, port):
    """Ask the running broker for a way to send mail there, as a worker does; the reason why there is none."""
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(20)
        way.connect(str(runtime.broker_socket(tillit.data)))
        way.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n".encode())
        answer = b"".join(iter(lambda: way.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 403 " in head.splitlines()[0]
    return json.loads(body)["reason"]


def test_a_new_processor_from_the_operators_edit_to_a_customers_objection(signed_in, browse, tillit):
    olav = signed_in("olav")
    olav.goto(f"{olav.home}/operator/register/")
    olav.get_by_role("link", name="Processors", exact=True).click()
    olav.get_by_role("link", name="New entry").click()
    form = olav.locator("form.register-entry")
    form.get_by_label("Short name").fill("walk-post")
    form.get_by_label("Name", exact=True).fill("Walk Post AS")
    form.get_by_label("Role").select_option(label="E-mail")
    form.get_by_label("Country of the seat").select_option(label="Norway")
    form.get_by_label("Countries of processing").fill("NO, XX")
    form.get_by_label("Sending mail").check()
    form.get_by_label("Reached at").fill("smtps://smtp.walk-post.example")
    for group, text in (("Where it processes", "Norway"), ("Type of company", "Mail"), ("Service", "Sends mail.")):
        form.get_by_role("group", name=re.compile(f"^{group}")).get_by_label("English").fill(text)
    form.get_by_role("button", name="Propose", exact=True).click()

    # what is wrong stands beside its field, and what was typed is still there
    expect(olav.get_by_role("alert")).to_contain_text("no ISO 3166-1 country code")
    form.get_by_label("Countries of processing").fill("NO")
    form.get_by_role("button", name="Propose", exact=True).click()

    # the row as it will look, and what it compiles into; nobody knows yet
    expect(olav.get_by_role("heading", level=1)).to_have_text("Announce Walk Post AS?")
    expect(olav.get_by_text("smtp.walk-post.example, port 465")).to_be_visible()
    expect(olav.get_by_text(re.compile(r"\d+ administrators of 3 customers are told by mail"))).to_be_visible()
    public = browse()
    public.goto(tillit.address("/trust/"))
    expect(public.get_by_text("Walk Post AS")).to_have_count(0)
    olav.get_by_role("button", name="Announce", exact=True).click()
    expect(olav.get_by_text("not a second earlier")).to_be_visible()

    # the public page says from when
    public.goto(tillit.address("/trust/?lang=de"))
    expect(public.locator("#walk-post-announced")).to_contain_text(re.compile(r"ab \d"))
    public.locator("#walk-post-announced summary").click()
    public.locator("#walk-post-announced").get_by_role("link", name="Alle Fassungen").click()
    expect(public.get_by_role("heading", name="Fassung 1")).to_be_visible()

    # the customer's administrator is told in the product, and objects
    anna = signed_in("anna")
    notice = anna.locator("#trust-notice")
    for _attempt in range(30):
        if notice.get_by_text("Walk Post AS").count():
            break
        anna.wait_for_timeout(1_000)
        anna.reload()
    expect(notice).to_contain_text("Walk Post AS")
    notice.locator("p", has_text="Walk Post AS").get_by_role("link").click()
    expect(anna.get_by_text("Messages wait in the queue")).to_be_visible()
    anna.locator("main").get_by_role("link", name="Object").first.click()
    anna.get_by_label("Why do you object?").fill("We need a second opinion.")
    anna.get_by_role("button", name="Object").click()
    expect(anna.get_by_role("heading", name="Your objection")).to_be_visible()
    expect(anna.get_by_text("Nothing rests yet")).to_be_visible()

    # its way is shut until the notice is over, and nobody gets out to a company that is not declared at all
    assert refused_for(tillit, "smtp.walk-post.example", 465) == "not-yet"
    assert refused_for(tillit, "mail.nobody-declared.example", 465) == "undeclared"
    for _attempt in range(60):  # the page promises a minute
        public.goto(tillit.address("/trust/?lang=en"))
        if public.get_by_text("mail.nobody-declared.example").count():
            break
        public.wait_for_timeout(1_000)
    expect(public.locator("#flows")).to_contain_text("mail.nobody-declared.example")

    # the operator sees it, a reader of the same company reads it without buttons
    olav.goto(f"{olav.home}/operator/register/objections/")
    expect(olav.get_by_text("We need a second opinion.")).to_be_visible()
    ben = signed_in("ben")
    ben.goto(f"{ben.home}/my-trust/processors/walk-post/?lang=en")
    expect(ben.get_by_role("heading", name="Your objection")).to_be_visible()
    expect(ben.get_by_role("link", name="Withdraw the objection")).to_have_count(0)

    # My trust page knows it
    anna.goto(f"{anna.home}/my-trust/")
    expect(anna.locator("main")).to_contain_text("Walk Post AS")

    # and withdraws: without script
    still = signed_in("anna", script=False)
    still.goto(f"{still.home}/my-trust/processors/walk-post/")
    still.get_by_role("link", name="Withdraw the objection").click()
    still.get_by_role("button", name="Withdraw the objection").click()
    expect(still.get_by_role("heading", name="Earlier objections")).to_be_visible()


def test_an_entry_is_edited_on_a_phone_and_with_the_keyboard(signed_in):
    page = signed_in("olav", view={"width": 390, "height": 844})
    page.goto(f"{page.home}/operator/register/statements/around-the-clock/edit/")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("group", name="Text").get_by_label("English").focus()
    page.keyboard.press("End")
    page.keyboard.type(" Always.")
    page.get_by_role("button", name="Propose", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="As it will look")).to_be_visible()
    page.get_by_role("button", name="Withdraw the proposal").click()
    expect(page.get_by_text("Nobody was told of it.")).to_be_visible()
