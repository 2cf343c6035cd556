"""Ways in that need a real browser: passkeys, and a session that ends under one's hands."""

import re

import pytest
from playwright.sync_api import expect

KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def greta(signed_in, tillit):
    """Greta, signed in, with a finger on the reader of her computer."""
    page = signed_in("greta")
    page.password = tillit.person("greta")["password"]
    page.devtools = page.context.new_cdp_session(page)
    page.devtools.send("WebAuthn.enable")
    made = page.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.finger = lambda known: page.devtools.send(
        "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": known}
    )
    return page


def sign_out(page):
    page.goto(f"{page.home}/sign-out/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in/"))


def test_greta_adds_a_passkey_and_signs_in_with_it_alone(greta):
    greta.goto(f"{greta.home}/account/security/webauthn/add/")
    greta.get_by_label("Password").fill(greta.password)
    greta.get_by_role("button", name="Confirm").click()
    greta.get_by_role("button", name="Add", exact=True).click()
    expect(greta.get_by_role("heading", level=1)).to_have_text("Recovery codes")

    sign_out(greta)
    greta.finger(False)
    greta.get_by_role("button", name="Sign in with a passkey").click()
    expect(greta.get_by_role("alert").filter(has_text="That did not work")).to_be_visible()
    greta.finger(True)
    greta.get_by_role("button", name="Sign in with a passkey").click()
    expect(greta).not_to_have_url(re.compile("/sign-in/"))

    # with the password the key is the second step
    sign_out(greta)
    greta.get_by_label("E-mail").fill("greta@hansekontor.example")
    greta.get_by_label("Password").fill(greta.password)
    greta.get_by_role("button", name="Sign in", exact=True).click()
    expect(greta.get_by_role("heading", level=1)).to_have_text("Second step")
    greta.get_by_role("button", name="Use a passkey or security key").click()
    expect(greta).not_to_have_url(re.compile("authenticate|sign-in"))

    # the key leaves as it came, after showing it once more
    greta.goto(f"{greta.home}/account/security/webauthn/")
    greta.get_by_role("link", name="Remove").click()
    if "/account/confirm/" in greta.url:
        greta.get_by_label("Password").fill(greta.password)
        greta.get_by_role("button", name="Confirm").click()
    greta.get_by_role("button", name="Remove").click()
    expect(greta.get_by_text("No key added yet")).to_be_visible()


def test_what_one_typed_outlives_the_session(signed_in):
    page = signed_in("anna")
    page.goto(f"{page.home}/people/")
    page.context.clear_cookies()
    page.get_by_role("main").get_by_role("searchbox").press_sequentially("mia", delay=40)
    expect(page.get_by_role("dialog").filter(has_text="You have been signed out")).to_be_visible()
    expect(page.locator("#members")).to_contain_text("Mia Berg")
    expect(page.locator("main input[type=search]")).to_have_value("mia")
